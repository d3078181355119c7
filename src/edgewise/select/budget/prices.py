"""The prices of time that a path of selectors is fitted for."""

import numpy as np

_LEAST, _MOST = 1e-4, 20.0
_PRICES = 49


def prices_for(times_ms: np.ndarray) -> np.ndarray:
    """float64 [49], rising: right answers per ms, from next to nothing to more than any model is worth.

    `times_ms`: float [m], rising. In units of one right answer per step from the cheapest to the dearest model: at
    0.0001 that step is worth taking for one more right answer in 10,000, at 20 not even the smallest step between two
    models is where the zoo spans less than a factor of twenty.
    """
    span = float(times_ms[-1] - times_ms[0])
    return np.geomspace(_LEAST, _MOST, _PRICES) / (span if span > 0 else max(float(times_ms[0]), 1e-9))
