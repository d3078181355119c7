"""What an input costs on each way through a device's networks."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """Milliseconds of each part, measured by turns on the device.

    A user's tails and the generic network's own second part need what enters them; smaller networks, which take the
    image itself, do not.
    """

    enter: float  # the generic network's first part
    generic: float  # its second one
    members: tuple[float, ...]  # each tail and smaller network by itself
    need_entering: tuple[bool, ...]

    @property
    def whole(self) -> float:
        """Of the generic network."""
        return self.enter + self.generic

    def alone(self, member: int) -> float:
        """Of an input that one member answers."""
        return self.members[member] + (self.enter if self.need_entering[member] else 0)

    def mean(self, order: Sequence[int], at_first: float, at_second: float, by_generic: float) -> float:
        """Of an input, where one or two members run in an order.

        `at_first`: the share of inputs that the first answers; `at_second`: that reach the second; `by_generic`: that
        the generic network answers.
        """
        first, *second = order
        ms = self.members[first] + sum(at_second * self.members[one] for one in second) + by_generic * self.generic
        if self.need_entering[first]:
            return ms + self.enter
        entered = 1 - at_first if any(self.need_entering[one] for one in second) else by_generic
        return ms + entered * self.enter
