"""The interval of a share."""

import math

from edgewise.select.judge.fair_table import Interval

_Z = 1.959963985  # of 95%, on both sides


def wilson(hits: int, of: int) -> Interval:
    """A share and its 95% interval; honest for few inputs too, and where all or none hit (Wilson 1927)."""
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))
