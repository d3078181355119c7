import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from edgewise.errors import UsageError
from edgewise.select.premodel.chooser_fit import fit_flat
from edgewise.select.premodel.flat import Flat

PEERS = {
    "knn": lambda: KNeighborsClassifier(5, algorithm="brute"),
    "tree": lambda: DecisionTreeClassifier(random_state=7),
    "svm": SVC,
    "nb": GaussianNB,
}


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features that are scaled already, so that a peer sees the same ones; labels 0..3 that they half explain."""
    rng = np.random.default_rng(0)
    features = rng.random((300, 3))
    features[0], features[1] = 0, 1
    labels = np.minimum((features[:, 0] * 4 + rng.normal(0, 0.7, 300)).clip(0, 3.9).astype(int), 3)
    return features, labels, rng.random((200, 3))


@pytest.mark.parametrize("family", PEERS)
def test_it_is_scikit_learn_s_classifier(data, family: str) -> None:
    features, labels, queries = data
    choices = fit_flat(features, labels, 3, family, seed=7).choose(queries)
    assert (choices.level == PEERS[family]().fit(features, labels).predict(queries)).all()
    assert choices.scores.shape == (200, 4)


@pytest.mark.parametrize("family", PEERS)
def test_classes_that_training_never_saw_score_nothing_and_are_never_named(data, family: str) -> None:
    features, labels, queries = data
    choices = fit_flat(features, np.where(labels == 1, 2, labels), 5, family).choose(queries)
    assert not np.isin(choices.level, [1, 4, 5]).any()
    assert not choices.scores[:, [1, 4, 5]].any()


@pytest.mark.parametrize("family", PEERS)
def test_state_and_back(data, family: str) -> None:
    features, labels, queries = data
    fitted = fit_flat(features, labels, 3, family)
    again = Flat.from_state(*fitted.state())
    assert (again.choose(queries).scores == fitted.choose(queries).scores).all()
    assert (again.choose(queries).level == fitted.choose(queries).level).all()
    assert (again.family, again.levels, again.width) == (family, 3, 3)


def test_of_equally_many_votes_the_cheapest_model_s_count() -> None:
    flat = fit_flat(np.array([[0.0], [0.1], [0.9], [1.0]]), np.array([1, 1, 0, 0]), 2, n_neighbors=4)
    assert flat.choose(np.array([[0.0]])).level.tolist() == [0]


def test_a_chain_of_families_is_no_single_classifier(data) -> None:
    with pytest.raises(UsageError, match=r"'knn\.tree' names a chain"):
        fit_flat(data[0], data[1], 3, "knn.tree")


def test_why_names_the_classifier_or_the_votes(data) -> None:
    features, labels, queries = data
    tree = fit_flat(features, labels, 3, "tree")
    assert tree.why(tree.choose(queries), 0, "mid") == "the decision tree names mid"
    knn = fit_flat(features, np.zeros(300, int), 1, "knn")
    assert knn.why(knn.choose(queries), 0, "mid") == "5 of the 5 nearest known images are for mid"
