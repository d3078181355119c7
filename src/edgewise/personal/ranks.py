"""Are inputs more foreign than they were? A test by ranks that is exact at every moment, while inputs come in."""

from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Self

import numpy as np

from edgewise.errors import UsageError
from edgewise.personal.restarts import Restarts

LEAST_SCORES = 50
_POWERS = (0.15, 0.35, 0.6, 0.85)
_PACE = 1000.0
_WORD = (1 << 64) - 1


@dataclass(frozen=True)
class RankTest:
    """A conformal test martingale over scores of which the higher is the more foreign; it tests that nothing changed.

    "Nothing changed": the calibration scores and all since are exchangeable. Then the probability that `money` ever
    reaches 1 / alpha is at most alpha, however long it runs, for every distribution of scores and any number of ties.

    Source: Vovk, Gammerman and Shafer 2005, "Algorithmic Learning in a Random World", 7 and 8; Vovk 2021, "Testing
    randomness online". P-values against a calibration set that stays as it is are no such test: they all lean on the
    same set, so they are not independent of each other, and where that set happens to lie low the money grows without
    end. Here the set grows with each input: the rank of a score among all before it is uniform and independent of
    earlier ranks. To keep the state small, of a rank only its group is heeded. Calibration scores, n of them, leave
    n + 1 gaps; groups hold, from the most foreign on, 1, 1, 2, 4, ... gaps. A score that falls into a group makes one
    gap more there (Polya's urn), so the probability of each group is its share of all gaps, exactly and whatever came
    before. Equal scores are put in order by lot, as is a p-value's usual way, and the lot is drawn from `seed`.

    Bets: powers of the p-value, e * p^(e - 1) (Vovk, Nouretdinov and Gammerman 2003, "Testing exchangeability
    on-line"), averaged over all p of the group, for four e with a quarter of the money each, and begun anew at every
    input (`Restarts`).

    What it cannot see: foreign inputs that score as the user's own do. What it sees late: a slow change, which the
    growing set takes in, at a sixth to a third of its way where the mean rises by one standard deviation in 40,000
    inputs. What it takes for a change: all else that makes scores higher, such as poor light, and inputs that depend
    on each other, such as the frames of one scene.
    """

    edges: tuple[tuple[float, float], ...]  # ascending: score, and the lot among equals
    gaps: tuple[int, ...]  # of each group, the most foreign first
    money: Restarts
    seed: int

    @classmethod
    def begin(cls, scores: np.ndarray, seed: int = 0) -> Self:
        """From float [n] scores of inputs that this user's are like, none of which the network was made from.

        Raises `UsageError` for fewer than 50, and for scores that are not finite.
        """
        known = np.asarray(scores, np.float64).ravel()
        if len(known) < LEAST_SCORES:
            raise UsageError(
                f"There are {len(known)} calibration scores; at least {LEAST_SCORES} are needed.",
                "Hold out more of the user's inputs.",
            )
        if not np.isfinite(known).all():
            raise UsageError("Calibration scores are not all finite numbers.", "Leave out the inputs they are of.")
        lots = np.random.default_rng(seed).random(len(known))
        order = np.lexsort((lots, known))
        sizes = _sizes(len(known) + 1)
        places = [len(known) - sum(sizes[: group + 1]) for group in range(len(sizes) - 1)]
        edges = tuple((float(known[order[place]]), float(lots[order[place]])) for place in reversed(places))
        return cls(edges, sizes, Restarts.begin(len(_POWERS), _PACE), seed)

    def update(self, score: float) -> Self:
        """With the score of one more input. Raises `UsageError` where it is not finite."""
        if not -float("inf") < score < float("inf"):
            raise UsageError(f"The score is {score}; it must be a finite number.")
        group = len(self.edges) - bisect(self.edges, (score, _lot(self.seed, self.money.steps)))
        before, size, total = sum(self.gaps[:group]), self.gaps[group], sum(self.gaps)
        low, high = before / total, (before + size) / total
        factors = [(high**power - low**power) * total / size for power in _POWERS]
        gaps = (*self.gaps[:group], size + 1, *self.gaps[group + 1 :])
        return type(self)(self.edges, gaps, self.money.after(factors), self.seed)

    def to_values(self) -> dict[str, Any]:
        """JSON values."""
        edges = [list(edge) for edge in self.edges]
        return {"edges": edges, "gaps": list(self.gaps), "money": self.money.to_values(), "seed": self.seed}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_values`. Raises `KeyError`, `TypeError`, `ValueError` or `UsageError` for other values."""
        edges = tuple((float(score), float(lot)) for score, lot in values["edges"])
        found = cls(edges, tuple(values["gaps"]), Restarts.from_values(values["money"]), values["seed"])
        if len(found.gaps) != len(edges) + 1 or min(found.gaps) < 1:
            raise UsageError(f"{len(edges)} edges leave no groups of {found.gaps} gaps.")
        if len(found.money.staked) != len(_POWERS) or not all(low < high for low, high in pairwise(edges)):
            raise UsageError("The edges of groups do not ascend, or their bets are other ones.")
        return found


@cache
def _sizes(gaps: int) -> tuple[int, ...]:
    """Gaps of each group: 1, 1, 2, 4, ... while half of all are left, and the rest."""
    sizes = [1]
    while 2 * sum(sizes) <= gaps // 2:
        sizes.append(sum(sizes))
    return (*sizes, gaps - sum(sizes))


def _lot(seed: int, step: int) -> float:
    """From 0 to under 1, as good as independent over steps (SplitMix64: Steele, Lea and Flood 2014).

    It needs no state but the step, so a detector that was stored goes on as it would have.
    """
    word = ((2 * step + 1) * 0x9E3779B97F4A7C15 + seed * 0xD1B54A32D192ED03) & _WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
    return ((word ^ (word >> 31)) >> 11) / (1 << 53)
