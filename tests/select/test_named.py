import pytest

from edgewise.errors import UsageError
from edgewise.select.budget.auto import AutoMethod, BudgetedMethod
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.singles import OnePoint, Singles
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.features.selected_features import FeatureChoice, SelectedFeatures
from edgewise.select.guarantee.method import GuaranteedMethod
from edgewise.select.guarantee.watched_fit import RefusalPath, WatchedMethod
from edgewise.select.named import Options, Promised, method_named, standard_methods
from edgewise.select.paths import PATHS, all_paths, path_named
from edgewise.select.premodel.detector import DetectorMethod
from edgewise.select.premodel.guarded import GuardedMethod
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.single import SingleMethod


@pytest.fixture
def named(make_trials):
    trials = make_trials(images=60)
    return lambda name, options=None: method_named(name, options or Options(), trials)


def test_what_is_not_said_is_the_method_s_default(named) -> None:
    assert named("premodel") == PremodelMethod()
    assert named("cascade") == BudgetedMethod("cascade", CascadeMethod())
    assert named("single", Options("top5", model="net1")) == SingleMethod("net1", "top5")
    assert isinstance(named("auto"), AutoMethod)
    assert set(named("auto").methods) == {*PATHS, "premodel"}


def test_every_variant_of_the_premodel_can_be_named(named) -> None:
    options = Options(
        "top5",
        theta_points=1.0,
        n_neighbors=3,
        on_fail="refuse",
        chain="svm.knn.tree",
        single=False,
        labels="multi-hot",
        radius="auto",
        members="alternate",
        features=("hue1", "contrast"),
        seed=4,
    )
    assert named("premodel", options) == PremodelMethod(
        "top5",
        1.0,
        3,
        "refuse",
        chain="svm.knn.tree",
        labels="multi-hot",
        radius="auto",
        members="alternate",
        features=("hue1", "contrast"),
        seed=4,
    )


@pytest.mark.parametrize(
    ("name", "option"), [("cascade", {"chain": "knn"}), ("single", {"radius": 0.1}), ("utility", {"max_stages": 2})]
)
def test_another_method_s_option_is_refused(named, name, option: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"knows no {next(iter(option)).replace('_', '-')}"):
        named(name, Options(**option))  # type: ignore[arg-type]


def test_a_dash_is_how_an_option_is_written(named) -> None:
    with pytest.raises(UsageError, match="knows no on-fail") as caught:
        named("single", Options(on_fail="refuse"))
    assert caught.value.hint == "Its options: model."


def test_what_is_wrapped_around_a_premodel(named) -> None:
    premodel = PremodelMethod(chain="tree", seed=2)
    guarded = GuardedMethod(DetectorMethod(premodel, seed=2), 0.1)
    assert named("premodel", Options(chain="tree", seed=2, doubt=0.1)) == guarded
    chosen = SelectedFeatures(guarded, FeatureChoice(seed=2))
    assert named("premodel", Options(chain="tree", seed=2, doubt=0.1, features="auto")) == chosen


def test_a_budget_steers_every_method(named) -> None:
    budget = Budget(max_mean_ms=20, min_accuracy=0.5)
    options = Options("macro-f1", budget=budget, seed=3, standard_errors=2.0, requests=4)
    told = {"budget": budget, "criterion": "macro-f1", "seed": 3, "standard_errors": 2.0, "requests": 4}
    cascade = BudgetedMethod("cascade", path_named("cascade", "macro-f1"), **told)
    assert named("cascade", options) == cascade
    assert named("single", options) == BudgetedMethod("single", Singles(), **told)
    premodel = BudgetedMethod("premodel", OnePoint(PremodelMethod("macro-f1", seed=3)), **told)
    assert named("premodel", options) == premodel


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("auto", {"budget": Budget(max_mean_ms=2)}, "limits on cost"),
        ("cascade", {"promise": Promised(0.1, min_accuracy=0.5)}, "a guarantee has its own"),
        ("single", {}, "no accuracy without a budget"),
    ],
)
def test_a_margin_of_nothing_is_refused(named, name, options, why: str) -> None:
    with pytest.raises(UsageError, match=f"--margin is of accuracies: .*{why}"):
        named(name, Options(standard_errors=2.0, **options))
    assert named("auto", Options(standard_errors=2.0)).standard_errors == 2.0


def test_promises_and_watching_are_wrapped_around(named) -> None:
    promised = named("auto", Options(promise=Promised(0.1, max_loss=0.02)))
    assert promised == GuaranteedMethod(CascadeMethod(), max_loss=0.02, delta=0.1)
    refusing = named("agreement", Options(promise=Promised(0.1, max_risk=0.02)))
    assert isinstance(refusing, GuaranteedMethod)
    assert isinstance(refusing.inner, RefusalPath)
    watched = named("cascade", Options(unfamiliar="refuse", false_alarms=0.02, requests=5))
    assert watched == WatchedMethod(BudgetedMethod("cascade", CascadeMethod()), "refuse", 0.02)
    with pytest.raises(UsageError, match="nothing to steer"):
        named("premodel", Options(promise=Promised(0.1, max_loss=0.02)))
    with pytest.raises(UsageError, match="takes no limits"):
        named("cascade", Options(promise=Promised(0.1, max_loss=0.02), budget=Budget(max_mean_ms=3)))


def test_the_standard_comparison_has_every_method(make_trials) -> None:
    trials = make_trials(images=60)
    assert {*PATHS, "auto", "premodel, refuses", "premodel, falls back"} == set(standard_methods(trials))
    bare = trials.with_features(())
    assert {*PATHS, "auto"} == set(standard_methods(bare))
    assert set(all_paths(bare)) == set(PATHS)
