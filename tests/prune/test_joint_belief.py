"""What networks believe together: nobody judges in his own cause alone."""

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.prune.guard import Guard, expected_drops
from edgewise.prune.joint_belief import JointBelief
from edgewise.prune.posterior import Posterior
from edgewise.select.calibration import softmax

CLASSES, INPUTS = 5, 4000
POSTERIOR = Posterior(tuple(range(CLASSES)))


def _networks(*clearness: float, inputs: int = INPUTS) -> tuple[np.ndarray, list[np.ndarray]]:
    """The truth, and logits of calibrated networks that each see inputs with noise of their own."""
    random = np.random.default_rng(0)
    truth = random.integers(CLASSES, size=inputs)
    seen = [clear * np.eye(CLASSES)[truth] + random.normal(size=(inputs, CLASSES)) for clear in clearness]
    return truth, [clear * one for clear, one in zip(clearness, seen, strict=True)]


def _drops(taught: np.ndarray, others: list[np.ndarray], fitted_to: int = 160) -> list[float]:
    """Of each other network, in points, of inputs that nothing was fitted to."""
    joint = JointBelief.fitted(taught[:fitted_to], [one[:fitted_to] for one in others], POSTERIOR)
    taught, others = taught[fitted_to:], [one[fitted_to:] for one in others]
    believed = joint.logits(taught, others, POSTERIOR)
    return [100 * float(expected_drops(taught, one, POSTERIOR, believed)[0].mean()) for one in others]


def _true(truth: np.ndarray, taught: np.ndarray, other: np.ndarray) -> float:
    return 100 * float(((taught.argmax(1) == truth) * 1.0 - (other.argmax(1) == truth)).mean())


@pytest.mark.parametrize("others", [(3.0,), (3.4,), (3.0, 3.0)])
def test_a_network_that_is_as_good_is_not_taken_for_worse(others: tuple[float, ...]) -> None:
    truth, (taught, *more) = _networks(3.0, *others)
    for other, drop in zip(more, _drops(taught, more), strict=True):
        alone = 100 * float(expected_drops(taught, other, POSTERIOR)[0].mean())
        true = _true(truth, taught, other)
        assert true < 0.6
        assert alone > 3, "by the generic network's belief"
        assert abs(drop - true) < 0.4 * abs(alone - true)


def test_one_that_is_worse_is_still_found_out() -> None:
    truth, (taught, other) = _networks(3.0, 1.5)
    (drop,) = _drops(taught, [other])
    assert drop > 0.7 * _true(truth, taught, other) > 10


@pytest.mark.parametrize("sure", [1.0, 10.0, 1e4])
def test_one_that_is_wrong_and_sure_of_it_does_not_vouch_for_itself(sure: float) -> None:
    truth, (taught, good) = _networks(3.0, 3.0)
    junk = sure * np.random.default_rng(1).normal(size=taught.shape)
    alone = _drops(taught, [junk])
    beside = _drops(taught, [good, junk])
    assert min(alone[-1], beside[-1]) > 0.85 * _true(truth, taught, junk)


def test_how_a_network_scales_its_logits_makes_no_difference_where_it_is_too_sure() -> None:
    _, (taught, other) = _networks(3.0, 3.0)
    found = [
        JointBelief.fitted(taught[:200], [scale * other[:200]], POSTERIOR).logits(taught, [scale * other], POSTERIOR)
        for scale in (10.0, 300.0)
    ]
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-3)


def test_one_that_has_never_differed_yet_does_not_overrule_the_generic_network() -> None:
    sure = 20.0 * np.eye(CLASSES)[np.arange(160) % CLASSES]
    joint = JointBelief.fitted(sure, [50 * sure], POSTERIOR)
    dispute = joint.logits(sure[:1], [50 * sure[1:2]], POSTERIOR)
    assert dispute[0].argmax() == 0


def test_no_network_is_taken_for_surer_than_it_is() -> None:
    _, (taught, other) = _networks(3.0, 3.0)
    joint = JointBelief.fitted(taught, [0.1 * other], POSTERIOR)
    assert joint.temperatures == (1.0,)


def test_the_generic_networks_temperature_is_its_own() -> None:
    _, (taught, other) = _networks(3.0, 3.0, inputs=500)
    plain = JointBelief((1.5,)).logits(taught, [other], POSTERIOR)
    warm = Posterior(POSTERIOR.classes, temperature=4.0)
    scaled = JointBelief((1.5,)).logits(4.0 * taught, [other], warm)
    np.testing.assert_allclose(warm.of(scaled), POSTERIOR.of(plain), atol=1e-6)
    np.testing.assert_allclose(POSTERIOR.of(plain), softmax((taught + other / 1.5) / 2), atol=1e-6)


def test_trouble_is_told() -> None:
    with pytest.raises(UsageError, match="no inputs"):
        JointBelief.fitted(np.zeros((0, CLASSES)), [np.zeros((0, CLASSES))], POSTERIOR)
    with pytest.raises(UsageError, match="1 networks answered, and 2 were fitted"):
        JointBelief((1.0, 1.0)).logits(np.zeros((1, CLASSES)), [np.zeros((1, CLASSES))], POSTERIOR)


class TestTheGuard:
    def test_it_lets_in_what_the_generic_network_alone_would_refuse(self) -> None:
        _, (taught, other) = _networks(3.0, 3.4)
        believed = JointBelief((1.0,)).logits(taught, [other], POSTERIOR)
        assert Guard().judge(taught, other, POSTERIOR).verdict == "refused"
        evidence = Guard().judge(taught, other, POSTERIOR, believed=believed)
        assert evidence.verdict == "passes"
        assert evidence.drop_points < 0, "it may be found better than the generic network"
        assert "all networks of the device" in evidence.assumes[0]

    def test_it_goes_on_with_whom_it_began(self) -> None:
        _, (taught, other) = _networks(3.0, 3.0, inputs=400)
        believed = JointBelief((1.0,)).logits(taught, [other], POSTERIOR)
        begun = Guard().judge(taught[:200], other[:200], POSTERIOR, believed=believed[:200])
        whole = Guard().judge(taught, other, POSTERIOR, believed=believed)
        more = Guard().judge(taught[200:], other[200:], POSTERIOR, after=begun, believed=believed[200:])
        assert (more.inputs, more.agreed) == (whole.inputs, whole.agreed)
        assert more.drop_points == pytest.approx(whole.drop_points)
        with pytest.raises(UsageError, match="another guard"):
            Guard().judge(taught[200:], other[200:], POSTERIOR, after=begun)
