"""Models that vote: each is right on the images under its reach; elsewhere it names a class of its own choice."""

from collections.abc import Callable

import numpy as np
import pytest

from edgewise.select.feature_costs import FREE
from edgewise.select.trials import Trials

MakeVoters = Callable[..., Trials]


def _make_voters(
    images: int = 400, reach: tuple[float, ...] = (0.5, 0.6, 0.8), classes: int = 12, confusing: int = 0, seed: int = 0
) -> Trials:
    """Model i is right where the difficulty is under `reach[i]`, at 10 ** i ms; scores tell nothing of how sure it is.

    `confusing`: so many classes whose images are called by the next class half the time, by every model alike.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, images)
    difficulty = rng.random(images)
    blurred = (labels < confusing) & (rng.random(images) < 0.5)
    logits: list[np.ndarray] = []
    for limit in reach:
        named = np.where(difficulty < limit, labels, rng.integers(0, classes, images))
        named = np.where(blurred, (labels + 1) % classes, named)
        scores = rng.normal(0, 1, (images, classes)).astype(np.float32)
        scores[np.arange(images), named] = 9
        logits.append(scores)
    return Trials(
        models=tuple(f"net{i}" for i in range(len(reach))),
        logits=tuple(logits),
        labels=labels,
        features=np.empty((images, 0)),
        feature_names=(),
        times_ms=10.0 ** np.arange(len(reach)),
        decode_ms=0.0,
        feature_costs=FREE,
    )


@pytest.fixture(scope="session")
def make_voters() -> MakeVoters:
    return _make_voters
