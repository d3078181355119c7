"""How figures are spread over the users of a fleet."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from edgewise.fleet.headlines import Rival
from edgewise.fleet.play import NEVER, Rows
from edgewise.fleet.ways import Knows

_QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_BINS = 40


@dataclass(frozen=True)
class Spread:
    """How one figure is spread over users."""

    name: str
    words: str
    unit: str
    users: int  # who have such a figure
    of: int
    quantiles: dict[str, float]
    edges: tuple[float, ...]  # of the histogram
    counts: tuple[int, ...]


def spreads_of(rows: Rows, rivals: dict[Knows, Rival]) -> tuple[Spread, ...]:
    """What is drawn of a fleet."""
    told = rivals["classes"].place
    over = 100 * (rows["right"][:, 0] - rows["right"][:, told])
    spread = partial(_spread, of=len(rows["cost"]))
    return (
        spread(
            "times_as_fast", "times as fast as the generic network, all counted in", "times", 1 / rows["cost"][:, 0]
        ),
        spread("right", "answered right", "share", rows["right"][:, 0]),
        spread("points", f"more often right than {rivals['classes'].way.name}", "points", over),
        spread("paid", "spent on making networks, of the generic network's whole work", "ratio", rows["paid"]),
        spread("first_served", "inputs until the first network serves", "inputs", _those(rows["first_served"])),
        spread("broke_even", "inputs until it is paid for", "inputs", _those(rows["broke_even"])),
    )


def _those(inputs: np.ndarray) -> np.ndarray:
    return inputs[inputs != NEVER]


def _spread(name: str, words: str, unit: str, values: np.ndarray, of: int) -> Spread:
    if not len(values):
        return Spread(name, words, unit, 0, of, {}, (), ())
    found = np.quantile(values, _QUANTILES)
    low, high = np.quantile(values, (0.005, 0.995))
    counts, edges = np.histogram(np.clip(values, low, high), _BINS)
    return Spread(
        name,
        words,
        unit,
        len(values),
        of,
        {f"{share:g}": float(value) for share, value in zip(_QUANTILES, found, strict=True)},
        tuple(edges.tolist()),
        tuple(counts.tolist()),
    )
