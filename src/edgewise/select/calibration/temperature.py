"""Temperature scaling: one number a model, so that its probabilities mean what they say."""

import numpy as np

from edgewise.errors import UsageError

_COOLEST, _HOTTEST = 0.05, 20.0
_FIT_ROWS = 10_000  # one parameter is settled long before that
_FIT_VALUES = 5_000_000
_FLOOR = -1e4  # a logit of -inf would become NaN in 0 * -inf; exp(-1e4) is 0 as well


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature in [0.05, 20] that minimises the negative log-likelihood of the labels.

    `logits`: float [n, classes]; `labels`: int [n]. Of more than 10,000 rows (5,000 where there are 1,000 classes) an
    even selection is used.
    Raises `UsageError` when there are no rows.
    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", 4.2. The likelihood is convex in the inverse
    temperature, so Newton steps kept inside a shrinking bracket find its only minimum.
    """
    if len(labels) == 0:
        raise UsageError("A temperature needs at least one labelled answer.")
    rows = even_rows(len(labels), logits.shape[1], min(_FIT_VALUES, _FIT_ROWS * logits.shape[1]))
    chosen = np.asarray(logits[rows], np.float32)
    chosen = np.maximum(chosen - chosen.max(axis=1, keepdims=True), np.float32(_FLOOR))
    own = chosen[np.arange(len(rows)), labels[rows]]
    low, high, inverse = 1 / _HOTTEST, 1 / _COOLEST, 1.0
    for _ in range(100):
        slope, curvature = _slope(chosen, own, inverse)
        if slope > 0:
            high = inverse
        else:
            low = inverse
        step = inverse - slope / curvature if curvature > 0 else np.inf
        following = step if low < step < high else (low + high) / 2
        if abs(following - inverse) < 1e-6 * inverse:
            break
        inverse = following
    return float(1 / inverse)


def even_rows(images: int, classes: int, values: int) -> np.ndarray:
    """int64: all rows, or as many, evenly spread, as have so many values; 1,000 where there are more."""
    return np.linspace(0, images - 1, min(images, max(1000, values // classes))).astype(np.int64)


def _slope(logits: np.ndarray, own: np.ndarray, inverse: float) -> tuple[float, float]:
    """First and second derivative of the mean negative log-likelihood by the inverse temperature."""
    weights = np.exp(logits * np.float32(inverse))
    weights /= weights.sum(axis=1, keepdims=True)
    mean = (weights * logits).sum(axis=1, dtype=np.float64)
    square = (weights * logits * logits).sum(axis=1, dtype=np.float64)
    return float((mean - own).mean()), float((square - mean * mean).mean())
