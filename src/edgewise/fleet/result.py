"""What a fleet shows: its figures with their two errors, how users are spread, and each way to serve all of them."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from edgewise.fleet.headlines import Headline, Rival, Unit, best_fixed, headlines
from edgewise.fleet.play import NEVER, Rows
from edgewise.fleet.pruning_law import QUANTITIES, PruningLaw, Quantity
from edgewise.fleet.simulate import Fleet
from edgewise.fleet.ways import Knows, Way, ways_of

_RESAMPLES, _PARTS = 200, 2000
_QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_BINS = 40
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


@dataclass(frozen=True)
class Figure:
    """A headline. Errors are of two kinds: how many users were drawn, and how few real ones they are made of."""

    name: str
    words: str
    unit: Unit
    value: float
    over_users: Range
    over_real_users: Range | None  # None where none could be left out
    left_out: dict[str, float]  # by real user: the figure without that one

    @property
    def without_one(self) -> Range | None:
        """The least and the most that it becomes, whichever real user is left out."""
        return Range(min(self.left_out.values()), max(self.left_out.values())) if self.left_out else None


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


@dataclass(frozen=True)
class WayResult:
    """One way to serve everybody; means over users."""

    way: Way
    times_as_fast: float
    right: float
    worst_tenth_right: float  # a tenth of the users have less


@dataclass(frozen=True)
class LawError:
    """How far the law of pruning is off for a real user who is left out."""

    quantity: Quantity
    shape: str
    mean: float  # points of accuracy, or a share of the true value
    worst: float


@dataclass(frozen=True)
class Shared:
    """What popularity does to networks."""

    different: int  # sets of classes among all users
    alone: float  # share of users whose set nobody else has
    classes_for_half: int  # the most popular classes that make up half of all that users meet


@dataclass(frozen=True)
class FleetResult:
    """All of it."""

    users: int
    real_users: int
    left_out_users: int
    figures: tuple[Figure, ...]
    spreads: tuple[Spread, ...]
    ways: tuple[WayResult, ...]
    rivals: dict[Knows, Rival]
    law: tuple[LawError, ...]
    shared: Shared
    alarms: float  # a user, means
    false_alarms: float
    made: float
    turned_down: float

    def figure(self, name: str) -> Figure:
        return next(one for one in self.figures if one.name == name)


def result_of(fleet: Fleet) -> FleetResult:
    """Summarise a fleet."""
    rows, ways = fleet.rows, ways_of(fleet.calibration)
    rivals: dict[Knows, Rival] = {"nothing": best_fixed(rows, ways, "nothing")}
    rivals["classes"] = best_fixed(rows, ways, "classes")
    law = PruningLaw(fleet.calibration.made)
    return FleetResult(
        users=len(rows["cost"]),
        real_users=len(fleet.calibration.users),
        left_out_users=min((len(one["cost"]) for one in fleet.left_out.values()), default=0),
        figures=tuple(_figure(one, fleet) for one in headlines(rivals)),
        spreads=_spreads(rows, rivals),
        ways=tuple(_way(place, way, rows) for place, way in enumerate(ways)),
        rivals=rivals,
        law=tuple(_law_error(law, name) for name in QUANTITIES),
        shared=_shared(rows),
        alarms=float(rows["alarms"].mean()),
        false_alarms=float(rows["false_alarms"].mean()),
        made=float(rows["made"].mean()),
        turned_down=float(rows["turned_down"].mean()),
    )


def _figure(headline: Headline, fleet: Fleet) -> Figure:
    value = headline.of(fleet.rows)
    over = _over_users(headline, fleet.rows)
    if not fleet.left_out:
        return Figure(headline.name, headline.words, headline.unit, value, over, None, {})
    users = len(next(iter(fleet.left_out.values()))["cost"])
    of_same_users = headline.of(_first(fleet.rows, users))
    least, most = _POSSIBLE[headline.unit]
    left_out = {
        user: min(most, max(least, value + headline.of(rows) - of_same_users)) for user, rows in fleet.left_out.items()
    }
    of_real = _jackknife(value, list(left_out.values()), headline.unit)
    return Figure(headline.name, headline.words, headline.unit, value, over, of_real, left_out)


def _first(rows: Rows, users: int) -> Rows:
    return {name: values if name == "met" else values[:users] for name, values in rows.items()}


def _over_users(headline: Headline, rows: Rows) -> Range:
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


def _jackknife(value: float, left_out: list[float], unit: Unit) -> Range:
    """95% over real users, around the value; of times by their logarithms.

    Source: Tukey 1958, the jackknife, with Student's t for so few.
    """
    from scipy.stats import t

    if unit == "times":
        found = _jackknife(float(np.log(value)), np.log(left_out).tolist(), "points")
        return Range(float(np.exp(found.low)), float(np.exp(found.high)))
    count = len(left_out)
    deviations = np.array(left_out) - np.mean(left_out)
    error = float(np.sqrt((count - 1) / count * np.square(deviations).sum()))
    wide = float(t.ppf(0.975, count - 1)) * error
    least, most = _POSSIBLE[unit]
    return Range(max(least, value - wide), min(most, value + wide))


def _spreads(rows: Rows, rivals: dict[Knows, Rival]) -> tuple[Spread, ...]:
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


def _way(place: int, way: Way, rows: Rows) -> WayResult:
    right = rows["right"][:, place]
    fast = 1 / float(np.mean(rows["cost"][:, place], dtype=np.float64))
    return WayResult(way, fast, float(right.mean(dtype=np.float64)), float(np.quantile(right, 0.1)))


def _law_error(law: PruningLaw, name: Quantity) -> LawError:
    errors = law.errors(name)
    return LawError(name, law.fitted[name].shape, float(np.mean(errors)), max(errors))


def _shared(rows: Rows) -> Shared:
    _, counts = np.unique(rows["group"], return_counts=True)
    met = np.sort(rows["met"])[::-1].cumsum()
    half = int(np.searchsorted(met, met[-1] / 2)) + 1
    return Shared(len(counts), float((counts == 1).sum() / len(rows["group"])), half)
