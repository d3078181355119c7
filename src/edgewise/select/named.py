"""Methods by the names that users give them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from edgewise.errors import UsageError
from edgewise.select.cascade.fit import Average, CascadeMethod
from edgewise.select.criterion import Criterion
from edgewise.select.premodel.fail_policy import OnFail
from edgewise.select.premodel.lesson import Labels
from edgewise.select.premodel.membership import MembersBy
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.selector import Method
from edgewise.select.single import SingleMethod

Name = Literal["cascade", "premodel", "single"]
PREMODEL, CASCADE = "premodel, falls back", "cascade"  # rows of the fair table that others refer to


@dataclass(frozen=True)
class Options:
    """What a user may say about a method; None = the method's default. Each method knows its own options alone."""

    criterion: Criterion = "top1"
    max_mean_ms: float | None = None
    average: Average | None = None
    max_stages: int | None = None
    theta_points: float | None = None
    n_neighbors: int | None = None
    on_fail: OnFail | None = None
    fail_model: str | None = None
    model: str | None = None
    chain: str | None = None
    single: bool | None = None
    labels: Labels | None = None
    radius: float | Literal["auto"] | None = None
    members: MembersBy | None = None
    doubt: float | None = None  # epsilon of the detector of wrong choices
    features: tuple[str, ...] | Literal["auto"] | None = None
    seed: int | None = None


_OWN: Mapping[Name, tuple[type, frozenset[str]]] = {
    "cascade": (CascadeMethod, frozenset({"max_mean_ms", "average", "max_stages"})),
    "premodel": (PremodelMethod, frozenset(field.name for field in fields(PremodelMethod)) - {"criterion"} | {"doubt"}),
    "single": (SingleMethod, frozenset({"model"})),
}


def method_named(name: Name, options: Options) -> Method:
    """The method of that name with those options. Raises `UsageError` for an option that is another method's."""
    kind, own = _OWN[name]
    given = {key: value for key, value in vars(options).items() if value is not None and key != "criterion"}
    if "seed" not in own:
        given.pop("seed", None)  # of the whole command, and no option of a method that draws nothing
    foreign = sorted(set(given) - own)
    if foreign:
        raise UsageError(
            f"The method {name!r} knows no {_written(foreign[0])}.",
            f"Its options: {', '.join(sorted(map(_written, own - {'seed'})))}.",
        )
    if kind is PremodelMethod:
        return _premodel(options.criterion, given)
    return kind(criterion=options.criterion, **given)


def _premodel(criterion: Criterion, given: dict[str, Any]) -> Method:
    """A premodel, with what is wrapped around it: the detector of wrong choices, the choice of features."""
    from edgewise.select.features.selected_features import FeatureChoice, SelectedFeatures
    from edgewise.select.premodel.detector import DetectorMethod
    from edgewise.select.premodel.guarded import GuardedMethod

    doubt, auto = given.pop("doubt", None), given.get("features") == "auto"
    if auto:
        del given["features"]
    premodel = PremodelMethod(criterion, **given)
    method = premodel if doubt is None else GuardedMethod(DetectorMethod(premodel, seed=premodel.seed), doubt)
    return SelectedFeatures(method, FeatureChoice(criterion, seed=premodel.seed)) if auto else method


def _written(field: str) -> str:
    """A setting as it is written on the command line."""
    return {"theta_points": "theta", "n_neighbors": "neighbors", "single": "one-classifier"}.get(
        field, field.replace("_", "-")
    )


def standard_methods(criterion: Criterion = "top1", max_mean_ms: float | None = None) -> dict[str, Method]:
    """What `edgewise select evaluate` compares: the paper's premodel with both policies, the cascade, its ablation.

    The cascade chooses inside the training folds whether it averages. With a budget, a cascade under it is added.
    """
    methods: dict[str, Method] = {
        "premodel, refuses": PremodelMethod(criterion, on_fail="refuse"),
        PREMODEL: PremodelMethod(criterion, on_fail="run"),
        CASCADE: CascadeMethod(criterion),
        "cascade, unaveraged": CascadeMethod(criterion, average=False),
    }
    if max_mean_ms is not None:
        methods[f"cascade, models at most {max_mean_ms:g} ms"] = CascadeMethod(criterion, max_mean_ms=max_mean_ms)
    return methods
