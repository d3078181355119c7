"""Which features say the same as others: the paper's first step from 29 candidates to 17."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError

THRESHOLD = 0.75
_DECIMALS = 9  # what differs less is rounding, and must not decide which feature goes


@dataclass(frozen=True)
class Dropped:
    """A feature that was left out, and because of which."""

    name: str
    because: str  # the feature that says the same; empty = it never varies
    r: float  # their correlation; 0 for a feature that never varies


@dataclass(frozen=True, eq=False)
class CorrelationFilter:
    """What was kept, what was dropped and why, and the matrix behind it."""

    names: tuple[str, ...]  # d
    matrix: np.ndarray  # float64 [d, d]: Pearson's r; 0 beside a feature that never varies
    threshold: float
    kept: tuple[str, ...]  # in the order of `names`
    dropped: tuple[Dropped, ...]  # in the order in which they went


def correlations(features: np.ndarray) -> np.ndarray:
    """Pearson's r of every pair of columns, float64 [d, d]; 0 where a column never varies, 1 on the diagonal.

    `features`: float [n, d], finite.
    """
    varies = np.ptp(features, axis=0) > 0
    # Large values lose no digits to squares when the columns are brought to [0, 1] first; r does not change.
    span = np.where(varies, np.ptp(features, axis=0), 1.0)
    centred = (features - features.min(axis=0)) / span
    centred = np.where(varies, centred - centred.mean(axis=0), 0.0)
    norms = np.where(varies, np.sqrt((centred * centred).sum(axis=0)), 1.0)
    matrix = np.clip((centred.T @ centred) / np.outer(norms, norms), -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix.round(_DECIMALS)


def drop_correlated(features: np.ndarray, names: Sequence[str], threshold: float = THRESHOLD) -> CorrelationFilter:
    """Drop one feature of every pair whose |r| is above the threshold, until there is no such pair.

    `features`: float [n, d], finite; `names`: d. Raises `UsageError` without rows or features, for values that are not
    finite, and for a threshold outside 0..1.
    Source: Taylor et al. 2018, 3.3 (|r| > 0.75 leaves 17 of 29).
    Reading: the paper does not say which one of a pair goes. Here features that never vary go first; then the strongest
    pair is taken, and of the two the one goes that follows all features still in more closely (by mean |r|). Of equals
    the later named goes, and the pair that is named first is taken, so the same rows always give the same features.
    """
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or 0 in features.shape or features.shape[1] != len(names):
        raise UsageError(f"{len(names)} features are named; their table has the shape {features.shape}.")
    if not np.isfinite(features).all():
        raise UsageError("A feature is NaN or infinite.", "Features of a decoded image never are: check the input.")
    if not 0 <= threshold <= 1:
        raise UsageError(f"The threshold is {threshold}; |r| lies between 0 and 1.", "The paper uses 0.75.")
    matrix = correlations(features)
    constant = np.flatnonzero(np.ptp(features, axis=0) == 0).tolist()
    dropped = [Dropped(names[i], "", 0.0) for i in constant]
    inside = [i for i in range(len(names)) if i not in constant]
    while pair := _strongest(matrix, inside, threshold):
        stays, goes = _which(matrix, inside, *pair)
        dropped.append(Dropped(names[goes], names[stays], float(matrix[stays, goes])))
        inside.remove(goes)
    return CorrelationFilter(tuple(names), matrix, threshold, tuple(names[i] for i in inside), tuple(dropped))


def _strongest(matrix: np.ndarray, inside: list[int], threshold: float) -> tuple[int, int] | None:
    """The pair of features with the largest |r| above the threshold, the first of equals."""
    if len(inside) < 2:
        return None
    sizes = np.triu(np.abs(matrix[np.ix_(inside, inside)]), 1)
    first, second = divmod(int(sizes.argmax()), len(inside))
    return (inside[first], inside[second]) if sizes[first, second] > threshold else None


def _which(matrix: np.ndarray, inside: list[int], first: int, second: int) -> tuple[int, int]:
    """(the one that stays, the one that goes)."""
    of_first, of_second = (round(float(np.abs(matrix[i, inside]).mean()), _DECIMALS) for i in (first, second))
    return (second, first) if of_first > of_second else (first, second)
