"""What a loaded classifier answers."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.runtime.session import Signature
from edgewise.zoo.card import Card, Output
from edgewise.zoo.classes import numbered
from edgewise.zoo.classifier import Classifier, log_probabilities


@dataclass
class Fixed:
    """A session that gives the same outputs for any image."""

    outputs: list[float]
    step: float | None = None

    @property
    def signature(self) -> Signature:
        return Signature(4, len(self.outputs), output_step=self.step)

    def run(self, images: np.ndarray) -> np.ndarray:
        return np.tile(np.array(self.outputs, np.float32), (len(images), 1))


def classifier(session: Fixed, output: Output, skip: int = 0) -> Classifier:
    card = Card("net", "fixed", numbered(len(session.outputs) - skip), Preprocess(4, 4), output, skip)
    return Classifier(card, session, "")


IMAGES = np.zeros((2, 3, 4, 4), np.float32)


def test_logits_pass_through() -> None:
    np.testing.assert_array_equal(classifier(Fixed([1, -2, 3]), "logits").predict(IMAGES)[1], [1, -2, 3])


def test_background_is_dropped_and_the_rest_renormalised() -> None:
    logits = classifier(Fixed([0.5, 0.25, 0.25], step=1 / 256), "probabilities", skip=1).predict(IMAGES)
    np.testing.assert_allclose(np.exp(logits[0]), [0.5, 0.5], rtol=1e-6)


def test_quantised_zero_becomes_half_a_step() -> None:
    logits = classifier(Fixed([0.0, 1.0], step=1 / 256), "probabilities").predict(IMAGES)
    np.testing.assert_allclose(logits[0], np.log(np.array([1 / 512, 1]) / (1 + 1 / 512)), rtol=1e-5)


def test_outputs_that_are_no_numbers_are_said() -> None:
    with pytest.raises(ModelError, match="not numbers"):
        classifier(Fixed([1.0, float("nan")]), "logits").predict(IMAGES)


def test_logits_taken_for_probabilities_are_said() -> None:
    with pytest.raises(ModelError, match="no probabilities"):
        classifier(Fixed([-3.0, 2.0, 5.0]), "probabilities").predict(IMAGES)


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=20))
def test_log_probabilities_sum_to_one_and_keep_the_order(values: list[float]) -> None:
    probabilities = np.array([values], np.float32)
    logs = log_probabilities(probabilities, 1e-3)
    assert np.exp(logs).sum() == pytest.approx(1, rel=1e-5)
    floored = np.maximum(probabilities, 1e-3)
    assert (np.argsort(floored[0], kind="stable") == np.argsort(logs[0], kind="stable")).all() or len(
        np.unique(logs)
    ) < len(np.unique(floored))
