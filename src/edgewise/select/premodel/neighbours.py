"""The nearest training points of a query by brute force, exact to the last bit and fast enough for one image.

The plain reference sums squared differences in feature order; so does this, in float64, and therefore the two agree on
every tie. Nothing is approximated: a bound from block minima only narrows where to look.
"""

import numpy as np

_CHUNK_VALUES = 130_000  # distances held at once: 1 MB stays in the cache, which halves the time
_BLOCKS = 256


def squared_distances(points: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances, float64 [q, N], each summed in feature order.

    `points`: float64 [d, N], a row per feature so that one feature of all points is contiguous; `queries`: [q, d].
    """
    total = np.zeros((len(queries), points.shape[1]))
    difference = np.empty_like(total)
    # A query far outside the training range may overflow to infinity: then all points are equally far, and tie.
    with np.errstate(over="ignore"):
        for feature, values in enumerate(points):
            np.subtract(values, queries[:, feature, None], out=difference)
            np.multiply(difference, difference, out=difference)
            np.add(total, difference, out=total)
    return total


def nearest_rows(points: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """int64 [q, k]: the k nearest points of each query, nearest first; equal distances in the order of the points.

    `points`: float64 [d, N], finite; `queries`: float64 [q, d], no NaN; 1 <= k <= N. Memory is bounded: queries are
    taken in chunks.
    """
    assert 1 <= k <= points.shape[1], (k, points.shape)
    nearest = np.empty((len(queries), k), np.int64)
    chunk = max(1, _CHUNK_VALUES // points.shape[1])
    for start in range(0, len(queries), chunk):
        part = slice(start, start + chunk)
        nearest[part] = _smallest(squared_distances(points, queries[part]), k)
    return nearest


def _smallest(distances: np.ndarray, k: int) -> np.ndarray:
    """Columns of the k smallest values of each row, in order of value, then of column."""
    rows, columns = np.nonzero(distances <= _bound(distances, k))
    order = np.lexsort((columns, distances[rows, columns], rows))
    starts = np.searchsorted(rows, np.arange(len(distances)))
    return columns[order[starts[:, None] + np.arange(k)]]


def _bound(distances: np.ndarray, k: int) -> np.ndarray:
    """[q, 1]: a value that at least k distances of the row do not exceed, and few more.

    The k-th smallest of the block minima is one: k different blocks hold a point that near. A partition of all
    distances would give the tightest bound, and takes longer than computing them.
    """
    count = distances.shape[1]
    if count < 4 * _BLOCKS or k > _BLOCKS:
        return np.partition(distances, k - 1, axis=1)[:, k - 1 : k]
    minima = np.minimum.reduceat(distances, np.arange(0, count, count // _BLOCKS), axis=1)
    return np.partition(minima, k - 1, axis=1)[:, k - 1 : k]
