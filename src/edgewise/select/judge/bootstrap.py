"""Bootstrap intervals over images: resampled means, paired over everything that is compared."""

from collections.abc import Iterator

import numpy as np

from edgewise.select.judge.fair_table import Interval, Verdict

_CHUNK_VALUES = 4_000_000
_ROUNDING = 1e-9  # a selector that always runs one model gains exactly nothing, give or take the last digit


def resampled_means(figures: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """float64 [b, r]: means of r figures over each of b resamples of the images; the same images for all figures.

    `figures`: float [n, r], a row per image.
    """
    means = np.tile(figures[:1].astype(np.float64), (resamples, 1))
    moving = np.flatnonzero((figures != figures[:1]).any(axis=0))  # what is the same for all images stays that
    figures = figures[:, moving].astype(np.float64)
    start = 0
    for weights in resampled_weights(len(figures), resamples, seed):
        means[start : start + len(weights), moving] = weights @ figures / len(figures)
        start += len(weights)
    return means


def resampled_weights(images: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each image is in each resample: float64 [some, images], until all `resamples` were given.

    The same numbers for the same seed, whatever is made of them.
    """
    rng = np.random.default_rng(seed)
    chunk = max(1, _CHUNK_VALUES // images)
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        weights = np.empty((rows, images))
        for row, drawn in enumerate(rng.integers(0, images, size=(rows, images))):
            weights[row] = np.bincount(drawn, minlength=images)  # row by row it stays in the cache
        yield weights


def interval(value: float, resampled: np.ndarray) -> Interval:
    """The 95% percentile interval of `resampled` [b] around the figure of all images."""
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Interval(float(value), float(low), float(high))


def verdict(gain: Interval) -> Verdict:
    """In words, whether a gain over the mixing line is there."""
    if gain.low > _ROUNDING:
        return "beats the mixing line"
    return "does not" if gain.high <= _ROUNDING else "cannot tell"
