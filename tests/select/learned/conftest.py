"""Trials in which what a model names, and not how sure it is, says where another one is needed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edgewise.select.trials import Trials


def _confused(trials: Trials, seed: int = 0) -> Trials:
    """Two models: the first mixes up classes 0 and 1 half the time, surest there; the second is right on 19 of 20."""
    rng = np.random.default_rng(seed)
    labels, images = trials.labels, len(trials)
    swaps = (labels < 2) & (rng.random(images) < 0.5)
    logits: list[np.ndarray] = []
    for wrong, sure in ((swaps, np.where(labels < 2, 9, 4)), (rng.random(images) < 0.05, np.full(images, 6))):
        named = np.where(wrong, np.where(labels < 2, 1 - labels, 2), labels)
        scores = rng.normal(0, 0.5, trials.logits[0].shape).astype(np.float32)
        scores[np.arange(images), named] += sure
        logits.append(scores)
    return replace(trials, models=("small", "large"), logits=tuple(logits), times_ms=np.array([1.0, 10.0]))


@pytest.fixture(scope="session")
def make_confused(make_trials) -> Callable[..., Trials]:
    def make(images: int = 600, seed: int = 0) -> Trials:
        return _confused(make_trials(images=images, seed=seed), seed)

    return make


@pytest.fixture(scope="session")
def mean_ms() -> Callable[..., float]:
    """Mean time of the models that a selector runs."""

    def of(selector, trials: Trials) -> float:
        return float((selector.route(trials).ran @ trials.times_ms).mean())

    return of
