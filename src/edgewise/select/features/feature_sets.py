"""How well the premodel's chain does on sets of features, many sets at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.premodel.knn_chain import first_yes
from edgewise.select.premodel.min_max import MinMax

_CHUNK_VALUES = 65_000  # distances of one set held at once: they stay in the cache


@dataclass(frozen=True, eq=False)
class Question:
    """What the chain is asked on n rows: which model is the optimal one, and in which fold a row is held out."""

    features: np.ndarray  # float64 [n, d]
    labels: np.ndarray  # int64 [n] in 0..levels; `levels` = all models fail
    levels: int
    fold: np.ndarray  # int64 [n]
    n_neighbors: int = 5

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or not len(self.features) == len(self.labels) == len(self.fold):
            raise UsageError(
                f"Features {list(self.features.shape)} do not fit {len(self.labels)} labels and {len(self.fold)} folds."
            )
        if self.n_neighbors < 1:
            raise UsageError(f"n_neighbors is {self.n_neighbors}; at least one must vote.", "The paper uses 5.")

    def take(self, columns: Sequence[int]) -> "Question":
        """The same question with some of the features."""
        return replace(self, features=self.features[:, list(columns)])


def chain_right(question: Question, sets: Sequence[Sequence[int]]) -> np.ndarray:
    """bool [sets, n]: does a chain of KNN levels that sees these columns alone name each row's label?

    Each row is judged by a chain that is fitted on all other folds. The same as a `KnnChain` for each set and fold, in
    a fraction of the time: a feature's scaled squared differences are computed once for all sets, and added up in the
    order of the set's columns. A chain without features is right where it names the first label that more than half of
    the first K rows have, so an empty set is allowed and tells little.
    """
    right = np.empty((len(sets), len(question.labels)), bool)
    for held_out in np.unique(question.fold):
        test = np.flatnonzero(question.fold == held_out)
        train = question.fold != held_out
        scaling = MinMax.fit(question.features[train])
        points = np.ascontiguousarray(scaling.apply(question.features[train]).T)
        queries = scaling.apply(question.features[test])
        chunk = max(1, _CHUNK_VALUES // points.shape[1])
        squares = np.empty((len(points), chunk, points.shape[1]))
        totals = np.zeros((len(points) + 1, chunk, points.shape[1]))
        for start in range(0, len(test), chunk):
            rows = test[start : start + chunk]
            part = squares[:, : len(rows)]
            np.subtract(points[:, None], queries[start : start + chunk].T[:, :, None], out=part)
            np.square(part, out=part)
            for i, distances in enumerate(_distances(part, sets, totals[:, : len(rows)])):
                right[i, rows] = _named(distances, question, train) == question.labels[rows]
    return right


def _distances(squares: np.ndarray, sets: Sequence[Sequence[int]], totals: np.ndarray) -> Iterator[np.ndarray]:
    """The squared distances [q, N] by each set, from `squares` [d, q, N]; in `totals` [d + 1, q, N], whose first is 0.

    A set that begins as the one before it goes on from there: sets that each lack one feature take half the additions.
    """
    summed: list[int] = []
    for columns in sets:
        same = 0
        while same < min(len(summed), len(columns)) and summed[same] == columns[same]:
            same += 1
        for place in range(same, len(columns)):
            np.add(totals[place], squares[columns[place]], out=totals[place + 1])
        summed = list(columns)
        yield totals[len(columns)]


def _named(distances: np.ndarray, question: Question, train: np.ndarray) -> np.ndarray:
    """int64 [q]: the level that the chain names from distances [q, N]."""
    voters = min(question.n_neighbors, distances.shape[1])
    labels = question.labels[train][_nearest(distances, voters)]
    return first_yes(2 * (labels[:, :, None] == np.arange(question.levels)).sum(axis=1) > voters)


def _nearest(distances: np.ndarray, k: int) -> np.ndarray:
    """int64 [q, k]: what `nearest_rows` gives for finite distances, faster where few neighbours vote."""
    rows = np.arange(len(distances))
    nearest = np.empty((len(distances), k), np.int64)
    values = np.empty((len(distances), k))
    for place in range(k):
        nearest[:, place] = distances.argmin(axis=1)  # the first of equals, as everywhere
        values[:, place] = distances[rows, nearest[:, place]]
        distances[rows, nearest[:, place]] = np.inf
    distances[rows[:, None], nearest] = values
    return nearest
