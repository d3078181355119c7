"""What a network for one user loses, how fast it is and what making it takes, by the number of the user's classes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.fleet.calibration import MadeNetwork

Shape = Literal["mean", "by log of classes"]
Quantity = Literal["drop", "times_as_fast", "making_inputs"]
QUANTITIES: tuple[Quantity, ...] = ("drop", "times_as_fast", "making_inputs")
_ON_LOG_SCALE: tuple[Quantity, ...] = ("times_as_fast", "making_inputs")
_FEWEST_FOR_A_SLOPE = 4  # real users, one of whom is left out


@dataclass(frozen=True)
class Fitted:
    """One quantity's law, and how it does on each real user when that one is left out."""

    shape: Shape
    level: float
    slope: float  # for each unit of the logarithm of classes
    residuals: tuple[float, ...]  # by real user: the true value less what all others foretell

    def at(self, classes: int) -> float:
        return self.level + self.slope * float(np.log(classes))


@dataclass(frozen=True)
class Drawn:
    """One user's network."""

    drop: float
    times_as_fast: float
    making_inputs: float
    of: MadeNetwork  # the real one whose distance from the law it has


class PruningLaw:
    """Fitted to the real users of one way to make networks.

    Each quantity is the mean over real users, or a line over the logarithm of the number of classes where that
    foretells users who are left out better; speed and cost on a logarithmic scale. A drawn user stands as far from the
    law as one of the real users does when it is left out, in all quantities at once: so the spread is that of users
    nobody has seen, and what belongs together stays together.
    """

    def __init__(self, made: Sequence[MadeNetwork]) -> None:
        """Raises `UsageError` for fewer than two real users: nobody could be left out."""
        if len(made) < 2:
            raise UsageError("The law of pruning needs two real users at least.", "Choose another --network.")
        self.made = tuple(made)

    @cached_property
    def fitted(self) -> dict[Quantity, Fitted]:
        logs = np.log([one.classes for one in self.made])
        return {name: _fit(logs, _scale(name)([getattr(one, name) for one in self.made])) for name in QUANTITIES}

    def draw(self, classes: int, rng: np.random.Generator) -> Drawn:
        """The network of one more user."""
        place = int(rng.integers(len(self.made)))
        found = {name: one.at(classes) + one.residuals[place] for name, one in self.fitted.items()}
        return Drawn(
            found["drop"],
            float(np.exp(found["times_as_fast"])),
            float(np.exp(found["making_inputs"])),
            self.made[place],
        )

    def errors(self, name: Quantity) -> list[float]:
        """By real user, foretold by all others: |error| in points of accuracy, or as a share of the true value."""
        residuals = np.array(self.fitted[name].residuals)
        if name in _ON_LOG_SCALE:
            return np.abs(np.exp(-residuals) - 1).tolist()
        return np.abs(100 * residuals).tolist()


def _scale(name: Quantity) -> Callable[[Sequence[float]], np.ndarray]:
    return np.log if name in _ON_LOG_SCALE else np.asarray


def _fit(logs: np.ndarray, values: np.ndarray) -> Fitted:
    """The shape that foretells left-out users best; of equals the plainer."""
    mean = _fit_as("mean", logs, values)
    if len(values) < _FEWEST_FOR_A_SLOPE or not _has_slope(logs):
        return mean
    line = _fit_as("by log of classes", logs, values)
    return min((mean, line), key=lambda one: float(np.abs(one.residuals).mean()))


def _has_slope(logs: np.ndarray) -> bool:
    """Whether two numbers of classes are left, whoever is left out."""
    return all(len(set(np.delete(logs, place).tolist())) > 1 for place in range(len(logs)))


def _fit_as(shape: Shape, logs: np.ndarray, values: np.ndarray) -> Fitted:
    level, slope = _line(shape, logs, values)
    residuals = []
    for place in range(len(values)):
        others = _line(shape, np.delete(logs, place), np.delete(values, place))
        residuals.append(float(values[place] - others[0] - others[1] * logs[place]))
    return Fitted(shape, level, slope, tuple(residuals))


def _line(shape: Shape, logs: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Level and slope."""
    if shape == "mean":
        return float(values.mean()), 0.0
    slope, level = np.polyfit(logs, values, 1)
    return float(level), float(slope)
