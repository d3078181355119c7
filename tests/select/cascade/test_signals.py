import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import entropy

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.cascade.signals import SIGNALS, Signal, signal_of

LOGITS = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 6), st.integers(1, 37)), elements=st.floats(-1e4, 1e4, width=32)
)


@given(LOGITS, st.sampled_from(SIGNALS))
def test_a_row_alone_and_in_a_batch_are_bit_equal(logits: np.ndarray, signal: Signal) -> None:
    probabilities = softmax(logits)
    batch = signal_of(probabilities, signal)
    assert batch.dtype == np.float32
    assert batch.shape == (len(logits),)
    assert 0 <= batch.min() <= batch.max() <= 1
    for value, alone in zip(batch, probabilities, strict=True):
        assert signal_of(alone, signal) == value
        assert signal_of(alone, signal).dtype == np.float32


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_certain_answer_has_one_and_an_even_one_the_least(signal: Signal) -> None:
    certain, even, unequal = np.float32([1, 0, 0, 0]), np.full(4, 0.25, np.float32), np.float32([0.5, 0.3, 0.1, 0.1])
    assert signal_of(certain, signal) == 1
    assert signal_of(even, signal) == pytest.approx(0.25 if signal == "max-prob" else 0, abs=1e-6)
    expected = {"max-prob": 0.5, "margin": 0.2, "entropy": 1 - entropy(unequal, base=4)}[signal]
    assert signal_of(unequal, signal) == pytest.approx(expected, abs=1e-6)


def test_two_equal_best_classes_have_no_margin() -> None:
    assert signal_of(np.float32([0.4, 0.2, 0.4]), "margin") == 0


def test_the_answer_is_not_changed() -> None:
    answer = np.float32([[0.7, 0.3], [0.2, 0.8]])
    for signal in SIGNALS:
        signal_of(answer, signal)
    assert answer.tolist() == np.float32([[0.7, 0.3], [0.2, 0.8]]).tolist()


def test_an_unknown_signal() -> None:
    with pytest.raises(UsageError, match="'variance'"):
        signal_of(np.float32([1, 0]), "variance")  # type: ignore[arg-type]
