import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.premodel.chain import Chain
from edgewise.select.premodel.chooser_fit import families_named, fit_chain
from edgewise.select.premodel.families import FIT
from edgewise.select.premodel.knn_chain import KnnChain


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, what each of three levels should say (not one-hot), queries."""
    rng = np.random.default_rng(0)
    features = rng.random((200, 3)) * [1, 10, 100]
    yes = np.column_stack([features[:, 0] < 0.3, features[:, 1] < 5, rng.random(200) < 0.4])
    return features, yes, rng.random((60, 3)) * [1, 10, 100]


def test_each_level_is_fitted_on_all_rows_with_its_own_column_and_the_first_yes_wins(data) -> None:
    features, yes, queries = data
    chain = fit_chain(features, yes, "svm.knn.tree", seed=4)
    scaled, asked = chain.scaling.apply(features), chain.scaling.apply(queries)
    knn = KnnChain.remember(chain.scaling, scaled, yes[:, 1:2], 5)
    says = np.column_stack(
        [
            FIT["svm"](scaled, yes[:, 0].astype(int), 4).read(asked)[1] == 1,
            2 * knn.poll(asked)[0][:, 0] > 5,
            FIT["tree"](scaled, yes[:, 2].astype(int), 4).read(asked)[1] == 1,
        ]
    )
    expected = [next((level for level in range(3) if row[level]), 3) for row in says]
    assert chain.choose(queries).level.tolist() == expected
    assert set(expected) == {0, 1, 2, 3}, "every level and the fail class are asked for"


def test_knn_levels_share_one_search(data) -> None:
    features, yes, queries = data
    mixed, pure = fit_chain(features, yes, "knn.nb.knn"), fit_chain(features, yes, "knn")
    assert isinstance(mixed.neighbours, KnnChain)
    assert mixed.neighbours.yes.shape == (200, 2)
    assert (mixed.choose(queries).scores[:, [0, 2]] == pure.choose(queries).scores[:, [0, 2]]).all()


def test_the_last_name_serves_the_levels_that_are_left_and_names_too_many_are_left_out(data) -> None:
    features, yes, _ = data
    assert fit_chain(features, yes, "svm.tree").families == ("svm", "tree", "tree")
    assert fit_chain(features, yes, "nb").families == ("nb", "nb", "nb")
    assert fit_chain(features, yes[:, :1], "tree.svm.knn").families == ("tree",)


@pytest.mark.parametrize("name", ["knn.forest", "", "knn..tree", "KNN"])
def test_a_chain_is_made_of_known_families(data, name: str) -> None:
    with pytest.raises(UsageError, match="no family"):
        fit_chain(data[0], data[1], name)


def test_families_are_read_in_order() -> None:
    assert families_named("nb.knn.nb") == ("nb", "knn", "nb")


def test_no_level_at_all_is_always_left_over(data) -> None:
    choices = fit_chain(data[0], data[1][:, :0]).choose(data[2])
    assert choices.level.tolist() == [0] * 60
    assert choices.voters is None


@pytest.mark.parametrize("chain", ["knn", "svm.knn.tree", "nb"])
@pytest.mark.parametrize("radius", [None, 0.3])
def test_state_and_back(data, chain: str, radius: float | None) -> None:
    features, yes, queries = data
    if radius is not None and "knn" not in chain:
        return
    fitted = fit_chain(features, yes, chain, radius=radius)
    again = Chain.from_state(*fitted.state())
    assert again.families == fitted.families
    assert (again.choose(queries).scores == fitted.choose(queries).scores).all()
    assert (again.choose(queries).level == fitted.choose(queries).level).all()


def test_one_image_and_a_batch_agree(data) -> None:
    features, yes, queries = data
    chain = fit_chain(features, yes, "svm.knn.nb")
    alone = [chain.choose(query[None]) for query in queries]
    together = chain.choose(queries)
    assert np.concatenate([choices.level for choices in alone]).tolist() == together.level.tolist()
    assert (np.concatenate([choices.scores for choices in alone]) == together.scores).all()


def test_why_names_the_family_or_the_votes(data) -> None:
    features, yes, queries = data
    tree = fit_chain(features, yes, "tree")
    choices = tree.choose(features)
    assert tree.why(choices, int(np.flatnonzero(choices.level == 1)[0]), "mid") == "the decision tree of mid says yes"
    knn = fit_chain(features, yes, "knn")
    choices = knn.choose(queries)
    row = int(np.flatnonzero(choices.scores[:, 0] == 0.8)[0])
    assert knn.why(choices, row, "small") == "4 of the 5 nearest known images are for small"
