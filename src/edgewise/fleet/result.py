"""What a fleet shows: its figures with their two errors, how users are spread, and each way to serve all of them."""

from dataclasses import dataclass

import numpy as np

from edgewise.fleet.headlines import Headline, Rival, Unit, best_fixed, headlines
from edgewise.fleet.play import Rows
from edgewise.fleet.pruning_law import QUANTITIES, PruningLaw, Quantity
from edgewise.fleet.simulate import Fleet
from edgewise.fleet.spread import Spread, spreads_of
from edgewise.fleet.uncertainty import Range, over_real_users, over_users, possible
from edgewise.fleet.ways import Knows, Way, ways_of


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
        spreads=spreads_of(rows, rivals),
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
    over = over_users(headline, fleet.rows)
    if not fleet.left_out:
        return Figure(headline.name, headline.words, headline.unit, value, over, None, {})
    users = len(next(iter(fleet.left_out.values()))["cost"])
    of_same_users = headline.of(_first(fleet.rows, users))
    left_out = {
        user: possible(value + headline.of(rows) - of_same_users, headline.unit)
        for user, rows in fleet.left_out.items()
    }
    of_real = over_real_users(value, list(left_out.values()), headline.unit)
    return Figure(headline.name, headline.words, headline.unit, value, over, of_real, left_out)


def _first(rows: Rows, users: int) -> Rows:
    return {name: values if name == "met" else values[:users] for name, values in rows.items()}


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
