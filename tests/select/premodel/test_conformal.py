import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.premodel import conformal
from edgewise.select.premodel.conformal import Conformal


def _images(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three classes that overlap, unequally frequent."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, rows, p=[0.6, 0.3, 0.1])
    return rng.normal(labels[:, None] * [1.0, 0.0], 1.0, (rows, 2)), labels


@pytest.mark.parametrize("k", [1, 5])
def test_the_true_class_is_at_most_epsilon_as_often_as_epsilon_says(k: int) -> None:
    epsilons = np.array([0.05, 0.1, 0.2, 0.5])
    shares: list[np.ndarray] = []
    for seed in range(8):
        features, labels = _images(2000, seed)
        fitted = Conformal.fit(features[:1000], labels[:1000], 3, k, 0.5, seed)
        own = fitted.p_values(features[1000:])[np.arange(1000), labels[1000:]]
        shares.append((own[:, None] <= epsilons).mean(axis=0))
    mean = np.mean(shares, axis=0)
    assert (mean <= epsilons + 0.02).all(), mean
    assert (mean >= epsilons - 0.03).all(), f"valid, and no more careful than that: {mean}"


def test_the_likelier_class_looks_less_strange() -> None:
    features, labels = _images(600, 0)
    fitted = Conformal.fit(features, labels, 3, 5, 0.25, 0)
    p_values = fitted.p_values(np.array([[-1.0, 0.0], [3.0, 0.0]]))
    assert p_values[0].argmax() == 0
    assert p_values[1].argmax() == 2


def test_a_class_that_was_never_seen_is_as_strange_as_can_be() -> None:
    features, labels = _images(200, 0)
    fitted = Conformal.fit(features, np.where(labels == 2, 1, labels), 3, 5, 0.25, 0)
    assert np.isinf(fitted.nonconformity(features[:3])[:, 2]).all()
    assert fitted.p_values(features[:3])[:, 2] == pytest.approx(1 / 51)


def test_chunks_and_storing_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = _images(200, 0)
    fitted = Conformal.fit(features, labels, 3, 5, 0.25, 0)
    whole = fitted.p_values(features)
    monkeypatch.setattr(conformal, "_CHUNK_VALUES", 300)
    assert (Conformal.from_state(*fitted.state()).p_values(features) == whole).all()


@pytest.mark.parametrize(("rows", "set_apart"), [(100, 0.0), (100, 1.0), (1, 0.5), (100, float("nan")), (100, 0.001)])
def test_some_rows_must_be_on_either_side(rows: int, set_apart: float) -> None:
    features, labels = _images(rows, 0)
    with pytest.raises(UsageError, match="none on one side"):
        Conformal.fit(features, labels, 3, 5, set_apart, 0)


def test_at_least_one_neighbour_is_near() -> None:
    with pytest.raises(UsageError, match="n_neighbors is 0"):
        Conformal.fit(*_images(50, 0), 3, 0, 0.25, 0)
