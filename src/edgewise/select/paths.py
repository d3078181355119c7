"""The methods that a budget can steer, by the names that users give them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Literal, get_args

from edgewise.select.criterion import Criterion
from edgewise.select.selector import PathMethod
from edgewise.select.trials import Trials

PathName = Literal["cascade", "agreement", "deferral", "utility", "router", "ridge", "hybrid"]
PATHS: tuple[PathName, ...] = get_args(PathName)
Name = Literal["auto", PathName, "premodel", "single"]  # of every method of edgewise's own
NAMES: tuple[Name, ...] = ("auto", *PATHS, "premodel", "single")

_HOMES: Mapping[
    PathName, tuple[str, dict[str, Any]]
] = {  # class, imported when it is fitted, and what makes it this one
    "cascade": ("cascade.fit:CascadeMethod", {}),
    "agreement": ("agreement.method:AgreementMethod", {}),
    "deferral": ("learned.deferral_fit:DeferralMethod", {}),
    "utility": ("learned.utility_fit:UtilityMethod", {}),
    "router": ("router.method:RouterMethod", {"estimator": "knn"}),
    "ridge": ("router.method:RouterMethod", {"estimator": "ridge"}),
    "hybrid": ("hybrid.method:HybridMethod", {}),
}


def path_named(name: PathName, criterion: Criterion = "top1", **options: Any) -> PathMethod:
    """The path of that name, with its own options."""
    home, fixed = _HOMES[name]
    module, kind = home.split(":")
    return getattr(import_module(f"edgewise.select.{module}"), kind)(criterion=criterion, **fixed, **options)


def all_paths(trials: Trials, criterion: Criterion = "top1") -> dict[str, PathMethod]:
    """Every path that these trials can be given to, the paper's premodel as one of them where there are features."""
    from edgewise.select.budget.singles import OnePoint
    from edgewise.select.premodel.method import PremodelMethod

    paths: dict[str, PathMethod] = {name: path_named(name, criterion) for name in PATHS}
    if trials.feature_names:
        paths["premodel"] = OnePoint(PremodelMethod(criterion))
    return paths
