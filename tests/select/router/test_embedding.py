"""What is not finite is refused, by the name of what holds it."""

from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.router.embedding import Embedding
from edgewise.select.router.view import View

VECTOR = View(("vector", "confidence"), "net0")


def test_a_vector_that_is_not_finite_is_named(make_telling) -> None:
    trials = make_telling(images=40)
    vector = trials.embeddings["net0"].copy()
    vector[[3, 7], 2] = np.nan, np.inf
    with pytest.raises(UsageError, match=r"penultimate vector of net0, .* 2 of 40 images") as raised:
        Embedding.fit(VECTOR, replace(trials, embeddings={"net0": vector}), 4)
    assert "Profile again" in raised.value.hint


def test_logits_that_are_not_finite_are_named(make_telling) -> None:
    trials = make_telling(images=40)
    logits = trials.logits[0].copy()
    logits[5, 1] = np.nan
    broken = replace(trials, logits=(logits, *trials.logits[1:]))
    with pytest.raises(UsageError, match=r"confidence of net0, .* 1 of 40 images"):
        Embedding.fit(VECTOR, broken, 4)


def test_features_that_are_not_finite_are_named(make_telling) -> None:
    trials = make_telling(images=40)
    view = View(("features",), None, trials.feature_names)
    features = trials.features.copy()
    features[0, 0] = np.nan
    with pytest.raises(UsageError, match=r"features of the image, .* 1 of 40 images"):
        Embedding.fit(view, replace(trials, features=features), 4)


def test_images_beyond_those_that_settle_the_directions_are_looked_at_too(make_telling) -> None:
    trials = make_telling(images=40)
    embedding = Embedding.fit(VECTOR, trials, 4)
    vector = trials.embeddings["net0"].copy()
    vector[9] = np.nan
    with pytest.raises(UsageError, match=r"vector of net0 and the confidence of net0, .* 1 of 40 images"):
        embedding.of_trials(replace(trials, embeddings={"net0": vector}))
