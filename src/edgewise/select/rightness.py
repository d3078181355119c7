"""Is the label among the k best classes? Answered by counting, without sorting the classes."""

import numpy as np


def right_in_top(scores: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """bool [n]: fewer than k classes rank above the label.

    `scores`: float [n, classes], finite; `labels`: int [n], class indices. Equal scores rank in class order, as in
    `edgewise.select.trials.top_classes`, so both always agree; this one is linear in the number of classes.
    """
    if k == 1:
        return scores.argmax(axis=1) == labels
    scores = np.asarray(scores, np.float32)
    own = np.take_along_axis(scores, labels[:, None], axis=1)
    before = np.arange(scores.shape[1]) < labels[:, None]
    ahead = (scores > own) | ((scores == own) & before)
    return np.count_nonzero(ahead, axis=1) < k
