"""P-values for "the mean loss is above alpha": small ones let a configuration be certified.

Each is valid for any number of images, without large-sample arguments: where the mean loss is above alpha, the
probability of a p-value of at most u is at most u. They suppose images drawn independently of each other.
"""

import numpy as np

from edgewise.errors import UsageError

_MOST_OF_THE_STAKE = 0.9  # no image can lose more than this share of the wealth
_ROUNDING = 1e-9


def binomial_p(wrong: np.ndarray, images: np.ndarray, alpha: float) -> np.ndarray:
    """float64: the exact p-value for losses of 0 and 1: P(Binomial(images, alpha) <= wrong); 1 without images.

    `wrong` and `images`: int arrays of one shape. Raises `UsageError` for an alpha outside 0..1.
    Source: Angelopoulos et al. 2021, "Learn then Test", 2.2 (Clopper and Pearson 1934).
    """
    from scipy.special import bdtr

    _check(alpha)
    wrong, images = np.broadcast_arrays(wrong, images)
    return np.where(images > 0, bdtr(wrong.astype(np.float64), np.maximum(images, 1), alpha), 1.0)


def hoeffding_bentkus_p(losses: np.ndarray, alpha: float) -> np.ndarray:
    """float64 [J]: for losses in 0..1, float [n, J], a column per configuration.

    Raises `UsageError` for an alpha outside 0..1 or losses outside 0..1.
    Source: Angelopoulos et al. 2021, proposition 1: the smaller of Hoeffding's tight bound and Bentkus's.
    """
    from scipy.special import bdtr, rel_entr

    _check(alpha, losses)
    images, total = len(losses), losses.sum(axis=0, dtype=np.float64)
    mean = np.minimum(total / images, alpha)
    hoeffding = np.exp(-images * (rel_entr(mean, alpha) + rel_entr(1 - mean, 1 - alpha)))
    bentkus = np.e * bdtr(np.ceil(total - _ROUNDING), images, alpha)
    return np.minimum(1.0, np.minimum(hoeffding, bentkus))


def betting_p(losses: np.ndarray, alpha: float) -> np.ndarray:
    """float64 [J]: for losses in 0..1, float [n, J], in an order that does not depend on them.

    One over the most that a gambler has ever owned who bets on each loss being under alpha, in a game that is unfair
    to him if their mean is above. It heeds the variance, as Hoeffding-Bentkus does not: differences of two selectors,
    which agree on most images, need far fewer images.
    Raises `UsageError` as `hoeffding_bentkus_p` does.
    Source: Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting", 4 (theorem 3) with
    the bets of B.3 (aGRAPA), whose mean and variance start from one image at alpha with variance 1/4.
    """
    _check(alpha, losses)
    count = np.arange(1, len(losses) + 1)[:, None]
    mean = (alpha + np.cumsum(losses, axis=0, dtype=np.float64)) / (count + 1)
    variance = (0.25 + np.cumsum((losses - mean) ** 2, axis=0)) / (count + 1)
    edge = alpha - _before(mean, alpha)
    bet = np.clip(edge / (_before(variance, 0.25) + edge**2), 0.0, _MOST_OF_THE_STAKE / (1 - alpha))
    log_wealth = np.cumsum(np.log1p(bet * (alpha - losses)), axis=0)
    return np.exp(-np.maximum(log_wealth.max(axis=0), 0.0))


def _before(figures: np.ndarray, first: float) -> np.ndarray:
    """[n, J]: what was known before each image."""
    return np.concatenate([np.full_like(figures[:1], first), figures[:-1]])


def _check(alpha: float, losses: np.ndarray | None = None) -> None:
    if not 0 < alpha < 1:
        raise UsageError(f"Alpha is {alpha:g}; it must be above 0 and under 1.")
    if losses is None:
        return
    if losses.ndim != 2 or len(losses) == 0:
        raise UsageError(f"Losses must be [images, configurations]; their shape is {losses.shape}.")
    if losses.size and not (losses.min() >= 0 and losses.max() <= 1):
        raise UsageError(f"Losses go from {losses.min():g} to {losses.max():g}; they must be from 0 to 1.")
