"""What a user's tails make of inputs that the generic network answers: what the choice among them is fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.personal.chooser import Chooser, doubt
from edgewise.prune.foreign import foreign_scores
from edgewise.prune.guard import expected_drops
from edgewise.prune.posterior import Posterior

_QUANTILES = np.linspace(0, 1, 41)
_WORTH = 0.97  # of the generic tail's time: what is saved must be more than its measurement may err by


@dataclass(frozen=True, eq=False)
class Shadow:
    """n inputs and k tails, each float [n, k]."""

    doubt: np.ndarray
    foreign: np.ndarray  # energy
    drops: np.ndarray  # what its answer is expected to lose against the generic network's

    @classmethod
    def of(cls, answers: Sequence[np.ndarray], taught: np.ndarray, posterior: Posterior) -> "Shadow":
        """`answers`: of each tail, float [n, K + 1]; `taught`: the generic network's logits, float [n, C]."""
        return cls(
            np.stack([doubt(one) for one in answers], axis=1),
            np.stack([foreign_scores("energy", one) for one in answers], axis=1),
            np.stack([expected_drops(taught, one, posterior)[0] for one in answers], axis=1),
        )

    def and_more(self, more: Sequence["Shadow"]) -> "Shadow":
        parts = (self, *more)
        return Shadow(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("doubt", "foreign", "drops"))
        )


def fitted(
    shadow: Shadow, ms: Sequence[float], generic_ms: float, most_foreign: Sequence[float], most_drop: float
) -> Chooser | None:
    """The quickest choice that is expected to lose at most `most_drop` (0..1); None where none is worth its time.

    `ms`: of each tail, the quickest first; `most_foreign`: to each, where it is the first to run. One or two tails are
    tried in each order that grows. A loss counts with one standard error more: few inputs tell little of rare mistakes,
    and the best of many choices is one that was lucky.
    """
    found: list[Chooser] = []
    for last in range(len(ms)):
        found += _of_one(shadow, last, ms[last], generic_ms, most_foreign[last], most_drop)
        for first in range(last):
            found += _of_two(shadow, (first, last), ms, generic_ms, most_foreign[first], most_drop)
    worth = [one for one in found if one.mean_ms < _WORTH * generic_ms]
    return min(worth, key=lambda one: one.mean_ms, default=None)


def _of_one(
    shadow: Shadow, tail: int, ms: float, generic_ms: float, most_foreign: float, most_drop: float
) -> list[Chooser]:
    own = shadow.foreign[:, tail] <= most_foreign
    found: list[Chooser] = []
    for most in _thresholds(shadow.doubt[own, tail]):
        sure = own & (shadow.doubt[:, tail] <= most)
        if _bound(np.where(sure, shadow.drops[:, tail], 0)) <= most_drop:
            share = float(sure.mean())
            found.append(Chooser((tail,), (float(most),), most_foreign, ms + (1 - share) * generic_ms, share))
    return found


def _of_two(
    shadow: Shadow,
    tails: tuple[int, int],
    ms: Sequence[float],
    generic_ms: float,
    most_foreign: float,
    most_drop: float,
) -> list[Chooser]:
    small, large = tails
    own = shadow.foreign[:, small] <= most_foreign
    found: list[Chooser] = []
    for first in _thresholds(shadow.doubt[own, small]):
        at_once = own & (shadow.doubt[:, small] <= first)
        left = own & ~at_once
        lost = np.where(at_once, shadow.drops[:, small], 0)
        if not left.any() or _bound(lost) > most_drop:
            continue
        for second in _thresholds(shadow.doubt[left, large]):
            then = left & (shadow.doubt[:, large] <= second)
            if _bound(np.where(then, shadow.drops[:, large], lost)) <= most_drop:
                share = float((at_once | then).mean())
                mean_ms = ms[small] + float(left.mean()) * ms[large] + (1 - share) * generic_ms
                found.append(Chooser(tails, (float(first), float(second)), most_foreign, mean_ms, share))
    return found


def _thresholds(doubt: np.ndarray) -> np.ndarray:
    return np.unique(np.quantile(doubt, _QUANTILES, method="lower")) if len(doubt) else doubt


def _bound(drops: np.ndarray) -> float:
    return float(drops.mean() + drops.std() / np.sqrt(len(drops)))
