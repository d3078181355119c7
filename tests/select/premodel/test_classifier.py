import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from edgewise.select.premodel.classifier import PremodelClassifier


@parametrize_with_checks(
    [
        PremodelClassifier(),
        PremodelClassifier(n_neighbors=2, fail_label=1),
        PremodelClassifier(radius="auto"),
        PremodelClassifier(chain="svm.knn"),
        PremodelClassifier(chain="tree"),
        PremodelClassifier(chain="nb"),
        PremodelClassifier(single=True),
        PremodelClassifier(single=True, chain="svm"),
        PremodelClassifier(single=True, chain="nb"),
    ]
)
def test_scikit_learn_contract(estimator: PremodelClassifier, check) -> None:
    check(estimator)


def test_two_classes_are_plain_knn() -> None:
    rng = np.random.default_rng(0)
    X, y, queries = rng.random((300, 4)), rng.integers(0, 2, 300), rng.random((200, 4))
    X[0], X[1] = 0, 1  # already scaled, so that the peer sees the same distances
    peer = KNeighborsClassifier(n_neighbors=5, algorithm="brute").fit(X, y)
    assert (PremodelClassifier().fit(X, y).predict(queries) == peer.predict(queries)).all()


def test_the_fail_label_has_no_level_and_may_be_absent() -> None:
    X = np.arange(9.0)[:, None]
    y = np.array([0, 0, 0, 1, 1, 1, 0, 1, 2])
    model = PremodelClassifier(n_neighbors=3, fail_label=7).fit(X, y)
    assert model.levels_.tolist() == [0, 1, 2]
    assert model.predict([[0.0], [4.0], [7.0]]).tolist() == [0, 1, 7]
    assert model.level_scores([[7.0]]).tolist() == [[1 / 3, 1 / 3, 1 / 3]]


def test_a_fail_label_in_the_middle_of_the_classes_is_left_over() -> None:
    X = np.arange(9.0)[:, None]
    y = np.array(["a", "a", "a", "fail", "fail", "fail", "z", "z", "z"])
    model = PremodelClassifier(n_neighbors=3, fail_label="fail").fit(X, y)
    assert model.levels_.tolist() == ["a", "z"]
    assert model.predict([[0.0], [4.0], [8.0]]).tolist() == ["a", "fail", "z"]


def test_without_a_fail_label_the_last_class_is_left_over() -> None:
    X = np.arange(9.0)[:, None]
    model = PremodelClassifier(n_neighbors=3).fit(X, [0, 0, 0, 1, 1, 1, 0, 1, 2])
    assert model.levels_.tolist() == [0, 1]
    assert model.predict([[7.0]]).tolist() == [2]


def test_the_scores_of_a_single_classifier_have_the_fail_class_last() -> None:
    X = np.arange(9.0)[:, None]
    model = PremodelClassifier(n_neighbors=3, fail_label=1, single=True).fit(X, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    assert model.level_scores([[4.0], [7.0]]).tolist() == [[0, 0, 1], [0, 1, 0]]
    assert model.predict([[4.0], [7.0]]).tolist() == [1, 2]


def test_not_fitted_is_said() -> None:
    with pytest.raises(NotFittedError):
        clone(PremodelClassifier()).level_scores([[1.0]])
