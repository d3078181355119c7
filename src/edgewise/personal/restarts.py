"""Money bet against "nothing has changed", begun anew at every step, since nobody knows when a change comes.

Plain Python: a few floats, of which arrays would be slower.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from edgewise.errors import UsageError


@dataclass(frozen=True)
class Restarts:
    """What 1 has become, some of it staked at each step, and divided evenly among bets.

    Each step gives one factor for each bet: what it makes of 1. Where the mean of every factor, given all before, is
    at most 1 while nothing changes, the probability that `money` EVER reaches 1 / alpha is then at most alpha (Ville
    1939). Money that is staked from the first step on is lost before a late change comes: at 5,000 steps nothing is
    left of it. Hence the money that is staked first at step j has a weight, and all weights sum to 1, so the whole is
    still such a game (a mixture; Shin, Ramdas and Rinaldo 2023, "E-detectors", 2; Vovk 2021, "Testing randomness
    online", 5). All that was begun shares the steps to come, so one sum for each bet is the whole state.

    Differs: Shiryaev and Roberts give every restart the weight 1, which bounds the mean time between alarms; with
    weights that sum to 1 it is the probability of any alarm in an endless life that is bounded. It costs a change at
    step t the logarithm of 1 over its weight: with `pace` 1,000 that is 8 at the start, 10 at 5,000 and 14 at 50,000,
    so many steps as it takes a bet to win that factor. After j steps (1 + j / pace)^-1/2 is not yet staked.
    """

    staked: tuple[float, ...]  # of each bet: what all the money begun so far has become
    steps: int
    pace: float

    @classmethod
    def begin(cls, bets: int, pace: float) -> Self:
        """Nothing staked yet."""
        return cls((0.0,) * bets, 0, pace)

    @property
    def money(self) -> float:
        """Of 1 at the start; 1 / alpha is as unlikely as alpha."""
        return sum(self.staked) / len(self.staked) + self._unstaked(self.steps)

    def after(self, factors: Sequence[float]) -> Self:
        """One more step: `factors` [bets], each 0 or more."""
        begun = self._unstaked(self.steps) - self._unstaked(self.steps + 1)
        staked = tuple(factor * (money + begun) for factor, money in zip(factors, self.staked, strict=True))
        return type(self)(staked, self.steps + 1, self.pace)

    def to_values(self) -> dict[str, Any]:
        """JSON values."""
        return {"staked": list(self.staked), "steps": self.steps, "pace": self.pace}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_values`. Raises `KeyError`, `TypeError` or `UsageError` for other values."""
        found = cls(tuple(values["staked"]), values["steps"], values["pace"])
        if not found.staked or not all(0 <= money < float("inf") for money in found.staked):
            raise UsageError(f"Money is {found.staked}; there must be some bets, each with 0 or more.")
        if found.steps < 0 or not 0 < found.pace < float("inf"):
            raise UsageError(f"There are {found.steps} steps at a pace of {found.pace:g}; none may be under 0.")
        return found

    def _unstaked(self, steps: int) -> float:
        return (1 + steps / self.pace) ** -0.5
