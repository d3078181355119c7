"""What every meter of energy looks like from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Used:
    """The energy that went, and in what time."""

    energy_mj: float
    seconds: float


class Meter(Protocol):
    """Something that knows how much energy the machine uses."""

    @property
    def name(self) -> str:
        """What is read, in words."""
        ...

    def measure(self, work: Callable[[], None]) -> Used:
        """What goes while `work` runs, all that the machine does beside it included.

        Raises `DataError` when what was readable before is not any more.
        """
        ...


@dataclass(frozen=True)
class NoMeter:
    """Why a machine cannot be measured, as a clause, and what may be done about it."""

    reason: str
    hint: str = ""
