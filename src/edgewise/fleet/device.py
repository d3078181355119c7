"""How fast networks are on the device that all users have."""

from dataclasses import dataclass

from edgewise.errors import UsageError


@dataclass(frozen=True)
class FleetDevice:
    """Times of one device, and what of them was measured or modelled there."""

    name: str
    source: str  # in a sentence
    generic_ms: float
    times_as_fast: tuple[float, ...]  # of each fixed network, as the generic one
    own_factor: float = 1.0  # what a user network's speed, as measured for real users, is to be multiplied by
    making_factor: float = 1.0  # the same of what making it takes, in inferences of the generic network

    def __post_init__(self) -> None:
        """Raises `UsageError` for times that cannot be."""
        if not all(0 < one < float("inf") for one in (self.generic_ms, self.own_factor, self.making_factor)):
            raise UsageError(f"The times of {self.name} are not all above 0: {self}.")
        if not all(0 < one < float("inf") for one in self.times_as_fast):
            raise UsageError(f"The times of {self.name} are not all above 0: {self}.")
