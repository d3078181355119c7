"""Routing of selectors that run at most one model for an image."""

import numpy as np

from edgewise.select.calibration import softmax
from edgewise.select.selector import Routes
from edgewise.select.trials import Trials, top_classes

_CHUNK_ROWS = 4096


def routes_of_one(trials: Trials, chosen: np.ndarray) -> Routes:
    """`Routes` of a selector that runs at most one model per image: `chosen` int [n] of `trials.models`, -1 = refuse.

    Classes are ranked by the probabilities of the answer, as whoever calls `decide` ranks them.
    """
    ran = chosen[:, None] == np.arange(len(trials.models))
    classes = min((array.shape[1] for array in trials.logits), default=0)
    top = np.full((len(trials), min(5, classes)), -1, np.int64)
    for column, logits in enumerate(trials.logits):
        rows = np.flatnonzero(ran[:, column])
        for start in range(0, len(rows), _CHUNK_ROWS):
            part = rows[start : start + _CHUNK_ROWS]
            top[part] = top_classes(softmax(logits[part]), top.shape[1])
    return Routes(ran, chosen.astype(np.int64), top, np.where(chosen < 0, 1, 2).astype(np.int64))
