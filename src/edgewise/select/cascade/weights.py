"""The averaged answer of several models, and how much each of them should count in it."""

from collections.abc import Sequence

import numpy as np

_MOST_RIGHT = 0.9999  # no model is believed to be right always
_LEAST = 0.05  # log odds that a model is thought to have at least


def weighted_mean(probabilities: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """float32 [..., classes]: the sum of each of `probabilities` by its weight, in that order."""
    total = probabilities[0] * np.float32(weights[0])
    part = np.empty_like(total)
    for one, weight in zip(probabilities[1:], weights[1:], strict=True):
        total += np.multiply(one, np.float32(weight), out=part)
    return total


def log_odds_weights(own: Sequence[np.ndarray]) -> tuple[float, ...]:
    """For each of k models, what it counts, of sum 1: in proportion to the log odds that it is right.

    `own`: k arrays float [n], the calibrated probability that a model gives to each image's label; their mean is the
    probability that it is right. A model under even odds counts little, and never against a class.
    Source: Nitzan and Paroush 1982, "Optimal Decision Rules in Uncertain Dichotomous Choice Situations".
    Reading: compared on the zoos of `CascadeMethod` with weights that make the labels likeliest (as found, or drawn
    towards equal ones by 20, 200 or 800 images that favour no model): these were better at equal time on as many
    held-out images, and depend on one number a model.
    """
    right = np.clip([array.mean(dtype=np.float64) for array in own], 0.0, _MOST_RIGHT)
    odds = np.maximum(np.log(np.maximum(right, 1e-9) / (1 - right)), _LEAST)
    return tuple(float(weight) for weight in odds / odds.sum())
