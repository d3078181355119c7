"""A support vector machine, fitted by scikit-learn and evaluated by NumPy."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from edgewise.select.premodel.neighbours import squared_distances

MOST_ROWS = 3000
_CHUNK_VALUES = 130_000


@dataclass(frozen=True, eq=False)
class Svm:
    """Support vectors under a Gaussian kernel, one decision for each pair of classes.

    For more than two classes each pair votes, and of equally many votes the first class wins, as in libsvm.
    """

    codes: np.ndarray  # int64 [c]
    vectors: np.ndarray  # float64 [d, V]; a row per feature, those of a class together
    counts: np.ndarray  # int64 [c]: support vectors of each class
    weights: np.ndarray  # float64 [c - 1, V]
    intercepts: np.ndarray  # float64 [c (c - 1) / 2]
    gamma: np.ndarray  # float64 [1]

    def margins(self, scaled: np.ndarray) -> np.ndarray:
        """float64 [n, pairs], in the order 0-1, 0-2, ..., 1-2, ...: above 0 for the first of the pair."""
        margins = np.empty((len(scaled), len(self.intercepts)))
        chunk = max(1, _CHUNK_VALUES // max(1, self.vectors.shape[1]))
        for start in range(0, len(scaled), chunk):
            part = slice(start, start + chunk)
            with np.errstate(over="ignore"):
                kernel = np.exp(-self.gamma[0] * squared_distances(self.vectors, scaled[part]))
            margins[part] = self._margins(kernel)
        return margins

    def read(self, scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The scores of the codes, and the code that wins most pairs.

        Scores of two classes: the margin, above 0 for the class that it speaks for. Of more: the share of pairs won.
        """
        margins = self.margins(scaled)
        won = np.zeros((len(scaled), len(self.codes)), np.int64)
        for pair, (one, other) in enumerate(combinations(range(len(self.codes)), 2)):
            won[:, one] += margins[:, pair] > 0
            won[:, other] += margins[:, pair] <= 0
        named = self.codes[won.argmax(axis=1)]
        if len(self.codes) == 1:
            return np.ones((len(scaled), 1)), named
        if len(self.codes) == 2:
            return np.hstack([margins, -margins]), named
        return won / (len(self.codes) - 1), named

    def _margins(self, kernel: np.ndarray) -> np.ndarray:
        """[n, pairs] from the kernel values [n, V]. Sums run row by row, so that one image and a batch agree."""
        ends = np.cumsum(self.counts)
        own = [slice(end - count, end) for end, count in zip(ends, self.counts, strict=True)]
        margins = np.empty((len(kernel), len(self.intercepts)))
        for pair, (one, other) in enumerate(combinations(range(len(self.codes)), 2)):
            margins[:, pair] = (
                (kernel[:, own[one]] * self.weights[other - 1, own[one]]).sum(axis=1)
                + (kernel[:, own[other]] * self.weights[one, own[other]]).sum(axis=1)
                + self.intercepts[pair]
            )
        return margins


def fit_svm(scaled: np.ndarray, labels: np.ndarray, seed: int) -> Svm:
    """Fit on `scaled` float64 [n, d] and `labels` int64 [n].

    Reading: the paper says SVM and no more: scikit-learn's defaults stand, a Gaussian kernel with gamma "scale", C = 1.
    Differs: training takes time that grows with more than the square of the rows (here 0.1 s for 1,000 rows that
    cannot be told apart, 0.5 s for 3,000), and the decision takes every support vector. Of more than 3,000 rows as many
    are drawn by `seed`, without replacement.
    """
    from sklearn.svm import SVC

    if len(labels) > MOST_ROWS:
        drawn = np.sort(np.random.default_rng(seed).choice(len(labels), MOST_ROWS, replace=False))
        scaled, labels = scaled[drawn], labels[drawn]
    codes = np.unique(labels).astype(np.int64)
    if len(codes) == 1:  # nothing to separate, which libsvm refuses
        none = np.zeros(0)
        return Svm(codes, np.zeros((scaled.shape[1], 0)), np.zeros(1, np.int64), np.zeros((0, 0)), none, np.ones(1))
    variance = scaled.var()
    gamma: Any = 1.0 / (scaled.shape[1] * variance) if variance > 0 else 1.0  # stubs know the names alone
    fitted = SVC(kernel="rbf", C=1.0, gamma=gamma).fit(scaled, labels)
    # With two classes scikit-learn turns libsvm's signs round; turned back, any number of classes is read alike.
    sign = -1.0 if len(codes) == 2 else 1.0
    return Svm(
        codes=codes,
        vectors=np.ascontiguousarray(fitted.support_vectors_.T),
        counts=np.asarray(fitted.n_support_, np.int64),
        weights=sign * fitted.dual_coef_,
        intercepts=sign * fitted.intercept_,
        gamma=np.array([gamma], np.float64),
    )
