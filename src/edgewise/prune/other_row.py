"""One row of weights for all classes that are not the user's: a plane through the logsumexp of their logits.

NumPy alone.
"""

from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax

_MOST_INPUTS = 2000  # the decomposition grows with the square of the lesser side
_FEWEST_INPUTS = 2
_PENALTIES = 10.0 ** np.arange(-4, 7)  # of the mean variance along the axes that vary


@dataclass(frozen=True, eq=False)
class OtherRow:
    """logsumexp of the other classes' logits, nearly: weights . x + intercept.

    `r_squared` is of inputs left out of the fit, one by one: 1 is perfect, 0 no better than a constant.
    """

    weights: np.ndarray  # float64 [d]
    intercept: float
    r_squared: float
    penalty: float


def fit_other_row(features: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> OtherRow:
    """Fitted by ridge least squares to `features` float [n, d] of the stream.

    `weights` float [others, d] and `bias` float [others] are the other classes' rows. The row is drawn to the plane
    that touches the logsumexp on average, not to 0: the mean of the rows, weighted by how likely the inputs make each
    class. It starts out nearly right that way, even from fewer inputs than features (as 500 of 2048 are).
    The penalty is that of eleven which misses least when each input is left out, in closed form (Allen 1974, "PRESS").
    Of more than 2,000 inputs an even selection is used.
    Raises `UsageError` for fewer than two inputs, another width, features that are not finite, or all alike.
    """
    if features.ndim != 2 or features.shape[1] != weights.shape[1]:
        raise UsageError(f"Features are {features.shape}; expected [inputs, {weights.shape[1]}].")
    if len(features) < _FEWEST_INPUTS:
        raise UsageError(f"The last row is fitted to {len(features)} inputs; at least {_FEWEST_INPUTS} are needed.")
    rows = np.linspace(0, len(features) - 1, min(len(features), _MOST_INPUTS)).astype(np.int64)
    points = np.asarray(features[rows], np.float64)
    if not np.isfinite(points).all():
        raise UsageError("Features are not finite.", "Leave out the images that they are of.")
    logits = points @ weights.T + bias
    target = np.logaddexp.reduce(logits, axis=1)
    spread = float(((target - target.mean()) ** 2).sum())
    centre = points.mean(axis=0)
    if spread <= 0 or not (points != centre).any():
        raise UsageError(f"All {len(points)} inputs have the same features, so nothing can be fitted to them.")
    touching = softmax(logits).mean(axis=0, dtype=np.float64) @ weights
    left = target - points @ touching
    slopes, penalty, missed = _ridge(points - centre, left - left.mean())
    found = touching + slopes
    return OtherRow(found, float(target.mean() - centre @ found), 1 - missed / spread, penalty)


def _ridge(points: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Slopes [d], the penalty, and the sum of squares missed by inputs left out; both arguments are centred."""
    left, singular, right = np.linalg.svd(points, full_matrices=False)
    squares = singular**2
    pull = left.T @ target
    best: tuple[np.ndarray, float, float] | None = None
    for penalty in _PENALTIES * squares.mean():
        shrunk = squares / (squares + penalty)
        leverage = left**2 @ shrunk + 1 / len(points)
        missed = float((((target - left @ (shrunk * pull)) / np.maximum(1 - leverage, 1e-9)) ** 2).sum())
        if best is None or missed < best[2]:
            best = (right.T @ (singular / (squares + penalty) * pull), float(penalty), missed)
    assert best is not None
    return best
