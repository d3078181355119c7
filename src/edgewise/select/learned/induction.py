"""Going on along an order of models: what each stage adds, and, looking ahead, what those after it may add."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgewise.select.learned.deferral import DeferralHead
from edgewise.select.learned.heads import FOLDS, Rows, Strength, cross_scores, head_of
from edgewise.select.learned.logistic import sigmoid
from edgewise.select.learned.screen import Order
from edgewise.select.learned.sights import Ran, Sight

_RIDGE = 30.0  # per standardised column, against a sum over all rows; on drawn and made-up data as good as 1 or better


@dataclass(frozen=True)
class Plan:
    """An order of models, and whether answers are averaged."""

    order: Order
    average: bool

    @property
    def prefixes(self) -> list[Ran]:
        """What has run after each stage."""
        return [self.order[: stage + 1] for stage in range(len(self.order))]


@dataclass(frozen=True, eq=False)
class Sighted:
    """Images, what is seen of them after each combination of models, and how heads are fitted to it."""

    sights: Mapping[Ran, Sight]
    rows: Rows
    strength: Strength

    def step(self, plan: Plan, stage: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Columns, classes, and the two events: the next answer is right and this one wrong, and the reverse."""
        prefixes = plan.prefixes
        classes, here = self.sights[prefixes[stage]].answer(plan.average)
        _, there = self.sights[prefixes[stage + 1]].answer(plan.average)
        return self.sights[prefixes[stage]].columns, classes, there & ~here, here & ~there


class Nets:
    """Cross-fitted net gains, remembered: many orders begin alike."""

    def __init__(self, images: Sighted) -> None:
        self.images = images
        self._known: dict[tuple[Order, bool], np.ndarray] = {}

    def of(self, plan: Plan, stage: int) -> np.ndarray:
        """float64 [n]: P(next right, this wrong) - P(this right, next wrong) after `stage` of the plan."""
        key = (plan.order[: stage + 2], plan.average)
        if key not in self._known:
            columns, classes, gain, loss = self.images.step(plan, stage)
            rows, strength = self.images.rows, self.images.strength
            gained, lost = (sigmoid(cross_scores(columns, classes, event, rows, strength)) for event in (gain, loss))
            self._known[key] = gained - lost
        return self._known[key]


def worth(plan: Plan, nets: Nets, times_ms: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """float64 [prices]: right answers less the price of time, per image, of the plan followed at each price.

    Cross-fitted: neither a head nor the look ahead has seen the image that it decides on.
    """
    images, advantages = nets.images, advantage(plan, nets, times_ms, prices)
    weights = images.rows.weights / images.rows.weights.sum()
    right = [images.sights[ran].answer(plan.average)[1].astype(np.float64) for ran in plan.prefixes]
    total = weights @ right[0] - prices * times_ms[plan.order[0]]
    goes = np.ones((len(weights), len(prices)), bool)
    for stage, gained in enumerate(advantages):
        goes &= gained > 0
        step = (right[stage + 1] - right[stage])[:, None] - prices * times_ms[plan.order[stage + 1]]
        total = total + weights @ np.where(goes, step, 0.0)
    return total


def advantage(plan: Plan, nets: Nets, times_ms: np.ndarray, prices: np.ndarray, first: int = 0) -> list[np.ndarray]:
    """float64 [n, prices] for each stage from `first` on, but for the last: what going on is expected to add, less the
    price of its time.

    Reading: the paper has two models. With three, the gain at the first counts what is expected of the third: backward
    induction, by a ridge regression of the second stage's positive advantage at each price on what the first one saw.
    """
    advantages: list[np.ndarray] = []
    for stage in reversed(range(first, len(plan.order) - 1)):
        gained = nets.of(plan, stage)[:, None] - prices * times_ms[plan.order[stage + 1]]
        if advantages:
            columns = nets.images.sights[plan.prefixes[stage]].columns
            gained = gained + np.maximum(_cross_ahead(columns, advantages[0], nets.images.rows), 0.0)
        advantages.insert(0, gained)
    return advantages


def fit_heads(plan: Plan, nets: Nets, times_ms: np.ndarray, prices: np.ndarray) -> list[tuple[DeferralHead, ...]]:
    """The heads of a plan for each price; gain and loss are the same at all of them."""
    images = nets.images
    later = advantage(plan, nets, times_ms, prices, first=1)
    by_stage: list[list[DeferralHead]] = []
    for stage in range(len(plan.order) - 1):
        columns, classes, *events = images.step(plan, stage)
        gain, loss = (head_of(columns, classes, event, images.rows, images.strength) for event in events)
        if stage < len(later):
            ahead = _ridge(columns, np.maximum(later[stage], 0.0), images.rows.weights).T
            by_stage.append([DeferralHead(gain, loss, np.ascontiguousarray(row)) for row in ahead])
        else:
            by_stage.append([DeferralHead(gain, loss)] * len(prices))
    return [tuple(stage[place] for stage in by_stage) for place in range(len(prices))]


def _cross_ahead(columns: np.ndarray, advantages: np.ndarray, rows: Rows) -> np.ndarray:
    """float64 [n, prices]: what is expected of the later stages, from regressions that have not seen the image."""
    positive = np.maximum(advantages, 0.0)
    expected = np.empty_like(positive)
    for held_out in range(FOLDS):
        own, other = rows.fold == held_out, rows.fold != held_out
        fitted = _ridge(columns[other], positive[other], rows.weights[other])
        expected[own] = columns[own] @ fitted[:-1] + fitted[-1]
    return expected


def _ridge(columns: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float64 [d + 1, t]: coefficients of `columns` [n, d], and the biases, for `targets` [n, t]."""
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    scaled = np.column_stack([(columns - mean) / spread, np.ones(len(columns))])
    penalties = np.diag(np.append(np.full(columns.shape[1], _RIDGE), 0.0))
    weighted = scaled * weights[:, None]
    found = np.linalg.solve(weighted.T @ scaled + penalties, weighted.T @ targets)
    slopes = found[:-1] / spread[:, None]
    return np.vstack([slopes, found[-1:] - mean @ slopes])
