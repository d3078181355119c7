import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from edgewise.select.learned.logistic import Logistic, fit_logistic, log_loss, sigmoid


def _rows(images: int = 600, columns: int = 4, classes: int = 8, seed: int = 0):
    rng = np.random.default_rng(seed)
    X, g = rng.normal(size=(images, columns)), rng.integers(0, classes, images)
    scores = X @ rng.normal(0, 0.8, columns) - 1 + rng.normal(0, 1, classes)[g]
    return X, g, rng.random(images) < sigmoid(scores)


def test_it_is_scikit_learns_regression_with_a_column_for_each_class() -> None:
    X, g, y = _rows()
    weights = np.random.default_rng(1).uniform(0.5, 2, len(y))
    fitted = fit_logistic(X, g, y, weights, 2.0, 2.0, 8)
    columns = np.hstack([X, np.eye(8)[g]])
    peer = LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000).fit(columns, y, weights)
    assert fitted.scores(X, g) == pytest.approx(peer.decision_function(columns), abs=2e-3)


def test_without_classes_it_is_scikit_learns_regression_too() -> None:
    X, g, y = _rows()
    fitted = fit_logistic(X, g, y, np.ones(len(y)), 4.0, np.inf, 8)
    peer = LogisticRegression(C=0.25, tol=1e-10, max_iter=10_000).fit(X, y)
    assert fitted.weights == pytest.approx(peer.coef_[0], abs=1e-3)
    assert (fitted.offsets == 0).all()


def test_a_class_that_never_came_has_no_offset() -> None:
    X, g, y = _rows(classes=3)
    fitted = fit_logistic(X, g, y, np.ones(len(y)), 1.0, 1.0, 5)
    assert (fitted.offsets[3:] == 0).all()
    assert (fitted.offsets[:3] != 0).all()


@pytest.mark.parametrize("always", [False, True])
def test_a_truth_that_never_changes_has_a_solution(always: bool) -> None:
    X, g, _ = _rows(images=50)
    chances = fit_logistic(X, g, np.full(50, always), np.ones(50), 1.0, 5.0, 8).probabilities(X, g)
    assert np.abs(chances - always).max() < 0.02


def test_a_row_alone_scores_as_it_does_among_others() -> None:
    X, g, y = _rows(columns=9)
    fitted = fit_logistic(X, g, y, np.ones(len(y)), 1.0, 1.0, 8)
    alone = [fitted.probabilities(X[i : i + 1], g[i : i + 1])[0] for i in range(len(X))]
    assert (np.asarray(alone) == fitted.probabilities(X, g)).all()


def test_arrays_and_back() -> None:
    X, g, y = _rows(images=60)
    fitted = fit_logistic(X, g, y, np.ones(60), 1.0, 1.0, 8)
    again = Logistic.from_arrays("a.gain", fitted.arrays("a.gain"))
    assert (again.scores(X, g) == fitted.scores(X, g)).all()


def test_the_loss_of_a_score() -> None:
    assert log_loss(np.array([0.0, 800.0, 800.0]), np.array([1, 1, 0])) == pytest.approx([np.log(2), 0, 800])
    assert sigmoid(np.array([-800.0, 0.0, 800.0])).tolist() == [0.0, 0.5, 1.0]
