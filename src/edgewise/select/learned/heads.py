"""Fitting the probability of an event from what has been seen, and saying honestly how well that goes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.learned.logistic import Logistic, fit_logistic, log_loss

FOLDS = 3


@dataclass(frozen=True)
class Strength:
    """How strongly weights and class offsets are drawn to 0; an infinite `class_penalty` leaves the classes out."""

    penalty: float
    class_penalty: float


STRENGTHS = (Strength(20.0, np.inf), Strength(2.0, np.inf), Strength(10.0, 20.0), Strength(2.0, 5.0))


@dataclass(frozen=True, eq=False)
class Rows:
    """The images that something is fitted on, and how they are cut for cross-fitting."""

    weights: np.ndarray  # float64 [n]: what a right answer to each image is worth
    fold: np.ndarray  # int64 [n]
    classes: int  # of the models

    def __len__(self) -> int:
        return len(self.weights)


def fit_head(
    columns: np.ndarray, classes: np.ndarray, event: np.ndarray, weights: np.ndarray, count: int, strength: Strength
) -> Logistic:
    """P(event | what was seen), on standardised columns; the scale is folded into the weights."""
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    fitted = fit_logistic(
        (columns - mean) / spread, classes, event, weights, strength.penalty, strength.class_penalty, count
    )
    scaled = fitted.weights / spread
    return Logistic(scaled, fitted.bias - float(scaled @ mean), fitted.offsets)


def head_of(columns: np.ndarray, classes: np.ndarray, event: np.ndarray, rows: Rows, strength: Strength) -> Logistic:
    """A head fitted on all rows."""
    return fit_head(columns, classes, event, rows.weights, rows.classes, strength)


def cross_scores(
    columns: np.ndarray, classes: np.ndarray, event: np.ndarray, rows: Rows, strength: Strength
) -> np.ndarray:
    """float64 [n]: log-odds of the event, each image's from a head that has not seen it."""
    scores = np.empty(len(rows))
    for held_out in range(FOLDS):
        own, other = rows.fold == held_out, rows.fold != held_out
        head = fit_head(columns[other], classes[other], event[other], rows.weights[other], rows.classes, strength)
        scores[own] = head.scores(columns[own], classes[own])
    return scores


def best_strength(
    lessons: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], rows: Rows, strengths: Sequence[Strength] = STRENGTHS
) -> Strength:
    """The strength that foretells the events best on images held out, by log-loss over all lessons.

    Each lesson: columns float64 [n, d], classes int [n], event bool [n]. Of equals, the earlier.
    """
    losses = [
        sum(
            float(rows.weights @ log_loss(cross_scores(columns, classes, event, rows, strength), event))
            for columns, classes, event in lessons
        )
        for strength in strengths
    ]
    return strengths[int(np.argmin(losses))]
