"""Which classes a user meets, how often, and how sure that is. NumPy alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.personal.beliefs import Belief, Beliefs
from edgewise.prune.posterior import stream_prior
from edgewise.prune.seen_classes import LEAST_SHARE


@dataclass(frozen=True)
class UserClasses:
    """The classes that a stream has shown, the most frequent first."""

    classes: tuple[int, ...]
    shares: tuple[float, ...]  # of the inputs
    stability: tuple[float, ...]  # 0..1: the share of resampled streams in which the class is found again
    inputs: int

    def outside(self, belief: Belief, known: int) -> float:
        """0..1: the probability that an input is of none of these classes (`outside`)."""
        return outside(self.classes, self.shares, belief, known)


def outside(classes: Sequence[int], shares: Sequence[float], belief: Belief, known: int) -> float:
    """0..1: the probability that an input is of none of these classes, given how frequent they are in the stream.

    `belief`: of a generic network of `known` classes, to which all were alike. What the shares leave of 1 is spread
    evenly over all other classes.
    """
    factors = {index: share * known for index, share in zip(classes, shares, strict=True)}
    inside = sum(chance * factors.get(index, 0.0) for index, chance in zip(belief.classes, belief.chances, strict=True))
    rest = max(0.0, 1.0 - sum(shares)) * known / max(known - len(classes), 1)
    others = belief.outside(classes) * rest
    return others / (inside + others) if inside + others > 0 else 1.0


def find_user_classes(
    beliefs: Sequence[Belief], known: int, *, least: float = LEAST_SHARE, resamples: int = 40, seed: int = 0
) -> UserClasses:
    """The classes that make up at least the share `least` of a stream, by the prior of greatest likelihood.

    `beliefs`: of a generic network of `known` classes. The bootstrap draws inputs with replacement and finds the prior
    anew each time. Raises `UsageError` for no inputs, and a share or a number of resamples that cannot be.
    Source: `stream_prior` (Saerens et al. 2002).
    Reading: the papers ask for the classes that a user meets; counting a network's first answers instead names dozens
    that never came.
    """
    if not 0 < least < 1:
        raise UsageError(f"The least share is {least:g}; it must be between 0 and 1.")
    if resamples < 1:
        raise UsageError(f"There are {resamples} resamples; one is needed at least.")
    gathered = Beliefs.gather(beliefs, known)
    prior = stream_prior(gathered.chances, gathered.trained)[:-1]
    again = _found_again(gathered, prior, least, resamples, seed)
    order = np.argsort(-prior, kind="stable")
    found = [int(column) for column in order if prior[column] >= least]
    return UserClasses(
        tuple(gathered.columns[column] for column in found),
        tuple(float(prior[column]) for column in found),
        tuple(float(again[column]) for column in found),
        len(beliefs),
    )


def _found_again(gathered: Beliefs, prior: np.ndarray, least: float, resamples: int, seed: int) -> np.ndarray:
    """float64 [m]: in which share of resampled streams each class reaches the share `least`.

    Columns that hold next to nothing are put together first: no resample lifts them that far.
    """
    kept = np.flatnonzero(prior >= least / 10)
    rest = np.setdiff1d(np.arange(gathered.chances.shape[1]), kept)
    chances = np.column_stack([gathered.chances[:, kept], gathered.chances[:, rest].sum(axis=1)])
    trained = np.append(gathered.trained[kept], gathered.trained[rest].sum())
    random = np.random.default_rng(seed)
    again = np.zeros(len(prior))
    for _ in range(resamples):
        rows = random.integers(len(chances), size=len(chances))
        again[kept] += stream_prior(chances[rows], trained)[:-1] >= least
    return again / resamples
