"""From logits to probabilities, safely."""

import numpy as np


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """float32 probabilities along the last axis of `logits` [..., classes], divided by `temperature` first.

    Computed row by row in the same order whatever the number of rows, so that one image and a batch agree exactly.
    """
    scaled = np.ascontiguousarray(logits, np.float32)
    scaled = (scaled - scaled.max(axis=-1, keepdims=True)) / np.float32(temperature)
    np.exp(scaled, out=scaled)
    return scaled / scaled.sum(axis=-1, keepdims=True)
