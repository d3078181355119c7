"""Cascades that need no training: by one model's confidence, or by the agreement of two.

Their thresholds and members are picked on the very images that they are counted on, which flatters them. Where even
that does not beat the best single model, no cascade of these kinds is worth fitting.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

Rule = Literal["confidence", "agreement"]
_CHUNK_PAIRS = 64
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Look:
    """One cascade: the last model answers where the first ones are not sure."""

    models: tuple[str, ...]
    rule: Rule
    threshold: float | None  # of the first one's probability, from which on its answer stands
    accuracy: float
    mean_ms: float
    escalated: float  # share of images


@dataclass(frozen=True, eq=False)
class Answers:
    """What every model answers, and how sure it is."""

    models: tuple[str, ...]
    named: np.ndarray  # int64 [n, m]
    right: np.ndarray  # bool [n, m]
    sure: np.ndarray  # float32 [n, m]: the highest probability
    worth: np.ndarray  # float64 [n]: of a right answer
    times_ms: np.ndarray  # float64 [m], rising
    decode_ms: float


@dataclass(frozen=True, eq=False)
class _Family:
    """c cascades of one rule, the fastest first."""

    rule: Rule
    models: Sequence[tuple[str, ...]]
    thresholds: np.ndarray | None  # float [c]
    escalated: np.ndarray  # float64 [c]
    accuracy: np.ndarray  # float64 [c]
    mean_ms: np.ndarray  # float64 [c], rising

    def look(self, at: int) -> Look:
        return Look(
            self.models[at],
            self.rule,
            None if self.thresholds is None else float(self.thresholds[at]),
            float(self.accuracy[at]),
            float(self.mean_ms[at]),
            float(self.escalated[at]),
        )


def first_looks(answers: Answers, targets: Sequence[float]) -> tuple[tuple[Look | None, ...], Look | None]:
    """For each target the fastest cascade that is so accurate, None where none is; and the most accurate cascade.

    One that never escalates is a single model, and no cascade.
    """
    fastest: list[Look | None] = [None] * len(targets)
    best: Look | None = None
    for family in (*_by_confidence(answers), *_by_agreement(answers)):
        reached = np.maximum.accumulate(family.accuracy)
        for place, at in enumerate(np.searchsorted(reached, np.asarray(targets) - _ROUNDING).tolist()):
            known = fastest[place]
            if at < len(reached) and (known is None or family.mean_ms[at] < known.mean_ms):
                fastest[place] = family.look(at)
        at = int(family.accuracy.argmax())
        if best is None or (family.accuracy[at], -family.mean_ms[at]) > (best.accuracy, -best.mean_ms):
            best = family.look(at)
    return tuple(fastest), best


def _by_confidence(answers: Answers) -> Iterator[_Family]:
    """Two models: the second one answers where the first one's highest probability is below a threshold."""
    images, models = answers.right.shape
    for first in range(models - 1):
        order = np.argsort(answers.sure[:, first], kind="stable")
        sure = answers.sure[order, first]
        cuts = np.flatnonzero(sure[1:] > sure[:-1]) + 1  # so many are escalated: equals together
        if len(cuts) == 0:
            continue
        worth = answers.worth[order]
        own = worth * answers.right[order, first]
        for second in range(first + 1, models):
            gained = np.cumsum(worth * answers.right[order, second] - own)[cuts - 1]
            spent = answers.times_ms[first] + cuts / images * answers.times_ms[second]
            yield _Family(
                "confidence",
                [(answers.models[first], answers.models[second])] * len(cuts),
                sure[cuts],
                cuts / images,
                (own.sum() + gained) / images,
                answers.decode_ms + spent,
            )


def _by_agreement(answers: Answers) -> Iterator[_Family]:
    """Three models: the last one answers where the first two name different classes."""
    images, models = answers.right.shape
    worth = answers.worth[:, None] * answers.right
    pairs = list(combinations(range(models - 1), 2))
    for start in range(0, len(pairs), _CHUNK_PAIRS):
        part = np.array(pairs[start : start + _CHUNK_PAIRS])
        differ = answers.named[:, part[:, 0]] != answers.named[:, part[:, 1]]
        agreed = ((~differ) * worth[:, part[:, 0]]).sum(axis=0)
        rescued = differ.T.astype(np.float64) @ worth
        share = differ.mean(axis=0)
        for row, (first, second) in enumerate(part.tolist()):
            thirds = np.arange(second + 1, models)
            spent = answers.times_ms[first] + answers.times_ms[second] + share[row] * answers.times_ms[thirds]
            yield _Family(
                "agreement",
                [tuple(answers.models[model] for model in (first, second, third)) for third in thirds],
                None,
                np.full(len(thirds), share[row]),
                (agreed[row] + rescued[row, thirds]) / images,
                answers.decode_ms + spent,
            )
