"""Synthetic trials whose truth is known: each image has a difficulty, and each model fails above its own."""

from collections.abc import Callable

import numpy as np
import pytest

from edgewise.select.feature_costs import at_once
from edgewise.select.trials import Trials

MakeTrials = Callable[..., Trials]


def _make_trials(
    images: int = 200,
    reach: tuple[float, ...] = (0.5, 0.7, 0.9),
    classes: int = 6,
    features: str = "informative",
    sure_when_right: bool = True,
    specialists: bool = False,
    seed: int = 0,
) -> Trials:
    """Model i is right exactly where the difficulty is under `reach[i]`; it costs 10 ** i ms.

    `specialists`: model i is right between `reach[i - 1]` and `reach[i]` only, so no model makes another superfluous.

    `features`: "informative" = the difficulty itself; "noise" = two columns that know nothing.
    `sure_when_right`: a right answer has a margin of 6, a wrong one of 1; else both have 3.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, images)
    difficulty = rng.random(images)
    logits: list[np.ndarray] = []
    for below, limit in zip((0.0, *reach), reach, strict=False):
        right = (difficulty < limit) & (difficulty >= (below if specialists else 0))
        answer = np.where(right, labels, (labels + 1) % classes)
        scores = rng.normal(0, 0.1, (images, classes)).astype(np.float32)
        scores[np.arange(images), answer] += np.where(right, 6, 1) if sure_when_right else 3
        logits.append(scores)
    columns = difficulty[:, None] if features == "informative" else rng.random((images, 2))
    names = tuple(f"feature{i}" for i in range(columns.shape[1]))
    return Trials(
        models=tuple(f"net{i}" for i in range(len(reach))),
        logits=tuple(logits),
        labels=labels,
        features=columns,
        feature_names=names,
        times_ms=10.0 ** np.arange(len(reach)),
        decode_ms=0.5,
        feature_costs=at_once(names, 0.25),
    )


@pytest.fixture(scope="session")
def make_trials() -> MakeTrials:
    return _make_trials


@pytest.fixture(scope="session")
def decide_loop() -> Callable[..., object]:
    """Routes by calling `decide` image by image, as a server does."""
    from edgewise.select.selector import Answer, Refuse, Routes, Run, Seen, Selector
    from edgewise.select.trials import top_classes

    def loop(selector: Selector, trials: Trials) -> Routes:
        features = trials.columns(selector.feature_names)
        ran = np.zeros((len(trials), len(trials.models)), bool)
        chosen = np.full(len(trials), -1)
        top = np.full((len(trials), min(5, trials.logits[0].shape[1])), -1)
        steps = np.zeros(len(trials), np.int64)
        for image in range(len(trials)):
            seen = Seen(features[image])
            while True:
                step = selector.decide(seen)
                steps[image] += 1
                if isinstance(step, Run):
                    model = trials.models.index(step.model)
                    assert not ran[image, model], "no model runs twice"
                    ran[image, model] = True
                    chosen[image] = model
                    vectors = {
                        n: trials.embeddings[n][image] for n in (*seen.logits, step.model) if n in trials.embeddings
                    }
                    seen = Seen(seen.features, {**seen.logits, step.model: trials.logits[model][image]}, vectors)
                elif isinstance(step, Answer):
                    top[image] = top_classes(step.probabilities[None], 5)[0]
                    break
                else:
                    assert isinstance(step, Refuse)
                    break
        return Routes(ran, chosen, top, steps)

    return loop
