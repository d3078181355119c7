"""Probabilities that mean what they say: a numerically safe softmax, and temperature scaling."""

import numpy as np

from edgewise.errors import UsageError

_COOLEST, _HOTTEST = 0.05, 20.0
_FIT_ROWS = 10_000  # one parameter is settled long before that
_FLOOR = -1e4  # a logit of -inf would become NaN in 0 * -inf; exp(-1e4) is 0 as well


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """float32 probabilities along the last axis of `logits` [..., classes], divided by `temperature` first.

    Computed row by row in the same order whatever the number of rows, so that one image and a batch agree exactly.
    """
    scaled = np.ascontiguousarray(logits, np.float32)
    scaled = (scaled - scaled.max(axis=-1, keepdims=True)) / np.float32(temperature)
    np.exp(scaled, out=scaled)
    return scaled / scaled.sum(axis=-1, keepdims=True)


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature in [0.05, 20] that minimises the negative log-likelihood of the labels.

    `logits`: float [n, classes]; `labels`: int [n]. Of more than 10,000 rows an even selection is used.
    Raises `UsageError` when there are no rows.
    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", 4.2. The likelihood is convex in the inverse
    temperature, so Newton steps kept inside a shrinking bracket find its only minimum.
    """
    if len(labels) == 0:
        raise UsageError("A temperature needs at least one labelled answer.")
    rows = np.linspace(0, len(labels) - 1, min(len(labels), _FIT_ROWS)).astype(np.int64)
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


def _slope(logits: np.ndarray, own: np.ndarray, inverse: float) -> tuple[float, float]:
    """First and second derivative of the mean negative log-likelihood by the inverse temperature."""
    weights = np.exp(logits * np.float32(inverse))
    weights /= weights.sum(axis=1, keepdims=True)
    mean = (weights * logits).sum(axis=1, dtype=np.float64)
    square = (weights * logits * logits).sum(axis=1, dtype=np.float64)
    return float((mean - own).mean()), float((square - mean * mean).mean())
