"""The classes of one user: indices among those of a generic model."""

from collections.abc import Sequence

import numpy as np

from edgewise.errors import UsageError

_FEWEST = 2


def check_classes(classes: Sequence[int] | np.ndarray, known: int | None = None) -> np.ndarray:
    """int64 [K]: the user's classes, in the order given, when they can be a user's of a model of `known` classes.

    Raises `UsageError` for fewer than two, one that is named twice, is no index, or is none of the model's.
    """
    found = np.asarray(classes)
    if found.ndim != 1 or (len(found) and found.dtype.kind not in "iu"):
        raise UsageError(f"The user's classes are {classes!r}; they must be a list of class indices.")
    if len(found) < _FEWEST:
        raise UsageError(
            f"The user has {len(found)} {'class' if len(found) == 1 else 'classes'}; at least {_FEWEST} are needed.",
            "Between fewer there is nothing to tell apart; name more classes.",
        )
    values, counts = np.unique(found, return_counts=True)
    if counts.max() > 1:
        raise UsageError(f"Class {values[counts.argmax()]} is named {counts.max()} times.", "Name each class once.")
    beyond = found[(found < 0) | (found >= (np.inf if known is None else known))]
    if len(beyond):
        allowed = "0 or more" if known is None else f"0 to {known - 1}"
        raise UsageError(f"Class {beyond[0]} is none of the model's; indices are {allowed}.")
    return found.astype(np.int64)


def other_classes(classes: np.ndarray, known: int) -> np.ndarray:
    """int64 [known - K], rising: all classes of the model that are not the user's.

    Raises `UsageError` where the user has them all.
    """
    rest = np.setdiff1d(np.arange(known), classes)
    if len(rest) == 0:
        raise UsageError(f"The user has all {known} classes of the model, so there is no other one to tell them from.")
    return rest
