"""Bounds for a mean that may be looked at as often as one likes, while inputs come in.

NumPy alone.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Self

import numpy as np

from edgewise.errors import UsageError

_BOLD = 0.95  # of what could be staked without the risk of ruin
_BOLD_SHARE = 0.5
_SPREAD_BETS = 24
_PRECISION = 1e-7
_ROUNDING = 1e-6
_MOST_INPUTS = 10_000_000


def alpha_of(attempt: int, alpha: float) -> float:
    """What the n-th of any number of attempts, counted from 1, has of all their alpha: 6 / (pi n)^2, which sum to 1."""
    return alpha * 6 / (np.pi * attempt) ** 2


@dataclass(frozen=True)
class ConfidenceSequence:
    """An interval for the mean of independent values in `least`..`most`, valid at every moment at once.

    The probability that the mean EVER lies outside, however often values are added and whenever one stops, is at most
    `alpha`: half of it above and half below. No large-sample argument is made. `low` and `high` only draw nearer to
    each other. Only values other than 0 are kept, so a sequence of differences, of which most are 0, stays small.

    Source: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting": a mean is ruled out
    when a gambler who bets against it has multiplied his money by 2 / alpha, as is unlikely in a game that is fair
    or worse (Ville 1939). Half of the money stakes 0.95 of what cannot ruin it, which is nearly the best bet where
    most values are 0; the other half is spread over 24 stakes as Cover 1991 does (Beta(1/2, 1/2); Orabona and Jun 2021,
    "Tight concentrations and confidence sequences from the regret of universal portfolio"). Stakes stay as they are, so
    the order of values and the size of batches change nothing but the moments at which bounds are looked at.
    Compared on drawn differences of which 2.6% are not 0, by the inputs until a bound of 0.01 holds: against the
    paper's aGRAPA bets (B.3) as many where they are small and positive, 1.2 times fewer where they are -1 and 1;
    against its predictable plug-in empirical Bernstein bound (3.2) 3 times fewer, and as many.

    No such bound can be nearer than log(1 / a) / n to a mean of 0 at level a, seen n values that are all 0: a value
    of 1 in every n / 3 would go unseen too often. It is this that keeps the interval wide where few inputs differ, and
    not the variance: there a normal approximation, which promises more, is wrong.
    """

    alpha: float
    least: float
    most: float
    low: float
    high: float
    zeros: int
    others: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UsageError(f"Alpha is {self.alpha:g}; it must be above 0 and under 1.")
        if not (self.least <= 0 <= self.most and self.least < self.most):
            raise UsageError(f"Values go from {self.least:g} to {self.most:g}; 0 must lie between.")

    @classmethod
    def begin(cls, alpha: float = 0.05, least: float = -1.0, most: float = 1.0) -> Self:
        """Of no values yet. Raises `UsageError` for an alpha outside 0..1, and a range without 0."""
        return cls(alpha, least, most, low=least, high=most, zeros=0, others=())

    @property
    def count(self) -> int:
        """How many values were seen."""
        return self.zeros + len(self.others)

    @property
    def mean(self) -> float:
        """Of the values seen. Raises `UsageError` before the first."""
        if self.count == 0:
            raise UsageError("No value was seen, so there is no mean.")
        return float(sum(self.others)) / self.count

    @property
    def contradicted(self) -> bool:
        """Whether nothing is left between the bounds: values are hardly from one source, or alpha struck."""
        return self.low > self.high

    def update(self, values: np.ndarray) -> Self:
        """With float [n] more values. Raises `UsageError` for values that are not in the range."""
        found = np.asarray(values, np.float64).ravel()
        if len(found) == 0:
            return self
        if not (found.min() >= self.least - _ROUNDING and found.max() <= self.most + _ROUNDING):
            raise UsageError(
                f"Values go from {found.min():g} to {found.max():g}; they must be from {self.least:g} to {self.most:g}."
            )
        found = np.clip(found, self.least, self.most)
        differing = found[found != 0]
        zeros = self.zeros + len(found) - len(differing)
        others = np.concatenate([self.others, differing])
        needed = float(np.log(2 / self.alpha))
        return replace(
            self,
            high=_lowered(self.high, zeros, others, self.most, needed),
            low=-_lowered(-self.low, zeros, -others, -self.least, needed),
            zeros=zeros,
            others=tuple(others.tolist()),
        )

    def needed_below(self, bound: float) -> int | None:
        """How many values in all would bring `high` to `bound`, did they go on as they have; None where they never do.

        A forecast of what is likely, not a promise. More than 10 million count as never.
        """
        if self.count == 0 or self.mean >= bound or not bound < self.most:
            return None
        gains = _gains(bound, self.zeros, np.asarray(self.others), self.most)
        needed = float(np.log(2 / self.alpha))
        few, many = 0.0, _MOST_INPUTS / self.count
        if _log_wealth(many * gains) < needed:
            return None
        while many - few > _PRECISION * many:
            middle = (few + many) / 2
            few, many = (middle, many) if _log_wealth(middle * gains) < needed else (few, middle)
        return int(np.ceil(many * self.count))


def _lowered(high: float, zeros: int, others: np.ndarray, most: float, needed: float) -> float:
    """The least mean, at most `high`, from which on all are ruled out: money grows with the mean that is bet against.

    At the mean of the values and below, constant stakes win nothing (Jensen), so the search starts there.
    """
    high = min(high, most)
    low = float(others.sum()) / (zeros + len(others))
    if not low < high or (high < most and _log_wealth(_gains(high, zeros, others, most)) < needed):
        # At `most` itself the stakes have no limit; just under it is where a search can begin.
        return high
    while high - low > _PRECISION:
        middle = (low + high) / 2
        low, high = (middle, high) if _log_wealth(_gains(middle, zeros, others, most)) < needed else (low, middle)
    return high


def _gains(mean: float, zeros: int, others: np.ndarray, most: float) -> np.ndarray:
    """float64 [stakes]: the logarithm of what each stake has made of 1, betting that values are under `mean`.

    A value x multiplies it by 1 + stake * (mean - x), at least 0 for a stake of up to 1 / (most - mean).
    """
    stakes, _ = _portfolio()
    limit = stakes / (most - mean)
    return zeros * np.log1p(limit * mean) + np.log1p(limit[:, None] * (mean - others)).sum(axis=1)


def _log_wealth(gains: np.ndarray) -> float:
    """The logarithm of what the whole portfolio has become."""
    _, shares = _portfolio()
    return float(np.logaddexp.reduce(gains + np.log(shares)))


@cache
def _portfolio() -> tuple[np.ndarray, np.ndarray]:
    """Stakes, as shares of the greatest that cannot lose all, and how the first money is divided among them."""
    middles = (np.arange(_SPREAD_BETS) + 0.5) / _SPREAD_BETS
    stakes = np.append(np.sin(0.5 * np.pi * middles) ** 2, _BOLD)
    shares = np.append(np.full(_SPREAD_BETS, (1 - _BOLD_SHARE) / _SPREAD_BETS), _BOLD_SHARE)
    return stakes, shares
