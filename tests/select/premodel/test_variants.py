import pytest

from edgewise.select.judge.evaluate import evaluate
from edgewise.select.premodel.variants import paper_variants


def test_they_come_in_the_order_of_the_paper() -> None:
    names = list(paper_variants())
    assert names[:4] == ["knn.knn.knn", "svm.knn.knn", "tree.tree.tree", "svm.svm.svm"]
    assert len(names) == 13


def test_all_can_be_judged_in_ten_folds(make_trials) -> None:
    trials = make_trials(images=120, reach=(0.3, 0.5, 0.7), specialists=True)
    evaluation = evaluate(trials, paper_variants(on_fail="refuse"), folds=10, bootstrap=50)
    rows = {row.name: row for row in evaluation.table.rows}
    for name in paper_variants():
        assert rows[name].accuracy.value > rows["net0"].accuracy.value, name


@pytest.mark.parametrize("on_fail", ["refuse", "run"])
def test_the_policy_and_the_criterion_reach_every_variant(make_trials, on_fail: str) -> None:
    trials = make_trials(images=60, classes=5)
    for name, method in paper_variants("top5", on_fail).items():  # type: ignore[arg-type]
        selector = method.fit(trials)
        assert (selector.fail_model is None) == (on_fail == "refuse"), name  # type: ignore[attr-defined]
        assert (selector.route(trials).chosen == 0).all(), f"{name}: of five classes the label is always there"


def test_the_seed_reaches_every_variant() -> None:
    assert {method.seed for method in paper_variants(seed=3).values()} == {3}  # type: ignore[attr-defined]
