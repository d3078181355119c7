"""Bootstrap intervals over images: resampled means, paired over everything that is compared."""

import numpy as np

from edgewise.select.judge.fair_table import Interval, Verdict

_CHUNK_VALUES = 4_000_000
_ROUNDING = 1e-9  # a selector that always runs one model gains exactly nothing, give or take the last digit


def resampled_means(figures: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """float64 [b, r]: means of r figures over each of b resamples of the images; the same images for all figures.

    `figures`: float [n, r], a row per image.
    """
    images = len(figures)
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, figures.shape[1]))
    chunk = max(1, _CHUNK_VALUES // images)
    for start in range(0, resamples, chunk):
        stop = min(start + chunk, resamples)
        drawn = rng.integers(0, images, size=(stop - start, images))
        cells = drawn + images * np.arange(stop - start)[:, None]
        weights = np.bincount(cells.ravel(), minlength=(stop - start) * images).reshape(stop - start, images)
        means[start:stop] = weights.astype(np.float64) @ figures / images
    return means


def interval(value: float, resampled: np.ndarray) -> Interval:
    """The 95% percentile interval of `resampled` [b] around the figure of all images."""
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Interval(float(value), float(low), float(high))


def verdict(gain: Interval) -> Verdict:
    """In words, whether a gain over the mixing line is there."""
    if gain.low > _ROUNDING:
        return "beats the mixing line"
    return "does not" if gain.high <= _ROUNDING else "cannot tell"
