"""Trials in which the cheapest model's embedding knows what each model can do."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edgewise.select.trials import Trials


@pytest.fixture(scope="session")
def make_telling(make_trials: Callable[..., Trials]) -> Callable[..., Trials]:
    """`make_trials`, with a vector [n, 6] of net0: the difficulty turned into a direction, and noise beside it."""

    def make(images: int = 300, seed: int = 0, **options: object) -> Trials:
        trials = make_trials(images=images, seed=seed, **options)
        rng = np.random.default_rng(seed + 1)
        turn = rng.normal(size=(1, 6))
        vector = (4 * trials.features[:, :1] @ turn + rng.normal(0, 0.1, (images, 6))).astype(np.float32)
        return replace(trials, embeddings={"net0": vector})

    return make
