import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.premodel import radius_chain
from edgewise.select.premodel.chooser_fit import fit_chain, fit_flat
from edgewise.select.premodel.radius_choice import choose_radius

LINE = np.arange(11.0)[:, None]  # scaled: 0, 0.1, ..., 1


def test_everyone_within_the_radius_votes_and_the_edge_counts() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])
    chain = fit_chain(np.arange(5.0)[:, None] / 4, labels[:5, None] == np.arange(2), radius=0.5)
    choices = chain.choose(np.array([[0.0], [0.5], [1.0]]))
    assert choices.voters is not None
    assert choices.voters.tolist() == [3, 5, 3]
    assert choices.scores == pytest.approx(np.array([[1, 0], [3 / 5, 2 / 5], [1 / 3, 2 / 3]]))
    assert choices.level.tolist() == [0, 0, 1]


def test_nobody_within_the_radius_is_a_no_to_every_level() -> None:
    chain = fit_chain(LINE, np.ones((11, 1), bool), radius=0.05)
    choices = chain.choose(np.array([[3.0], [40.0]]))
    assert choices.level.tolist() == [0, 1]
    assert choices.scores.tolist() == [[1.0], [0.0]]
    flat = fit_flat(LINE, np.zeros(11, int), 1, radius=0.05)
    assert flat.choose(np.array([[3.0], [40.0]])).level.tolist() == [0, 1]


def test_why_says_how_many_voted_within_what() -> None:
    chain = fit_chain(LINE, np.ones((11, 1), bool), radius=0.25)
    assert chain.why(chain.choose(np.array([[5.0]])), 0, "small") == "5 of the 5 known images within 0.25 are for small"


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    features, yes = rng.random((50, 3)), rng.random((50, 2)) < 0.5
    chain = fit_chain(features, yes, radius=0.4)
    queries = rng.random((31, 3))
    whole = chain.choose(queries)
    monkeypatch.setattr(radius_chain, "_CHUNK_VALUES", 150)
    assert (chain.choose(queries).scores == whole.scores).all()


@pytest.mark.parametrize("radius", [-0.1, float("nan"), float("inf"), "wide"])
def test_a_radius_that_cannot_be_one(radius: object) -> None:
    with pytest.raises(UsageError, match="radius"):
        fit_chain(LINE, np.ones((11, 1), bool), radius=radius)  # type: ignore[arg-type]


def test_a_radius_without_neighbours_to_ask_is_refused() -> None:
    with pytest.raises(UsageError, match="svm") as caught:
        fit_chain(LINE, np.ones((11, 1), bool), "svm", radius=0.2)
    assert "knn" in caught.value.hint


def test_the_chosen_radius_reaches_as_far_as_the_classes_do() -> None:
    # Two dense clusters and nothing between: any radius up to a cluster's width is right, one that spans both is not.
    rng = np.random.default_rng(1)
    near, far = rng.uniform(0.0, 0.2, 40), rng.uniform(0.8, 1.0, 40)
    yes = (np.arange(80) < 40)[:, None]
    radius = choose_radius(np.concatenate([near, far])[None], yes, n_neighbors=5, seed=0)
    assert 0 < radius <= 0.2


def test_a_wide_radius_is_chosen_where_the_nearest_points_mislead() -> None:
    # Labels alternate point by point, but 3 of 4 say yes: only many voters find the majority.
    points = np.linspace(0, 1, 400)[None]
    yes = (np.arange(400) % 4 != 0)[:, None]
    wide = choose_radius(points, yes, n_neighbors=9, seed=0)
    narrow = choose_radius(points, yes, n_neighbors=1, seed=0)
    assert narrow < wide


def test_one_known_image_is_asked_by_its_equals_alone() -> None:
    assert choose_radius(np.array([[0.5]]), np.array([[True]]), 5, 0) == 0.0
