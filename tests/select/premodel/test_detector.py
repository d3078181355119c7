from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.premodel.detector import DetectorMethod, cross_detect, optimal_levels
from edgewise.select.premodel.method import PremodelMethod


@pytest.fixture(scope="module")
def trials(make_trials):
    """Half of the images lie where the model that is right is plain, half where it is a matter of luck."""
    plain = make_trials(images=800, reach=(0.5, 0.9), specialists=True, seed=1)
    luck = np.random.default_rng(0).random(800) < 0.5
    return replace(plain, features=np.where(luck[:, None], 2 + 0.1 * plain.labels[:, None], plain.features))


def test_flags_catch_wrong_choices_more_often_than_right_ones(trials) -> None:
    found = {detection.epsilon: detection for detection in cross_detect(trials, DetectorMethod())}
    for epsilon, detection in found.items():
        assert detection.wrong + detection.right == 800
        # Of the right choices, which are true classes, at most epsilon of ALL images can be flagged, but for luck.
        assert detection.false_alarm_rate * detection.right / 800 <= epsilon + 0.03
    assert found[0.2].detection_rate > 2 * found[0.2].false_alarm_rate
    rates = [detection.detection_rate for detection in found.values()]
    assert rates == sorted(rates), "the p-value rule flags the more, the higher epsilon is"


def test_the_rules_are_what_they_say(trials) -> None:
    train, held = trials.take(np.arange(600)), trials.take(np.arange(600, 800))
    detector = DetectorMethod().fit(train)
    p_values = detector.conformal.p_values(held.features)
    level, (flagged,) = detector.flags(held.features, (0.1,))
    assert flagged.tolist() == [bool(row[choice] < 0.1) for row, choice in zip(p_values, level, strict=True)]
    _, (alone,) = replace(detector, rule="singleton").flags(held.features, (0.1,))
    possible = [set(np.flatnonzero(row > 0.1)) for row in p_values]
    assert alone.tolist() == [found != {int(choice)} for found, choice in zip(possible, level, strict=True)]
    assert flagged.any()
    assert (flagged != alone).any()


def test_the_choices_are_the_premodel_s(trials) -> None:
    method = DetectorMethod(PremodelMethod(chain="tree", on_fail="refuse"))
    detector = method.fit(trials)
    level, _ = detector.flags(trials.features, (0.1,))
    chosen = np.append(np.arange(len(detector.premodel.levels)), -1)[level]
    assert (detector.premodel.route(trials).chosen == chosen).all()


def test_what_is_optimal_is_asked_of_the_levels_alone(trials) -> None:
    right = trials.right()
    assert (optimal_levels(trials, ("net1",), "top1") == np.where(right[:, 1], 0, 1)).all()
    assert (optimal_levels(trials, (), "top1") == 0).all()


def test_without_wrong_choices_there_is_no_rate(make_trials) -> None:
    detection = cross_detect(
        make_trials(images=100, classes=5), DetectorMethod(PremodelMethod("top5")), epsilons=(0.1,)
    )
    assert np.isnan(detection[0].detection_rate)
    assert detection[0].right == 100


def test_what_cannot_work_is_said(trials) -> None:
    with pytest.raises(UsageError, match="'hunch'"):
        DetectorMethod(rule="hunch").fit(trials)  # type: ignore[arg-type]
    detector = DetectorMethod().fit(trials)
    with pytest.raises(UsageError, match=r"Epsilon is 1\.5"):
        detector.flags(trials.features, (0.1, 1.5))
    with pytest.raises(UsageError, match="classes"):
        replace(detector, premodel=PremodelMethod(theta_points=100.0).fit(trials))
