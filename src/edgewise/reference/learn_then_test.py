"""Learn then Test on one page: Angelopoulos et al. 2021, proposition 1 and 2.3, in plain Python."""

from collections.abc import Sequence
from math import ceil, comb, e, exp, log


def certified(losses: Sequence[Sequence[float]], alpha: float, delta: float) -> list[int]:
    """The configurations whose mean loss is at most alpha, all of them with a probability of 1 - delta at least.

    `losses[j]` are those of configuration j on the calibration images, 0 to 1; j is the order of testing, which must
    not come from these images.
    """
    passed: list[int] = []
    for configuration, own in enumerate(losses):
        if hoeffding_bentkus(sum(own) / len(own), len(own), alpha) > delta:
            break
        passed.append(configuration)
    return passed


def hoeffding_bentkus(mean: float, images: int, alpha: float) -> float:
    """How likely so low a mean loss of `images` is at most where the true one is above alpha."""
    lower = min(mean, alpha)
    hoeffding = exp(-images * (divergence(lower, alpha) + divergence(1 - lower, 1 - alpha)))
    return min(1.0, hoeffding, e * binomial(ceil(round(images * mean, 9)), images, alpha))


def divergence(a: float, b: float) -> float:
    """One term of the Kullback-Leibler divergence of two coins."""
    return a * log(a / b) if a > 0 else 0.0


def binomial(wrong: int, images: int, share: float) -> float:
    """The probability of at most so many wrong ones, each wrong with that share: exact for losses of 0 and 1."""
    return sum(comb(images, k) * share**k * (1 - share) ** (images - k) for k in range(wrong + 1))
