"""Labels that selectors learn: which model is the fastest one that is right."""

import numpy as np

from edgewise.errors import UsageError


def fastest_right(right: np.ndarray) -> np.ndarray:
    """The cheapest model that is right on each input; m where none is, the fail class.

    `right`: bool [n, m], models cheapest first. Returns int64 [n] in 0..m.
    Raises `UsageError` when `right` is no table of at least one model.
    Source: Taylor et al. 2018, 1 and 3.2 ("optimal": correct in the least time).
    Reading: equally fast models are taken in the order given.
    """
    if right.ndim != 2 or right.shape[1] == 0:
        raise UsageError(f"`right` must be [inputs, models] with at least one model; its shape is {right.shape}.")
    models = right.shape[1]
    fastest = np.full(len(right), models, np.int64)
    some = np.flatnonzero(right.any(axis=1))
    fastest[some] = right[some].argmax(axis=1)
    return fastest
