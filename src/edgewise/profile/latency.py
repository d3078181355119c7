"""How long each stage takes: decode and features apart, preparing and inference per model.

Models take turns, image by image, so that whatever disturbs the machine disturbs all of them alike: ratios within one
table are evidence where absolute times are not. Each round has an order of its own, because a small model that always
ran behind a large one would pay for the caches that the large one emptied. The modes are MLPerf Mobile's: so many runs,
or so many seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Literal

import numpy as np

from edgewise.images.decode import decode
from edgewise.images.features import STEPS, extract, time_steps
from edgewise.progress import Progress, silent
from edgewise.zoo.classifier import Classifier

Mode = Literal["rapid", "quick", "normal"]
Stage = Literal["decode", "features", "feature step", "prepare", "infer", "total"]
RUNS: dict[Mode, int] = {"rapid": 64, "quick": 128, "normal": 1024}
SECONDS_PER_MODEL: dict[Mode, float] = {"rapid": 6.0, "quick": 10.0, "normal": 60.0}
_FEWEST_RUNS = 8
_WARM_UP_RUNS = 3


@dataclass(frozen=True)
class StageTime:
    """The time of one stage; `total` = prepare + infer.

    `model` is empty for decode and features, and names the step of `edgewise.images.features.STEPS` for a feature step.
    """

    stage: Stage
    model: str
    p50_ms: float
    p90_ms: float
    mean_ms: float
    runs: int


def measure(
    contents: Sequence[bytes], models: Sequence[Classifier], *, mode: Mode, seed: int, progress: Progress = silent
) -> tuple[StageTime, ...]:
    """Time every stage on image files' contents, taken in turn; `seed` decides the models' order in each round."""
    rng = np.random.default_rng(seed)
    times: dict[tuple[Stage, str], list[float]] = {}
    runs, seconds = RUNS[mode], SECONDS_PER_MODEL[mode] * len(models)
    started = perf_counter_ns()
    for run in range(-_WARM_UP_RUNS, runs):
        elapsed = (perf_counter_ns() - started) / 1e9
        if run >= _FEWEST_RUNS and elapsed > seconds:
            break
        shuffled = [models[m] for m in rng.permutation(len(models)).tolist()]
        for key, ms in _one_round(contents[run % len(contents)], shuffled):
            if run >= 0:
                times.setdefault(key, []).append(ms)
        progress("measuring latency", max(0, run), runs)
    progress("measuring latency", runs, runs)
    names = ["", *dict.fromkeys(step for steps in STEPS.values() for step in steps), *(m.card.name for m in models)]
    rows = sorted(times.items(), key=lambda row: names.index(row[0][1]))
    return tuple(_summary(stage, model, values) for (stage, model), values in rows)


def _one_round(content: bytes, models: Sequence[Classifier]) -> list[tuple[tuple[Stage, str], float]]:
    begin = perf_counter_ns()
    pixels = decode(content).pixels
    decoded = perf_counter_ns()
    extract(pixels)
    done = perf_counter_ns()
    rows: list[tuple[tuple[Stage, str], float]] = [
        (("decode", ""), (decoded - begin) / 1e6),
        (("features", ""), (done - decoded) / 1e6),
    ]
    rows.extend((("feature step", step), ms) for step, ms in time_steps(pixels).items())
    per_model: tuple[Stage, Stage, Stage] = ("prepare", "infer", "total")
    for model in models:
        _, prepare_ms, infer_ms = model.classify(pixels)
        times = (prepare_ms, infer_ms, prepare_ms + infer_ms)
        rows.extend(((stage, model.card.name), ms) for stage, ms in zip(per_model, times, strict=True))
    return rows


def _summary(stage: Stage, model: str, values: list[float]) -> StageTime:
    p50, p90 = np.percentile(values, [50, 90])
    return StageTime(stage, model, float(p50), float(p90), float(np.mean(values)), len(values))
