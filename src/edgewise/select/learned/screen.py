"""Which orders of models deserve a full fit, judged by one head per pair of models and no average."""

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from edgewise.select.learned.heads import STRENGTHS, Rows, Strength, best_strength, cross_scores
from edgewise.select.learned.logistic import sigmoid
from edgewise.select.learned.sights import Sight

Order = tuple[int, ...]  # models, cheapest first


@dataclass(frozen=True, eq=False)
class Table:
    """How likely each model is right, seen from each other one, on images that the head has not seen."""

    right: np.ndarray  # bool [m, n]
    chances: np.ndarray  # float64 [m, m, n]: of model j, after model i has run, at [i, j]
    weights: np.ndarray  # float64 [n], of sum 1


def choose_strength(sights: list[Sight], rows: Rows, labels: np.ndarray) -> Strength:
    """The strength that serves best to foretell each model from the one before it.

    Classes are left out where a model answers one that none of `labels` holds: that such answers are always wrong says
    which classes were photographed, not which answers to trust.
    """
    answered = np.unique(np.concatenate([sight.top for sight in sights]))
    sampled = bool(np.isin(answered, labels).all())
    strengths = [one for one in STRENGTHS if sampled or np.isinf(one.class_penalty)]
    lessons = [(sight.columns, sight.top, following.right) for sight, following in pairwise(sights)]
    return best_strength(lessons or [(sights[0].columns, sights[0].top, sights[0].right)], rows, strengths)


def rights_table(sights: list[Sight], rows: Rows, strength: Strength) -> Table:
    """A head for each pair of models. `sights`: of each model alone."""
    chances = [
        [sigmoid(cross_scores(sight.columns, sight.top, other.right, rows, strength)) for other in sights]
        for sight in sights
    ]
    return Table(np.asarray([sight.right for sight in sights]), np.asarray(chances), rows.weights / rows.weights.sum())


def screen(table: Table, times_ms: np.ndarray, prices: np.ndarray, max_stages: int, keep: int) -> list[Order]:
    """All single models, and the `keep` orders of several that are worth most at each price.

    Models run in the order of their times: a dearer one first would pay for itself where the cheaper one suffices.
    Reading: what a stage after the second adds is foretold from the outputs of one model at a time, which is enough to
    tell a useful third model from a useless one.
    """
    models = range(len(times_ms))
    kept: dict[Order, None] = {(model,): None for model in models}
    orders = [order for stages in range(2, max_stages + 1) for order in combinations(models, stages)]
    for price in prices if orders else ():
        worth = _worth(table, price * times_ms, max_stages)
        values = np.asarray([worth[len(order)][order] for order in orders])
        kept |= {orders[place]: None for place in np.argsort(-values, kind="stable")[:keep]}
    return list(kept)


def _worth(table: Table, cost: np.ndarray, max_stages: int) -> dict[int, np.ndarray]:
    """Right answers less the price of time: float64 [m, m] of all orders of two models, and [m, m, m] of three."""
    right, weights = table.right.astype(np.float64), table.weights
    gains = table.chances - np.diagonal(table.chances).T[:, None]  # of j over i, at [i, j]
    second = right[None] - right[:, None] - cost[None, :, None]  # what j really adds to i
    taken = np.where(gains > cost[None, :, None], second, 0.0)  # [j, k, n]: as the third stage
    alone = right @ weights - cost
    worth = {2: alone[:, None] + taken @ weights, 3: np.empty((len(cost),) * 3)}
    if max_stages < 3:
        return worth
    for i in range(len(cost)):
        at_once = gains[i] - cost[:, None]  # [j, n]
        through = gains[i][None] - (cost[:, None] + cost[None])[:, :, None]  # [j, k, n]
        goes = np.maximum(at_once[:, None], through) > 0
        worth[3][i] = alone[i] + np.where(goes, second[i][:, None] + taken, 0.0) @ weights
    return worth
