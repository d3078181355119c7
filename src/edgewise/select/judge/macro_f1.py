"""The macro F1 of many ways to answer in many resamples of the images, and of coins between two of them.

An answer that is wrong is missed in its own class and false in the class that it names; the F1 of a class follows from
how many images it has, how many of them were missed, and how often it was named falsely. So a resample needs the
weights of the wrong images alone, and a coin, whose expected counts are the mixture of its two sides' counts, needs
nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from edgewise.select.judge.bootstrap import resampled_weights

_LINE_POINTS = 64  # of the mixing line, which is no polygon here


class Confusions:
    """How c ways to answer n images go wrong, class by class.

    `labels`: int [n]; `named`: c arrays int [n], -1 = refused. A class that no label has counts in nothing, as in
    `edgewise.select.criterion.score`.
    """

    def __init__(self, labels: np.ndarray, named: Sequence[np.ndarray]) -> None:
        self.images = len(labels)
        self.classes, self._place = np.unique(labels, return_inverse=True)
        self._owners = _ones(self._place, np.arange(self.images), (len(self.classes), self.images))
        self._wrong = [self._of_wrong(labels, answers) for answers in named]

    def _of_wrong(self, labels: np.ndarray, named: np.ndarray) -> Any:
        """Rows 0..C-1 hold the wrong images of each class, rows C..2C-1 those that were taken for it."""
        count = len(self.classes)
        wrong = np.flatnonzero(named != labels)
        known = wrong[np.isin(named[wrong], self.classes)]
        rows = np.append(self._place[wrong], count + np.searchsorted(self.classes, named[known]))
        return _ones(rows, np.append(wrong, known), (2 * count, self.images))

    def true(self, weights: np.ndarray) -> np.ndarray:
        """float64 [C, b]: images of each class; `weights`: float64 [n, b]."""
        return self._owners @ weights

    def wrong(self, contestant: int, weights: np.ndarray) -> np.ndarray:
        """float64 [2, C, b]: missed images of each class, and false calls of it."""
        return (self._wrong[contestant] @ weights).reshape(2, len(self.classes), -1)

    def f1(self) -> np.ndarray:
        """float64 [c]: the macro F1 of each over all images."""
        whole = np.ones((self.images, 1))
        true = self.true(whole)
        return np.array([macro_f1(true, self.wrong(one, whole))[0] for one in range(len(self._wrong))])


def _ones(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Any:
    """A sparse matrix of ones, to be multiplied from the left."""
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def macro_f1(true: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """float64 [b]: the mean F1 over the classes that occur.

    `true`: float [C, b]; `wrong`: float [2, C, b], missed and false.
    """
    missed, false = wrong
    occurs = true > 0
    called_and_true = np.where(occurs, 2 * true - missed + false, 1.0)
    return (np.where(occurs, 2 * (true - missed), 0.0) / called_and_true).sum(axis=0) / occurs.sum(axis=0)


@dataclass(frozen=True)
class Coin:
    """Tossed for each image between two points: 0 = refusing, i = the i-th single model."""

    left: int
    right: int
    score: float  # over all images, at the share that takes the wanted mean time


class Coins:
    """All coins between refusing and the single models.

    Reading: the coin to be beaten is tossed between two points, chosen for its macro F1 over all images at the row's
    mean time; its score is that of its expected counts. In a resample the same two points are mixed anew to cost what
    the row costs there. A mixture of three points might do a little better still, since F1 is no straight line.
    """

    def __init__(self, confusions: Confusions, singles: Sequence[int], times_ms: np.ndarray) -> None:
        """`singles`: the places of the models among the contestants; `times_ms`: float [1 + models], rising."""
        self.confusions = confusions
        self.singles = tuple(singles)
        self.times_ms = times_ms

    @cached_property
    def _counts(self) -> tuple[np.ndarray, np.ndarray]:
        """True [C, 1] and wrong [1 + models, 2, C, 1] of all images."""
        return self.counts(np.ones((self.confusions.images, 1)))

    def counts(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """True [C, b], and wrong [1 + models, 2, C, b] of every point; `weights`: float64 [n, b]."""
        true = self.confusions.true(weights)
        refused = np.stack([true, np.zeros_like(true)])
        return true, np.stack([refused, *(self.confusions.wrong(single, weights) for single in self.singles)])

    def best(self, mean_ms: float) -> Coin:
        """The best coin that takes `mean_ms`; beyond the dearest model, or below refusing, that end alone."""
        true, wrong = self._counts
        within = np.clip(mean_ms, self.times_ms[0], self.times_ms[-1])
        left, right = np.nonzero(np.triu(np.ones((len(self.times_ms),) * 2)))
        spans = (self.times_ms[left] <= within) & ((left == right) | (within <= self.times_ms[right]))
        best = Coin(0, 0, 0.0)
        for i, j in zip(left[spans].tolist(), right[spans].tolist(), strict=True):
            share = self.share(i, j, np.array([within]))
            found = float(macro_f1(true, (1 - share) * wrong[i] + share * wrong[j])[0])
            best = Coin(i, j, found) if found > best.score else best
        return best

    def share(self, left: int, right: int, mean_ms: np.ndarray) -> np.ndarray:
        """float64 [b]: how often the coin must fall right for it to take `mean_ms` [b]; one side alone beyond it."""
        span = self.times_ms[right] - self.times_ms[left]
        return np.clip((mean_ms - self.times_ms[left]) / span, 0, 1) if span > 0 else np.zeros(len(mean_ms))

    def line(self) -> tuple[tuple[float, float], ...]:
        """Points (mean ms, macro F1) of the best coins, rising in both."""
        between = np.geomspace(max(self.times_ms[0], 1e-3), self.times_ms[-1], _LINE_POINTS)
        points: list[tuple[float, float]] = []
        for time in np.unique(np.concatenate([self.times_ms, between[between > self.times_ms[0]]])).tolist():
            found = self.best(time).score
            if not points or found > points[-1][1]:
                points.append((time, found))
        return tuple(points)


def resampled_f1(
    confusions: Confusions, coins: Coins, tossed: Sequence[Coin], time_ms: np.ndarray, bootstrap: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The macro F1 of every contestant, and of the coin `tossed` against it, in each resample: float64 [b, c] both.

    `time_ms`: float64 [n, c]. A coin is mixed to take the contestant's mean time in that resample.
    """
    images, count = time_ms.shape
    scores, coined = np.empty((bootstrap, count)), np.empty((bootstrap, count))
    start = 0
    for drawn in resampled_weights(images, bootstrap, seed):
        rows = slice(start, start + len(drawn))
        start += len(drawn)
        mean_ms = drawn @ time_ms / images
        weights = np.ascontiguousarray(drawn.T)
        true, points = coins.counts(weights)
        for one, coin in enumerate(tossed):
            scores[rows, one] = macro_f1(true, confusions.wrong(one, weights))
            share = coins.share(coin.left, coin.right, mean_ms[:, one])
            coined[rows, one] = macro_f1(true, (1 - share) * points[coin.left] + share * points[coin.right])
    return scores, coined
