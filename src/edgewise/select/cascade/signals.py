"""How sure an answer is of itself: three signals of its probabilities, each in 0..1, 1 = certain."""

from typing import Literal, get_args

import numpy as np

from edgewise.errors import UsageError

Signal = Literal["max-prob", "margin", "entropy"]
SIGNALS: tuple[Signal, ...] = get_args(Signal)


def signal_of(probabilities: np.ndarray, signal: Signal) -> np.ndarray:
    """float32 [n] or []: how sure the answers float32 [n, classes] or [classes] are.

    Computed row by row in the same order whatever the number of rows, so that one image and a batch agree exactly.
    Raises `UsageError` for an unknown signal.
    """
    if signal == "max-prob":
        return max_probability(probabilities)
    if signal == "margin":
        return margin(probabilities)
    if signal == "entropy":
        return certainty(probabilities)
    raise UsageError(f"The signal is {signal!r}; it must be one of {', '.join(SIGNALS)}.")


def max_probability(probabilities: np.ndarray) -> np.ndarray:
    """The highest probability."""
    return np.minimum(probabilities.max(axis=-1), np.float32(1))


def margin(probabilities: np.ndarray) -> np.ndarray:
    """The highest probability less the second; of a single class, the probability itself."""
    if probabilities.shape[-1] == 1:
        return max_probability(probabilities)
    if probabilities.ndim == 1:  # of one row, a partition is the quickest; of many, the slowest by far
        second, first = np.partition(probabilities, -2)[-2:]
        return np.minimum(first - second, np.float32(1))
    rest = probabilities.copy()
    every, best = np.arange(len(rest)), rest.argmax(axis=1)
    highest = rest[every, best]
    rest[every, best] = -1
    return np.minimum(highest - rest.max(axis=1), np.float32(1))


def certainty(probabilities: np.ndarray) -> np.ndarray:
    """1 less the entropy, in units of the highest that so many classes can have; of a single class, 1."""
    classes = probabilities.shape[-1]
    if classes == 1:
        return np.ones(probabilities.shape[:-1], np.float32)
    logarithms = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    entropy = -(probabilities * logarithms).sum(axis=-1)
    return np.clip(1 - entropy / np.float32(np.log(classes)), 0, 1).astype(np.float32)
