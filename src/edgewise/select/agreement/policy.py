"""When to stop and whom to ask next: the best action for each set of models run, however sure it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.agreement.cells import HALVES, Cells

ANSWER = -1  # the action that stops; the others are models
Members = tuple[int, ...]  # model indices, rising


@dataclass(frozen=True, eq=False)
class Standing:
    """What the models of one set say together of n images."""

    worth: np.ndarray  # float32 [n]: of the answer, 0 where wrong
    cells: Cells
    cell: np.ndarray  # int64 [n]

    @classmethod
    def cut(cls, worth: np.ndarray, sure: np.ndarray, bins: int) -> "Standing":
        """From `worth` float [n] and `sure` float32 [n, 2], see `cells.sureness`."""
        cells = Cells.cut(sure, bins)
        return cls(worth.astype(np.float32), cells, cells.of(sure))


@dataclass(frozen=True)
class Policy:
    """Which model runs first, and for each set that can come up, smaller ones first, what follows in each cell."""

    first: int
    actions: tuple[tuple[Members, tuple[int, ...]], ...]


def best_policy(
    standings: Mapping[Members, Standing], times_ms: Sequence[float], price: float, neighbours: float = 0.5
) -> Policy:
    """The policy that is worth most at a price of time, by going backwards from the largest sets.

    `standings`: of every set of up to some size. An image that reaches a set gets there what following the policy
    brings it, its own outcome, so nothing is assumed of how the cells of different sets depend on each other.
    `neighbours`: what an image of the bin above or below counts in the choice of an action, since bins that are nearly
    as sure ask for nearly the same. Of equally good actions, answering comes first, then the cheaper model.
    """
    size = max(map(len, standings))
    value: dict[Members, np.ndarray] = {}
    actions: dict[Members, tuple[int, ...]] = {}
    for members in sorted(standings, key=len, reverse=True):
        standing = standings[members]
        following = [model for model in range(len(times_ms)) if model not in members] if len(members) < size else []
        offers = [standing.worth]
        offers += [value[joined(members, model)] - np.float32(price * times_ms[model]) for model in following]
        sums = np.stack([np.bincount(standing.cell, offer, len(standing.cells)) for offer in offers])
        best = _with_neighbours(sums, neighbours).argmax(axis=0)
        value[members] = np.stack(offers)[best[standing.cell], np.arange(len(standing.cell))]
        actions[members] = tuple((ANSWER, *following)[place] for place in best)
    first = max(range(len(times_ms)), key=lambda model: value[(model,)].mean() - price * times_ms[model])
    return Policy(first, tuple((members, actions[members]) for members in _reached(first, actions)))


def _with_neighbours(sums: np.ndarray, weight: float) -> np.ndarray:
    """Float [offers, cells]: with those of the same half of the bins next to each."""
    by_bin = sums.reshape(len(sums), -1, HALVES)
    whole = by_bin.copy()
    whole[:, 1:] += weight * by_bin[:, :-1]
    whole[:, :-1] += weight * by_bin[:, 1:]
    return whole.reshape(sums.shape)


def _reached(first: int, actions: Mapping[Members, tuple[int, ...]]) -> list[Members]:
    """The sets that can come up, smaller ones first."""
    found: dict[Members, None] = {}
    frontier = [(first,)]
    while frontier:
        found |= dict.fromkeys(frontier)
        frontier = list(
            dict.fromkeys(
                joined(members, model) for members in frontier for model in actions[members] if model != ANSWER
            )
        )
    return list(found)


def joined(members: Members, model: int) -> Members:
    """The set with one model more."""
    return tuple(sorted((*members, model)))
