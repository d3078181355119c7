"""The ways to serve everybody that a network of one's own is held against."""

from dataclasses import dataclass
from typing import Literal

from edgewise.fleet.calibration import Calibration

Knows = Literal["nothing", "classes", "user"]
OWN = "a network of one's own"


@dataclass(frozen=True)
class Way:
    """How all users are served."""

    name: str
    knows: Knows  # of its user: a fixed network may answer among all classes, or among those that were found
    network: int | None  # which fixed one; None: the user's own


def ways_of(calibration: Calibration) -> tuple[Way, ...]:
    """A network of one's own first, then each fixed network, among all classes and among those that were found."""
    names = [one.name for one in calibration.networks]
    among_all = [Way(f"{name}, all classes", "nothing", place) for place, name in enumerate(names)]
    among_found = [Way(f"{name}, the user's classes", "classes", place) for place, name in enumerate(names)]
    return (Way(OWN, "user", None), *among_all, *among_found)
