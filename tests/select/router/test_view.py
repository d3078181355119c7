from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.router.view import View
from edgewise.select.selector import Seen


def test_each_part_is_what_it_says(make_telling) -> None:
    trials = make_telling(images=20)
    vector, logits, confidence = View(("vector", "logits", "confidence"), "net0").of_trials(trials, slice(0, 20))
    assert (vector == trials.embeddings["net0"]).all()
    powers = np.exp(trials.logits[0].astype(np.float64))
    logarithms = np.log(powers / powers.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(logits, logarithms - logarithms.mean(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(confidence, np.sort(logarithms, axis=1)[:, :-6:-1], atol=1e-5)
    (features,) = View(("features",), None, trials.feature_names).of_trials(trials, slice(0, 20))
    assert (features == trials.features).all()


def test_one_image_is_seen_as_among_all(make_telling) -> None:
    trials = make_telling(images=20, classes=33)
    view = View(("vector", "logits", "confidence"), "net0")
    every = view.of_trials(trials, slice(0, 20))
    for image in range(20):
        seen = Seen(None, {"net0": trials.logits[0][image]}, {"net0": trials.embeddings["net0"][image]})
        for part, alone in zip(every, view.of_seen(seen), strict=True):
            np.testing.assert_array_equal(part[image], alone[0])


def test_two_classes_have_two_confidences(make_trials) -> None:
    trials = make_trials(images=5, classes=2)
    assert View(("confidence",), "net1").of_trials(trials, slice(0, 5))[0].shape == (5, 2)


def test_it_names_the_vectors_that_it_needs() -> None:
    assert View(("vector", "confidence"), "net0").embedding_names == ("net0",)
    assert View(("logits", "confidence"), "net0").embedding_names == ()
    assert View(("features",), None, ("a",)).embedding_names == ()


def test_what_is_missing_is_named(make_trials) -> None:
    logits = {"net0": make_trials(images=1).logits[0][0]}
    with pytest.raises(UsageError, match="penultimate vector of net0"):
        View(("vector",), "net0").of_seen(Seen(None, logits))
    with pytest.raises(UsageError, match="features hue, contrast"):
        View(("features",), None, ("hue", "contrast")).of_seen(Seen(None))


def test_half_precision_is_read_as_it_is(make_telling) -> None:
    trials = make_telling(images=8)
    half = {"net0": trials.embeddings["net0"].astype(np.float16)}
    (vector,) = View(("vector",), "net0").of_trials(replace(trials, embeddings=half), np.arange(3))
    assert vector.dtype == np.float64
    assert (vector == half["net0"][:3]).all()
