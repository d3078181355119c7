"""Time entrants in turns, so that whatever disturbs the machine disturbs all of them alike."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edgewise.bench.entrant import Entrant
from edgewise.errors import ModelError
from edgewise.profile.latency import RUNS, SECONDS_PER_MODEL, Mode
from edgewise.progress import Progress, silent

_WARM_UP_RUNS = 3
_TURN_RUNS = 8
_REST_S = 0.02  # for the threads of the one before, which go on looking for work for a while


@dataclass
class Timed:
    """The times of one entrant, or why there are none."""

    entrant: Entrant
    ms: list[float] = field(default_factory=list)
    failure: str = ""

    def quantile(self, share: float) -> float | None:
        """Of the times, in ms; None where it failed."""
        return None if self.failure or not self.ms else float(np.quantile(self.ms, share))


def take_turns(entrants: Sequence[Entrant], mode: Mode, seed: int, progress: Progress = silent) -> list[Timed]:
    """Let all run, a few images each turn, in an order of its own each round; the modes are MLPerf Mobile's."""
    rng, timed = np.random.default_rng(seed), [Timed(entrant) for entrant in entrants]
    for one in timed:
        _turn(one, _WARM_UP_RUNS, kept=False)
    rounds = RUNS[mode] // _TURN_RUNS
    began, seconds = time.monotonic(), SECONDS_PER_MODEL[mode] * len(timed)
    for done in range(rounds):
        progress("measuring", done, rounds)
        for number in rng.permutation(len(timed)).tolist():
            _turn(timed[number], _TURN_RUNS, kept=True)
        if time.monotonic() - began > seconds:
            break
    progress("measuring", rounds, rounds)
    return timed


def _turn(one: Timed, runs: int, *, kept: bool) -> None:
    if one.failure:
        return
    time.sleep(_REST_S)
    try:
        ms = one.entrant.run(runs)
    except ModelError as error:
        one.failure = error.message
    else:
        one.ms += ms if kept else []
