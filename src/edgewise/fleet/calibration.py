"""What real users and real code were measured to do, which drawn users are made of.

The package ships one calibration (`read_calibration()`), which benchmarks/fleet_calibration.py makes of the committed
results of the benchmarks; a file of one's own can be given in its place.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from edgewise.errors import UsageError
from edgewise.restore import restore
from edgewise.store import read_json, write_json

SHIPPED = Path(__file__).parent / "calibration.json"
_KIND, _SCHEMA = "fleet calibration", 1
_AGAIN = "benchmarks/fleet_calibration.py makes the one that is shipped."
_FEWEST_USERS = 2


@dataclass(frozen=True)
class Right:
    """What one network answers right of one user's held-out images, 0..1."""

    all: float  # of the user's own classes, among all that it knows
    told: float  # the same under the user's prior, as the device answers once it knows the classes
    foreign: float  # of other classes, among all
    foreign_told: float  # the same under the prior, which is wrong then


@dataclass(frozen=True)
class Learned:
    """The real observer on one drawn user's stream."""

    classes: int
    inputs: int | None  # until the classes were settled; None: not within the inputs that it was given
    missed: float  # share of inputs whose class was not found
    beyond: int  # classes found that never came
    among_found: float  # share that the generic network answers right among the found classes, as a user's network does
    right: tuple[Right, ...]  # by network, in the order of `Calibration.networks`; none where nothing was settled


@dataclass(frozen=True)
class Again:
    """After an alarm: the real observer, and the real test of whether an earlier network fits."""

    classes: int
    changed: float  # share of inputs whose class was replaced; 0: a false alarm
    back: int | None  # inputs until the earlier network serves again
    settled: int | None  # inputs until new classes were settled


@dataclass(frozen=True)
class Noticed:
    """The real change detector on one drawn user: inputs until it noticed that a class was replaced."""

    classes: int
    changed: float  # share of inputs whose class was replaced
    early: bool  # it had a false alarm before that
    after: int | None  # None: not within 5,000 inputs


@dataclass(frozen=True)
class Unchanged:
    """The real change detector on 20,000 inputs of a user who did not change."""

    classes: int
    at: int | None  # the input of a false alarm


@dataclass(frozen=True)
class Verdict:
    """The real guard on drawn inputs of one network."""

    inputs: int
    passes: bool


@dataclass(frozen=True)
class Guarded:
    """The guard's verdicts at one greatest drop and one number of attempts before: each asks for a milder network."""

    max_drop_points: float
    attempts: int
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class MadeNetwork:
    """A network that was made for one real user, beside the generic one among the same classes."""

    network: str  # how it was made
    user: str
    classes: int
    base: str  # the network that it was cut from, at its size: most are one of `Calibration.networks`
    macs: int
    drop: float  # of accuracy, 0..1, on images that nothing else saw
    times_as_fast: float
    making_inputs: float  # what making it took, in inferences of the generic network
    expected_points: float  # the drop that the guard expected, without labels
    agreement: float  # share of the guard's inputs answered alike
    let_in: float  # share of foreign images that it takes for the user's own
    guarded: tuple[Guarded, ...]


@dataclass(frozen=True)
class StaticNetwork:
    """A network that could serve everybody as it is."""

    name: str
    kind: str
    size_px: int
    precision: str
    times_as_fast: tuple[float, ...]  # as the generic one, by real user


@dataclass(frozen=True)
class Source:
    """Where rows come from."""

    rows: str
    file: str  # in the repository


@dataclass(frozen=True)
class Calibration:
    """All of it. The first of `networks` is the generic one."""

    about: str
    notice: str
    cpu: str  # of the machine that measured times
    generic_ms: float  # there, the median over real users
    known: int  # classes of the generic network
    audit_share: float  # of inputs that a user network answers
    own_rejection: float  # share of the user's own inputs that it turns away
    sources: tuple[Source, ...]
    networks: tuple[StaticNetwork, ...]
    made: tuple[MadeNetwork, ...]
    learned: tuple[Learned, ...]
    again: tuple[Again, ...]
    noticed: tuple[Noticed, ...]
    noticed_at_once: tuple[Noticed, ...]  # where the class was another from the detector's first input on
    unchanged: tuple[Unchanged, ...]

    def __post_init__(self) -> None:
        """Raises `UsageError` for a calibration that no user can be made of."""
        lists = ("networks", "made", "learned", "again", "noticed", "noticed_at_once", "unchanged")
        missing = [name for name in lists if not getattr(self, name)]
        if missing:
            raise UsageError(f"The calibration has no rows of {', '.join(missing)}.", _AGAIN)
        if any(len(one.right) != len(self.networks) for one in self.learned if one.inputs is not None):
            raise UsageError("A learned user of the calibration has not one figure for each network.", _AGAIN)

    @property
    def ways(self) -> tuple[str, ...]:
        """How networks were made, those of most real users first."""
        names = dict.fromkeys(one.network for one in self.made)
        return tuple(sorted(names, key=lambda name: -len(self.of(name))))

    def of(self, way: str) -> tuple[MadeNetwork, ...]:
        return tuple(one for one in self.made if one.network == way)

    @property
    def most_classes(self) -> int:
        """Of a user whom the observer was tried on."""
        return max(one.classes for one in self.learned)

    @property
    def fewest_classes(self) -> int:
        return min(one.classes for one in self.learned)

    def only(self, way: str) -> Self:
        """With the networks that were made one way alone. Raises `UsageError` where there are too few."""
        found = self.of(way)
        if not found:
            known = "; ".join(self.ways)
            raise UsageError(f"No network of the calibration was made as {way!r}.", f"It has: {known}.")
        if len(found) < _FEWEST_USERS:
            raise UsageError(
                f"The calibration has one real user of {way!r}; two are needed, so that one can be left out.",
                "Choose another --network.",
            )
        return replace(self, made=found)

    def without(self, user: str) -> Self:
        """As it would have been, had one real user's network never been made."""
        return replace(self, made=tuple(one for one in self.made if one.user != user))

    @property
    def users(self) -> tuple[str, ...]:
        """The real ones."""
        return tuple(dict.fromkeys(one.user for one in self.made))

    def write(self, path: Path) -> None:
        write_json(path, _KIND, _SCHEMA, asdict(self))


def read_calibration(path: Path | None = None) -> Calibration:
    """The one that is shipped, or a file of one's own. Raises `StoreError` for what is none."""
    path = path or SHIPPED
    return restore(Calibration, read_json(path, _KIND, _SCHEMA, _AGAIN), path)
