"""Which classes a user meets: few of many, the popular ones more often."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from edgewise.errors import UsageError

_TRIES = 1000


@dataclass(frozen=True)
class Popularity:
    """Class number i (from 0) is drawn in proportion to (i + 1)^-exponent. 0: all alike.

    Source: Zipf 1949, "Human Behavior and the Principle of Least Effort".
    Reading: the papers ask for users of a few classes each, and do not say which share them.
    """

    known: int  # classes of the generic network
    exponent: float

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be."""
        if self.known < 1:
            raise UsageError(f"There are {self.known} classes; there must be 1 or more.")
        if not 0 <= self.exponent <= 10:
            raise UsageError(f"The exponent of popularity is {self.exponent:g}; it must be from 0 to 10.")

    @cached_property
    def _log_weights(self) -> np.ndarray:
        return -self.exponent * np.log(np.arange(1, self.known + 1))

    @cached_property
    def _up_to(self) -> np.ndarray:
        """float64 [known]: the probability of a class or one that is more popular."""
        summed = np.exp(self._log_weights).cumsum()
        return summed / summed[-1]

    def draw(self, count: int, rng: np.random.Generator) -> list[int]:
        """So many different classes, one after the other, each among those that are left.

        Source: Gumbel top-k (Kool, van Hoof and Welling 2019), which draws just so. Raises `UsageError` for more than
        there are.
        """
        if not 0 < count <= self.known:
            raise UsageError(f"A user of {count} classes cannot be drawn from {self.known}.")
        keys = self._log_weights + rng.gumbel(size=self.known)
        return np.argpartition(-keys, count - 1)[:count].tolist()

    def another(self, taken: Collection[int], rng: np.random.Generator) -> int:
        """One class that is not among those. Raises `UsageError` where none is left."""
        if len(set(taken)) >= self.known:
            raise UsageError(f"All {self.known} classes are taken.")
        for _ in range(_TRIES):
            found = min(int(np.searchsorted(self._up_to, rng.random(), side="right")), self.known - 1)
            if found not in taken:
                return found
        keys = self._log_weights + rng.gumbel(size=self.known)  # as in `draw`: the taken ones are nearly all there is
        keys[list(taken)] = -np.inf
        return int(keys.argmax())
