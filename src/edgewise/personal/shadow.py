"""What a user's members make of inputs that the generic network answers: what the choice among them is fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgewise.personal.chooser import Chooser, doubt
from edgewise.personal.costs import Costs
from edgewise.prune.foreign import foreign_scores
from edgewise.prune.guard import expected_drops
from edgewise.prune.posterior import Posterior

_QUANTILES = np.linspace(0, 1, 41)
_OWN_REJECTION = 0.05
_MOST_SCORES = 512  # of the latest inputs, that a change of the user is told by
_LEAST_SAVED = 0.03  # of the generic tail's time: it must be more than its measurement may err by


@dataclass(frozen=True, eq=False)
class Shadow:
    """n inputs and k members, each float [n, k]."""

    doubt: np.ndarray
    foreign: np.ndarray  # energy
    drops: np.ndarray  # what its answer is expected to lose against the generic network's

    @classmethod
    def of(
        cls,
        answers: Sequence[np.ndarray],
        taught: np.ndarray,
        posterior: Posterior,
        believed: np.ndarray | None = None,
    ) -> "Shadow":
        """`answers`: of each member, float [n, K + 1]; `taught`: the generic network's logits, float [n, C].

        `believed`: float [n, C], where others judge with the generic network, as `Guard.judge` has it.
        """
        return cls(
            np.stack([doubt(one) for one in answers], axis=1),
            np.stack([foreign_scores("energy", one) for one in answers], axis=1),
            np.stack([expected_drops(taught, one, posterior, believed)[0] for one in answers], axis=1),
        )

    @property
    def most_foreign(self) -> np.ndarray:
        """float64 [k]: what looks more foreign is turned away; at most one in twenty of these inputs does."""
        return np.quantile(self.foreign, 1 - _OWN_REJECTION, axis=0, method="higher")

    def and_more(self, more: Sequence["Shadow"]) -> "Shadow":
        parts = (self, *more)
        return Shadow(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("doubt", "foreign", "drops"))
        )


def fitted(shadow: Shadow, costs: Costs, most_drop: float) -> Chooser | None:
    """The quickest choice that is expected to lose at most `most_drop` (0..1); None where none is worth its time.

    One or two members are tried in each order that grows. A loss counts with one standard error more: few inputs tell
    little of rare mistakes, and the best of many choices is one that was lucky.
    """
    order = sorted(range(len(costs.members)), key=costs.alone)
    found: list[Chooser] = []
    for place, last in enumerate(order):
        found += _of_one(shadow, last, costs, most_drop)
        for first in order[:place]:
            found += _of_two(shadow, (first, last), costs, most_drop)
    worth = [one for one in found if one.mean_ms < costs.whole - _LEAST_SAVED * costs.generic]
    best = min(worth, key=lambda one: one.mean_ms, default=None)
    return best and replace(best, own_scores=tuple(shadow.foreign[-_MOST_SCORES:, best.members[0]].tolist()))


def _of_one(shadow: Shadow, member: int, costs: Costs, most_drop: float) -> list[Chooser]:
    most_foreign = float(shadow.most_foreign[member])
    own = shadow.foreign[:, member] <= most_foreign
    found: list[Chooser] = []
    for most in _thresholds(shadow.doubt[own, member]):
        sure = own & (shadow.doubt[:, member] <= most)
        if _bound(np.where(sure, shadow.drops[:, member], 0)) <= most_drop:
            share = float(sure.mean())
            mean_ms = costs.mean((member,), share, 0, 1 - share)
            found.append(Chooser((member,), (float(most),), most_foreign, mean_ms, share))
    return found


def _of_two(shadow: Shadow, members: tuple[int, int], costs: Costs, most_drop: float) -> list[Chooser]:
    small, large = members
    most_foreign = float(shadow.most_foreign[small])
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
                mean_ms = costs.mean(members, float(at_once.mean()), float(left.mean()), 1 - share)
                found.append(Chooser(members, (float(first), float(second)), most_foreign, mean_ms, share))
    return found


def _thresholds(doubt: np.ndarray) -> np.ndarray:
    return np.unique(np.quantile(doubt, _QUANTILES, method="lower")) if len(doubt) else doubt


def _bound(drops: np.ndarray) -> float:
    return float(drops.mean() + drops.std() / np.sqrt(len(drops)))
