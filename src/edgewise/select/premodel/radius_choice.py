"""Which radius the known images should be asked within: chosen on the training rows alone."""

from collections.abc import Iterator

import numpy as np

from edgewise.select.premodel.knn_chain import first_yes
from edgewise.select.premodel.neighbours import squared_distances

_JUDGED_ROWS = 1000
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_CHUNK_VALUES = 1_000_000


def choose_radius(points: np.ndarray, yes: np.ndarray, n_neighbors: int, seed: int) -> float:
    """The radius whose vote is most often right on training rows that do not vote on themselves.

    `points`: float64 [d, N], scaled; `yes`: bool [N, levels]. A choice is right where its level's column says yes, and
    where the fail class is chosen and none does.
    Reading: [T] 7.5 names no radius. Five are tried: the quantiles 10, 25, 50, 75 and 90% of the distance from a row
    to its K-th nearest other row, so that a radius asks about as many points as K does. Of equally good ones the
    smallest is taken. All rows vote; up to 1,000, drawn by `seed`, are judged.
    """
    count = points.shape[1]
    judged = np.random.default_rng(seed).permutation(count)[:_JUDGED_ROWS]
    if count == 1:
        return 0.0
    kth = min(n_neighbors, count - 1)  # position 0 is the row itself
    distances = np.concatenate([np.partition(part, kth, axis=1)[:, kth] for _, part in _distances(points, judged)])
    radii = np.unique(np.quantile(np.sqrt(distances), _QUANTILES))
    right = np.zeros(len(radii), np.int64)
    counted = np.column_stack([yes, np.ones(count, bool)]).astype(np.float64)
    truth = np.column_stack([yes, ~yes.any(axis=1)])
    for rows, part in _distances(points, judged):
        for index, radius in enumerate(radii):
            votes = (part <= radius**2).astype(np.float64) @ counted - counted[rows]
            level = first_yes(2 * votes[:, :-1] > votes[:, -1:])
            right[index] += truth[rows, level].sum()
    return float(radii[right.argmax()])


def _distances(points: np.ndarray, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Some of the rows, and their squared distances to all points, chunk by chunk."""
    chunk = max(1, _CHUNK_VALUES // points.shape[1])
    for start in range(0, len(rows), chunk):
        part = rows[start : start + chunk]
        yield part, squared_distances(points, points[:, part].T)
