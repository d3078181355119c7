import pytest

from edgewise.errors import UsageError
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.features.selected_features import FeatureChoice, SelectedFeatures
from edgewise.select.named import Options, method_named
from edgewise.select.premodel.detector import DetectorMethod
from edgewise.select.premodel.guarded import GuardedMethod
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.single import SingleMethod


def test_what_is_not_said_is_the_method_s_default() -> None:
    assert method_named("premodel", Options()) == PremodelMethod()
    assert method_named("cascade", Options()) == CascadeMethod()
    assert method_named("single", Options("top5", model="net1")) == SingleMethod("net1", "top5")


def test_every_variant_of_the_premodel_can_be_named() -> None:
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
    assert method_named("premodel", options) == PremodelMethod(
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


@pytest.mark.parametrize(("name", "option"), [("cascade", {"chain": "knn"}), ("single", {"radius": 0.1})])
def test_another_method_s_option_is_refused(name, option: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=f"knows no {next(iter(option))}"):
        method_named(name, Options(**option))  # type: ignore[arg-type]


def test_the_seed_is_of_the_whole_command() -> None:
    assert method_named("cascade", Options(seed=3)) == CascadeMethod()


def test_a_dash_is_how_an_option_is_written() -> None:
    with pytest.raises(UsageError, match="knows no on-fail") as caught:
        method_named("single", Options(on_fail="refuse"))
    assert caught.value.hint == "Its options: model."


def test_what_is_wrapped_around_a_premodel() -> None:
    premodel = PremodelMethod(chain="tree", seed=2)
    guarded = GuardedMethod(DetectorMethod(premodel, seed=2), 0.1)
    assert method_named("premodel", Options(chain="tree", seed=2, doubt=0.1)) == guarded
    chosen = SelectedFeatures(guarded, FeatureChoice(seed=2))
    assert method_named("premodel", Options(chain="tree", seed=2, doubt=0.1, features="auto")) == chosen
