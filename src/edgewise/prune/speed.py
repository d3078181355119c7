"""How fast networks are beside each other: one image, all in turns."""

import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.session import Session

Pick = Callable[[Sequence[float]], float]

_WARM_UP = 3


def in_turns_ms(models: Sequence[tuple[Path, int]], *, threads: int = 1, runs: int = 15) -> list[float]:
    """Median ms of one image on each ONNX file, given with its input size in px, on ONNX Runtime."""
    return sessions_in_turns_ms([(OnnxSession(path, threads=threads), size_px) for path, size_px in models], runs=runs)


def sessions_in_turns_ms(
    sessions: Sequence[tuple[Session, int]],
    *,
    runs: int = 15,
    pick: Pick = statistics.median,
    least_s: float = 0.0,
) -> list[float]:
    """The ms of one image on each session, given with its input size in px: the median, or what else `pick` takes.

    The networks take turns, so that whatever disturbs the machine disturbs all of them alike.
    """
    rng = np.random.default_rng(0)
    images = [rng.normal(size=(1, 3, size_px, size_px)).astype(np.float32) for _, size_px in sessions]
    return taking_turns_ms(
        [partial(session.run, image) for (session, _), image in zip(sessions, images, strict=True)],
        runs=runs,
        pick=pick,
        least_s=least_s,
    )


def taking_turns_ms(
    calls: Sequence[Callable[[], object]],
    *,
    runs: int = 15,
    pick: Pick = statistics.median,
    least_s: float = 0.0,
) -> list[float]:
    """The ms of each of several calls, made in turns: the median, or what else `pick` takes.

    There are more runs where these take less than `least_s` together: what disturbs a machine may last longer.
    """
    times: list[list[float]] = [[] for _ in calls]
    began, made = perf_counter_ns(), 0
    while made < _WARM_UP + runs or perf_counter_ns() - began < 1e9 * least_s:
        made += 1
        for call, own in zip(calls, times, strict=True):
            started = perf_counter_ns()
            call()
            own.append((perf_counter_ns() - started) / 1e6)
    return [pick(own[_WARM_UP:]) for own in times]
