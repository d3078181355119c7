import numpy as np
import pytest

from edgewise.select.calibration import softmax
from edgewise.select.learned.outlook import joint_figures, joint_outlook, mean_of, outlook


def test_the_figures_of_a_distribution() -> None:
    (found,) = outlook(np.float32([[0.1, 0.6, 0.3]]))
    entropy = -(0.1 * np.log(0.1) + 0.6 * np.log(0.6) + 0.3 * np.log(0.3))
    assert found == pytest.approx([np.log(0.6001 / 0.4001), np.log(0.301), 0.3, entropy], rel=1e-5)


def test_a_certain_answer_and_a_zoo_of_one_class_have_finite_figures() -> None:
    certain = outlook(np.float32([[0, 1, 0]]))
    assert np.isfinite(certain).all()
    assert (outlook(np.ones((1, 1), np.float32)) == certain).all()


def test_after_several_models_the_mean_the_last_and_whether_they_agree() -> None:
    parts = [np.float32([[0.7, 0.3, 0], [0.7, 0.3, 0]]), np.float32([[0.5, 0.2, 0.3], [0.1, 0.9, 0]])]
    mean = mean_of(parts)
    found = joint_outlook(mean, parts)
    assert mean[0] == pytest.approx([0.6, 0.25, 0.15])
    assert (found[:, :4] == outlook(mean)).all()
    assert (found[:, 4:8] == outlook(parts[1])).all()
    assert found[:, 8].tolist() == [1, 0]
    assert found.shape[1] == joint_figures(2) == joint_figures(3)
    assert joint_outlook(parts[0], parts[:1]).shape[1] == joint_figures(1)


@pytest.mark.parametrize("classes", [2, 7, 33, 1000])
def test_one_image_and_many_agree_exactly(classes: int) -> None:
    rng = np.random.default_rng(classes)
    parts = [softmax(rng.normal(0, 4, (60, classes)), 1.3) for _ in range(2)]
    batch = joint_outlook(mean_of(parts), parts)
    for row in range(60):
        own = [part[row : row + 1] for part in parts]
        assert (joint_outlook(mean_of(own), own)[0] == batch[row]).all()
