import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import check_grad
from scipy.special import log_softmax

from edgewise.errors import UsageError
from edgewise.select.calibration import VectorScaling, fit_temperature, fit_vector_scaling
from edgewise.select.calibration.vector import _Images, _loss


def _drawn(images: int, classes: int, bias: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are calibrated but for `bias` float [classes], which was added to them; and labels."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (images, classes))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return (logits + bias).astype(np.float32), labels


def _loss_of(logits: np.ndarray, labels: np.ndarray) -> float:
    return -log_softmax(logits.astype(float), axis=1)[np.arange(len(labels)), labels].mean()


def test_biases_of_classes_are_taken_away() -> None:
    bias = np.linspace(-1, 1, 8)
    found = fit_vector_scaling(*_drawn(6000, 8, bias, 0))
    assert found.bias - found.bias.mean() == pytest.approx(-bias, abs=0.2)
    logits, labels = _drawn(6000, 8, bias, 1)
    scaled, plain = _loss_of(found(logits), labels), _loss_of(logits / fit_temperature(logits, labels), labels)
    assert scaled < plain - 0.1
    assert scaled == pytest.approx(_loss_of(logits - bias, labels), abs=0.01)


@pytest.mark.parametrize(("images", "classes"), [(800, 20), (1000, 300)])
def test_where_nothing_is_to_be_learned_it_is_no_worse_than_a_temperature(images: int, classes: int) -> None:
    logits, labels = _drawn(2 * images, classes, np.zeros(classes), 3)
    found = fit_vector_scaling(logits[:images], labels[:images])
    held, true = logits[images:], labels[images:]
    alone = held / fit_temperature(logits[:images], labels[:images])
    assert _loss_of(found(held), true) <= _loss_of(alone, true) + 0.005


@given(hnp.arrays(np.float32, (4, 9), elements=st.floats(-1e4, 1e4, width=32)), st.floats(-100, 100))
def test_a_row_alone_and_in_a_batch_are_bit_equal_wherever_logits_start(logits: np.ndarray, offset: float) -> None:
    rng = np.random.default_rng(0)
    scaling = VectorScaling(rng.uniform(0.5, 2, 9).astype(np.float32), rng.normal(0, 1, 9).astype(np.float32))
    batch = scaling(logits)
    assert batch.dtype == np.float32
    for row, alone in zip(batch, logits, strict=True):
        assert (scaling(alone) == row).all()
    assert scaling(logits.astype(np.float64) + offset) == pytest.approx(batch, abs=0.05)


def test_where_classes_are_to_count_alike_biases_do_not_learn_how_often_they_occur() -> None:
    rng = np.random.default_rng(5)
    labels = np.repeat([0, 1], [1800, 200])
    logits = rng.normal(0, 1, (2000, 2)).astype(np.float32)
    logits[np.arange(2000), labels] += 1
    plain, weighted = (fit_vector_scaling(logits, labels, w) for w in (None, np.where(labels == 0, 1 / 1.8, 5.0)))
    assert plain.bias[0] - plain.bias[1] > 0.8
    assert abs(weighted.bias[0] - weighted.bias[1]) < 0.3


@pytest.mark.parametrize("prior", [False, True])
def test_the_gradient_is_that_of_the_loss(prior: bool) -> None:
    rng = np.random.default_rng(0)
    images = _Images(rng.normal(size=(30, 4)), rng.integers(0, 4, 30), rng.uniform(0.5, 1.5, 30))
    assert (
        check_grad(
            lambda flat: _loss(flat.reshape(2, 4), images, prior=prior)[0],
            lambda flat: _loss(flat.reshape(2, 4), images, prior=prior)[1].ravel(),
            rng.normal(0, 0.2, 8),
            epsilon=1e-3,
        )
        < 1e-2
    )


def test_an_excluded_class_is_no_nan() -> None:
    found = fit_vector_scaling(np.array([[0.0, 1.0, -np.inf], [2.0, 0.0, -np.inf]], np.float32), np.array([1, 0]))
    assert np.isfinite(found.scale).all()
    assert np.isfinite(found.bias).all()


def test_one_row_is_enough_and_none_is_not() -> None:
    assert fit_vector_scaling(np.eye(3, dtype=np.float32)[:1], np.array([0])).bias.tolist() == [0, 0, 0]
    with pytest.raises(UsageError, match="at least one"):
        fit_vector_scaling(np.empty((0, 3)), np.empty(0, int))


def test_a_scale_that_turns_classes_round_is_refused() -> None:
    with pytest.raises(UsageError, match="least scale -1"):
        VectorScaling(np.float32([1, -1]), np.float32([0, 0]))
    with pytest.raises(UsageError, match="for each class"):
        VectorScaling(np.float32([1, 1]), np.float32([0]))
