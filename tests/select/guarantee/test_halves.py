import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.guarantee.halves import halves


def test_every_image_is_on_one_side_and_every_class_on_both(make_trials) -> None:
    trials = make_trials(images=203)
    fitting, calibration = halves(trials, 0.3, seed=1)
    assert len(calibration) == 61
    values = np.concatenate([fitting.features, calibration.features])
    assert (np.sort(values[:, 0]) == np.sort(trials.features[:, 0])).all()
    whole, held = np.bincount(trials.labels), np.bincount(calibration.labels)
    assert (np.abs(held - 0.3 * whole) <= 1).all()


def test_calibration_images_come_in_no_order(make_trials) -> None:
    trials = make_trials(images=200)
    _, calibration = halves(trials.take(np.argsort(trials.labels)), 0.5, seed=0)
    assert (np.diff(calibration.labels) < 0).sum() > 20
    assert not (calibration.features == halves(trials, 0.5, seed=1)[1].features).all()


@pytest.mark.parametrize("share", [0.0, 1.0, 0.001, float("nan")])
def test_both_sides_have_images(make_trials, share: float) -> None:
    with pytest.raises(UsageError, match="none on one side"):
        halves(make_trials(images=20), share, seed=0)
