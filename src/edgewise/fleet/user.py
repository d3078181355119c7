"""One drawn user: classes, how frequent each is, and when one of them is replaced by another."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from edgewise.fleet.calibration import Learned
from edgewise.fleet.chances import Chances
from edgewise.fleet.popularity import Popularity
from edgewise.fleet.terms import Terms

_PARTS = 3  # random streams of a user: what happens, and the dice of either life


@dataclass(frozen=True)
class Drift:
    """From this input on, the class at this place is another."""

    at: int
    place: int
    becomes: int


@dataclass(frozen=True)
class User:
    """All that is the same whatever the device does."""

    classes: tuple[int, ...]
    shares: tuple[float, ...]
    drifts: tuple[Drift, ...]  # in order
    able: Learned  # a measured user, whose images networks answer as right as this one's

    @classmethod
    def draw(cls, terms: Terms, popularity: Popularity, chances: Chances, rng: np.random.Generator) -> "User":
        count = int(rng.integers(terms.fewest_classes, terms.most_classes + 1))
        classes = popularity.draw(count, rng)
        shares = rng.dirichlet(np.full(count, terms.evenness))
        able = chances.able(count, rng)
        moments = np.sort(rng.integers(0, terms.inputs, rng.poisson(terms.drift * terms.inputs / 1000)))
        now, drifts = list(classes), []
        for at in moments.tolist():
            place = int(rng.integers(count))
            now[place] = popularity.another(now, rng)
            drifts.append(Drift(at, place, now[place]))
        return cls(tuple(classes), tuple(shares.tolist()), tuple(drifts), able)


def generators(seed: int, number: int) -> Iterator[np.random.Generator]:
    """The random streams of one user; they hang on nothing but the seed and the user's number."""
    return (np.random.default_rng([seed, number, part]) for part in range(_PARTS))


def outside(classes: Collection[int], shares: Collection[float], known: Collection[int]) -> float:
    """0..1: the share of inputs whose class is not among those that are known."""
    return float(sum(share for one, share in zip(classes, shares, strict=True) if one not in known))
