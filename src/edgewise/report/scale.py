"""Where a value stands on an axis, and at which round values the axis is marked."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LOGARITHMIC_SPREAD = 8  # times that differ more are unreadable on a straight axis


@dataclass(frozen=True)
class Scale:
    """An axis from `low` at `start_px` to `high` at `end_px`."""

    low: float
    high: float
    start_px: float
    end_px: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """The position of a value, px; beyond the axis where the value is."""
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start_px + share * (self.end_px - self.start_px)

    def ticks(self, at_most: int) -> tuple[float, ...]:
        """Round values inside the axis: multiples of 1, 2 or 5; on a logarithmic one 1, 2, 5 times powers of ten."""
        if self.logarithmic:
            fine, coarse = self._decades((1, 2, 5)), self._decades((1,))
            found = fine if len(fine) <= at_most or not coarse else coarse
            if not found:  # less than from one round value to the next
                return Scale(self.low, self.high, self.start_px, self.end_px).ticks(at_most)
            return found[:: math.ceil(len(found) / at_most)]
        for step in _round_steps((self.high - self.low) / (20 * at_most)):
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            if last - first < at_most:
                return tuple(round(i * step, 10) for i in range(first, last + 1))
        raise AssertionError("round steps grow without end")

    def _decades(self, steps: Sequence[int]) -> tuple[float, ...]:
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        values = (round(step * 10.0**power, 10) for power in powers for step in steps)
        return tuple(value for value in values if self.low <= value <= self.high)


def time_scale(times_ms: Sequence[float], start_px: float, end_px: float) -> Scale:
    """An axis for positive times: logarithmic where they differ much, with a margin at both ends."""
    low, high = min(times_ms), max(times_ms)
    if low > 0 and high / low > _LOGARITHMIC_SPREAD:
        margin = (high / low) ** 0.08
        return Scale(low / margin, high * margin, start_px, end_px, logarithmic=True)
    margin = (high - low) * 0.1 or high * 0.1 or 1.0
    return Scale(max(0.0, low - margin), high + margin, start_px, end_px)


def share_scale(shares: Sequence[float], start_px: float, end_px: float) -> Scale:
    """An axis for shares of 1, with a margin, never beyond 0 and 1."""
    low, high = min(shares), max(shares)
    margin = max((high - low) * 0.08, 0.01)
    return Scale(max(0.0, low - margin), min(1.0, high + margin), start_px, end_px)


def _round_steps(smallest: float) -> Iterator[float]:
    power = math.floor(math.log10(smallest))
    while True:
        yield from (step * 10.0**power for step in (1, 2, 5))
        power += 1
