"""Every family against scikit-learn's own `predict`, on data made to tie and far outside the training range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from edgewise.errors import UsageError
from edgewise.select.premodel.families import FIT, Family, family_named
from edgewise.select.premodel.families import svm as svm_file
from edgewise.select.premodel.families.bayes import fit_bayes
from edgewise.select.premodel.families.svm import fit_svm
from edgewise.select.premodel.families.tree import fit_tree


def _data(rows: int, features: int, classes: int, grid: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training rows, labels and queries on a grid, so that points coincide; thirds are inexact in binary."""
    rng = np.random.default_rng(seed)
    training = rng.integers(0, grid + 1, (rows, features)) / (3 * grid)
    labels = rng.integers(0, classes, rows)
    labels[:classes] = np.arange(classes)  # every class occurs
    queries = np.vstack([rng.integers(-grid, 2 * grid, (30, features)) / (3 * grid), training[:20]])
    return training, labels, queries


_SETS = given(
    rows=st.integers(8, 60),
    features=st.integers(1, 5),
    classes=st.integers(2, 5),
    grid=st.sampled_from([1, 3, 1000]),
    seed=st.integers(0, 2**31),
)


@_SETS
@settings(max_examples=60, deadline=None)
def test_trees_walk_as_scikit_learn_s_do(rows: int, features: int, classes: int, grid: int, seed: int) -> None:
    training, labels, queries = _data(rows, features, classes, grid, seed)
    peer = DecisionTreeClassifier(random_state=3).fit(training, labels)
    ours = fit_tree(training, labels, seed=3)
    assert (ours.read(queries)[0] == peer.predict_proba(queries)).all()
    assert (ours.read(queries)[1] == peer.predict(queries)).all()


def test_a_tree_asks_in_single_precision() -> None:
    peer = DecisionTreeClassifier(random_state=0).fit([[0.1], [0.3]], [0, 1])
    threshold = float(peer.tree_.threshold[0])
    next_to_it = np.nextafter(threshold, [[-1.0], [1.0]])  # the same number in float32
    assert peer.predict(next_to_it).tolist() == [0, 0]
    assert fit_tree(np.array([[0.1], [0.3]]), np.array([0, 1]), 0).read(next_to_it)[1].tolist() == [0, 0]


@_SETS
@settings(max_examples=60, deadline=None)
def test_naive_bayes_agrees_to_the_bit(rows: int, features: int, classes: int, grid: int, seed: int) -> None:
    training, labels, queries = _data(rows, features, classes, grid, seed)
    if not training.var(axis=0).any():
        return  # scikit-learn divides by a variance of 0 there; ours has a test of its own
    peer = GaussianNB().fit(training, labels)
    ours = fit_bayes(training, labels, seed=0)
    assert (ours.log_likelihoods(queries) == peer.predict_joint_log_proba(queries)).all()
    assert (ours.read(queries)[1] == peer.predict(queries)).all()
    # Theirs go through the logarithm of a sum, which costs digits where the likelihoods are extreme.
    assert ours.read(queries)[0] == pytest.approx(peer.predict_proba(queries), abs=1e-5)


def test_naive_bayes_of_features_that_never_vary_goes_by_how_often() -> None:
    ours = fit_bayes(np.zeros((5, 2)), np.array([0, 1, 1, 1, 0]), seed=0)
    assert ours.read(np.zeros((1, 2)))[1].tolist() == [1]
    assert ours.read(np.zeros((1, 2)))[0] == pytest.approx(np.array([[0.4, 0.6]]))


@_SETS
@settings(max_examples=60, deadline=None)
def test_support_vectors_decide_as_libsvm_does(rows: int, features: int, classes: int, grid: int, seed: int) -> None:
    training, labels, queries = _data(rows, features, classes, grid, seed)
    peer = SVC(decision_function_shape="ovo").fit(training, labels)
    ours = fit_svm(training, labels, seed=0)
    margins = ours.margins(queries)
    theirs = peer.decision_function(queries).reshape(len(queries), -1)
    assert margins == pytest.approx(-theirs if classes == 2 else theirs, abs=1e-9)
    # A margin of 0 is a coin's edge: there libsvm's sum, taken in another order, may fall on the other side.
    clear = (np.abs(margins) > 1e-9).all(axis=1)
    assert (ours.read(queries)[1] == peer.predict(queries))[clear].all()


def test_the_margin_of_two_classes_is_above_zero_for_its_own() -> None:
    ours = fit_svm(np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([0, 0, 1, 1]), seed=0)
    scores = ours.read(np.array([[0.0], [1.0]]))[0]
    assert ours.read(np.array([[0.0], [1.0]]))[1].tolist() == [0, 1]
    assert (np.sign(scores) == [[1, -1], [-1, 1]]).all()


def test_a_large_training_set_is_drawn_from_by_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svm_file, "MOST_ROWS", 40)
    training, labels, queries = _data(200, 3, 2, 1000, seed=1)
    first, again, other = (fit_svm(training, labels, seed) for seed in (0, 0, 1))
    assert first.vectors.shape[1] <= 40
    assert (first.margins(queries) == again.margins(queries)).all()
    assert (first.margins(queries) != other.margins(queries)).any()


@pytest.mark.parametrize("family", ["tree", "svm", "nb"])
def test_one_image_and_a_batch_agree_to_the_bit(family: Family) -> None:
    training, labels, queries = _data(300, 4, 4, 1000, seed=2)
    ours = FIT[family](training, labels, 0)
    alone = np.vstack([ours.read(query[None])[0] for query in queries])
    assert (ours.read(queries)[0] == alone).all()


@pytest.mark.parametrize("family", ["tree", "svm", "nb"])
def test_a_single_class_is_always_named(family: Family) -> None:
    ours = FIT[family](np.array([[0.0], [0.5], [1.0]]), np.array([1, 1, 1]), 0)
    assert ours.read(np.array([[-3.0], [0.2]]))[1].tolist() == [1, 1]
    assert ours.read(np.array([[0.2]]))[0].tolist() == [[1.0]]


@pytest.mark.parametrize("family", ["tree", "svm", "nb"])
def test_a_query_beyond_all_bounds_gets_an_answer(family: Family) -> None:
    training, labels, _ = _data(50, 2, 3, 1000, seed=3)
    far = np.array([[1e300, -1e300]])
    ours = FIT[family](training, labels, 0)
    assert ours.read(far)[1][0] in (0, 1, 2)
    assert np.isfinite(ours.read(far)[0]).all()


def test_an_unknown_family_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="'forest'") as caught:
        family_named("forest")
    assert "knn, tree, svm, nb" in caught.value.hint
