"""How sure a fleet's figures are: 95% by how many users were drawn, and by how few real ones they are made of."""

from dataclasses import dataclass

import numpy as np

from edgewise.fleet.headlines import Headline, Unit
from edgewise.fleet.play import Rows

_RESAMPLES, _PARTS = 200, 2000
_POSSIBLE: dict[Unit, tuple[float, float]] = {
    "share": (0.0, 1.0),
    "ratio": (0.0, np.inf),
    "times": (0.0, np.inf),
    "points": (-100.0, 100.0),
}


@dataclass(frozen=True)
class Range:
    """95%."""

    low: float
    high: float


def possible(value: float, unit: Unit) -> float:
    """The value, or the nearest that there can be."""
    least, most = _POSSIBLE[unit]
    return min(most, max(least, value))


def over_users(headline: Headline, rows: Rows) -> Range:
    """By resampling users; where there are many, groups of them, whose means are what is drawn."""
    users = len(rows["cost"])
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(_RESAMPLES):
        picked = rng.integers(0, users, min(users, _PARTS))
        drawn.append(headline.of({name: values[picked] for name, values in rows.items() if name != "met"}))
    shrunk = np.sqrt(min(users, _PARTS) / users)
    low, high = np.quantile(drawn, (0.025, 0.975))
    value = headline.of(rows)
    return Range(float(value - (value - low) * shrunk), float(value + (high - value) * shrunk))


def over_real_users(value: float, left_out: list[float], unit: Unit) -> Range:
    """95% over real users, around the value; of times by their logarithms.

    Source: Tukey 1958, the jackknife, with Student's t for so few.
    """
    from scipy.stats import t

    if unit == "times":
        found = over_real_users(float(np.log(value)), np.log(left_out).tolist(), "points")
        return Range(float(np.exp(found.low)), float(np.exp(found.high)))
    count = len(left_out)
    deviations = np.array(left_out) - np.mean(left_out)
    error = float(np.sqrt((count - 1) / count * np.square(deviations).sum()))
    wide = float(t.ppf(0.975, count - 1)) * error
    return Range(possible(value - wide, unit), possible(value + wide, unit))
