"""The thresholds worth trying for one stage."""

import numpy as np

ALWAYS_ESCALATE = 2.0  # above every confidence


def threshold_grid(confidence: np.ndarray, quantiles: int) -> np.ndarray:
    """float64, rising: thresholds at so many quantiles of `confidence` float [n], and "always escalate".

    The lowest is left out, since nothing would ever be escalated. Each lies half way between two values that occur: on
    one of them, the rounding of that very image would decide.
    """
    ordered = np.sort(confidence)
    occurring = ordered[np.append(True, ordered[1:] != ordered[:-1])].astype(np.float64)
    ranks = np.ceil(np.linspace(0, len(ordered) - 1, quantiles)).astype(np.int64)
    places = np.unique(np.searchsorted(occurring, ordered[ranks].astype(np.float64)))
    places = places[places > 0]
    return np.append((occurring[places] + occurring[places - 1]) / 2, ALWAYS_ESCALATE)
