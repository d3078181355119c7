"""Which points a budget admits, which of them it prefers, and what it says where it admits none."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgewise.errors import UsageError
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.coin import around, share_around
from edgewise.select.budget.nearest import Offered, refusal
from edgewise.select.budget.points import Point

_ROOM = 2  # times what choosing takes


@dataclass(frozen=True, eq=False)
class Rule:
    """A budget held against cross-fitted points.

    Accuracies that are demanded must be passed by so many `standard_errors`: of the many points that just reach one on
    these images, the fastest was lucky on them, and would miss it on others.
    """

    budget: Budget
    best: Point  # the best single model
    standard_errors: float = 1.0

    def within(self, point: Point) -> bool:
        """No limit on cost is exceeded. Raises `UsageError` for a limit on energy where none is known."""
        return all(self.within_limit(point, name) for name in self.budget.limits)

    def within_limit(self, point: Point, name: str) -> bool:
        """One limit, by the name of its field, is not exceeded. Raises as `within`."""
        cost = point.cost(name)
        if cost is None:
            raise UsageError(
                "This profile knows no energies, so none can be limited.",
                "`edgewise doctor` says what this machine can measure; then make the profile again.",
            )
        return cost <= self.budget.limits[name]

    def accurate(self, point: Point) -> bool:
        """The accuracy that is demanded is reached, by the margin."""
        if self.budget.min_accuracy is not None:
            return self.promised(point) >= self.budget.min_accuracy
        if self.budget.limits or point is self.best:
            return True
        over = around(point.score - self.best.score, point.worth - self.best.worth, self.standard_errors)
        return over.low >= 0 and over.value >= 0

    def promised(self, point: Point) -> float:
        """The accuracy that may be promised of a point: its score less the margin."""
        return share_around(point.score, point.worth, self.standard_errors).low

    def preference(self, point: Point) -> tuple[float, float, int]:
        """The most accurate within limits, else the fastest that is accurate enough; then the fewest models."""
        if self.budget.limits and self.budget.min_accuracy is None:
            return (point.score, -point.mean_ms, -len(point.models))
        return (-point.mean_ms, point.score, -len(point.models))

    def admitted(self, points: Sequence[Point]) -> list[Point]:
        """Those that keep the budget, the preferred one first."""
        kept = [point for point in points if self.within(point) and self.accurate(point)]
        return sorted(kept, key=self.preference, reverse=True)

    def nearest(self, points: Sequence[Point]) -> Point:
        """The most accurate point within the limits; where none is within them, the fastest."""
        within = [point for point in points if self.within(point)]
        return max(within, key=self.promised) if within else min(points, key=lambda point: point.mean_ms)

    def refuse(self, points: Sequence[Point], named: str | None = None) -> UsageError:
        """The error for a budget that no point, of the method `named`, keeps; it names the nearest that can be kept."""
        whose = "No selector can" if named is None else f"No selector of the method {named!r} can"
        return refusal(whose, self.budget, [self._offered(point) for point in points])

    def _offered(self, point: Point) -> Offered:
        """With room for choosing: it is timed anew by whoever asks again, maybe while the machine is busy."""
        room = {"max_mean_ms": _ROOM * point.choose_ms, "max_p90_ms": _ROOM * point.choose_ms}
        costs = {
            name: cost + room.get(name, 0.0) for name in self.budget.limits if (cost := point.cost(name)) is not None
        }
        return Offered(costs, self.promised(point))
