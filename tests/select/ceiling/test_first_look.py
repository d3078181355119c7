from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.select.ceiling.first_look import Answers, first_looks

NAMES = ("a", "b", "c", "d")


def _answers(seed: int, images: int = 30, *, sure: bool = True, worth: bool = False) -> Answers:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, images)
    named = np.where(rng.random((images, 4)) < [0.5, 0.6, 0.7, 0.8], labels[:, None], rng.integers(0, 3, (images, 4)))
    weights = rng.choice([0.5, 2.0], images) if worth else np.ones(images)
    return Answers(
        NAMES,
        named,
        named == labels[:, None],
        # Few values, so that many are equal.
        rng.integers(1, 8, (images, 4)).astype(np.float32) / 8 if sure else np.ones((images, 4), np.float32),
        weights * images / weights.sum(),
        np.array([1.0, 2.0, 5.0, 20.0]),
        0.5,
    )


def _all(answers: Answers) -> list[tuple[float, float, str]]:
    """Accuracy, mean ms and models of every cascade, image by image."""
    found: list[tuple[float, float, str]] = []
    times = answers.times_ms
    for first, second in combinations(range(4), 2):
        for threshold in np.unique(answers.sure[:, first])[1:]:
            escalated = answers.sure[:, first] < threshold
            right = np.where(escalated, answers.right[:, second], answers.right[:, first])
            ms = 0.5 + times[first] + escalated.mean() * times[second]
            found.append((float((answers.worth * right).mean()), float(ms), NAMES[first] + NAMES[second]))
        for third in range(second + 1, 4):
            differ = answers.named[:, first] != answers.named[:, second]
            right = np.where(differ, answers.right[:, third], answers.right[:, first])
            ms = 0.5 + times[first] + times[second] + differ.mean() * times[third]
            found.append(
                (float((answers.worth * right).mean()), float(ms), NAMES[first] + NAMES[second] + NAMES[third])
            )
    return found


@given(st.integers(0, 500), st.booleans())
def test_none_of_all_cascades_is_faster_or_more_accurate(seed: int, worth: bool) -> None:
    answers = _answers(seed, worth=worth)
    targets = [0.0, 0.5, 0.75, 0.9, 1.0]
    fastest, best = first_looks(answers, targets)
    every = _all(answers)
    for target, look in zip(targets, fastest, strict=True):
        least = min((ms for accuracy, ms, _ in every if accuracy >= target - 1e-9), default=None)
        assert (look is None) == (least is None)
        if look is not None:
            assert look.mean_ms == pytest.approx(least)
            assert look.accuracy >= target - 1e-9
            assert any(look.accuracy == pytest.approx(a) and "".join(look.models) == n for a, _, n in every)
    assert best is not None
    assert best.accuracy == pytest.approx(max(accuracy for accuracy, *_ in every))


def test_a_threshold_is_the_least_probability_that_stands() -> None:
    answers = _answers(3)
    (look,), _ = first_looks(answers, [0.0])
    assert look is not None
    assert (look.rule, look.models) == ("confidence", ("a", "b"))
    assert look.threshold is not None
    assert look.escalated == pytest.approx((answers.sure[:, 0] < look.threshold).mean())


def test_without_confidences_there_is_agreement() -> None:
    (look,), _ = first_looks(_answers(0, sure=False), [0.0])
    assert look is not None
    assert (look.rule, look.threshold) == ("agreement", None)


def test_two_models_without_confidences_are_no_cascade() -> None:
    answers = _answers(0, sure=False)
    two = Answers(
        NAMES[:2],
        answers.named[:, :2],
        answers.right[:, :2],
        answers.sure[:, :2],
        answers.worth,
        np.array([1.0, 2.0]),
        0.5,
    )
    assert first_looks(two, [0.0]) == ((None,), None)
