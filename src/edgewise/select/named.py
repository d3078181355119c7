"""Methods by the names that users give them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from edgewise.errors import UsageError
from edgewise.plugins import names_of, plugin_named
from edgewise.select.budget.auto import AutoMethod, BudgetedMethod
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.shared import Shared
from edgewise.select.budget.singles import OnePoint, Singles
from edgewise.select.cascade.calibrated import Calibration
from edgewise.select.criterion import Criterion
from edgewise.select.guarantee.watched import Policy
from edgewise.select.paths import NAMES, PATHS, all_paths, path_named
from edgewise.select.plugin_selector import PluginMethod, PluginPath, plugin_method
from edgewise.select.premodel.fail_policy import OnFail
from edgewise.select.premodel.lesson import Labels
from edgewise.select.premodel.membership import MembersBy
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.selector import Method, PathMethod
from edgewise.select.single import SingleMethod
from edgewise.select.trials import Trials

PREMODEL, CASCADE, AUTO = "premodel, falls back", "cascade", "auto"  # rows of the fair table that others refer to
_PREMODEL_OWN = frozenset(field.name for field in fields(PremodelMethod)) - {"criterion"} | {"doubt"}
_OWN: Mapping[str, frozenset[str]] = {
    "cascade": frozenset({"average", "max_stages", "calibration"}),
    "premodel": _PREMODEL_OWN,
    "single": frozenset({"model"}),
}


@dataclass(frozen=True)
class Promised:
    """One of three, to hold with probability 1 - `delta`; shares of 1."""

    delta: float
    min_accuracy: float | None = None
    max_loss: float | None = None  # of accuracy, against the best single model
    max_risk: float | None = None  # wrong answers among those given


@dataclass(frozen=True)
class Options:
    """What a user may say about a method; None = the method's default. Each method knows its own options alone."""

    criterion: Criterion = "top1"
    budget: Budget = field(default_factory=Budget)
    standard_errors: float | None = None  # margin of accuracies; None = 1, and without a budget what resampling asks
    requests: int = 1  # points on the menu for requests with budgets of their own
    promise: Promised | None = None  # to be certified on images of its own
    unfamiliar: Policy | None = None  # what is done with images that are unlike those that were learned from
    false_alarms: float = 0.05  # share of familiar images that may be taken for such
    seed: int = 0
    average: bool | Literal["auto"] | None = None
    max_stages: int | None = None
    calibration: Calibration | None = None
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


_OF_ALL = frozenset(
    {"criterion", "budget", "standard_errors", "requests", "seed", "promise", "unfamiliar", "false_alarms"}
)


def method_named(name: str, options: Options, trials: Trials) -> Method:
    """The method of that name with those options, for these trials; one of another package where edgewise has none.

    Raises `UsageError` for a name that nobody offers, for an option that is another method's, and for options that
    contradict each other; `PluginError` for a method of another package that does not work.
    """
    if name not in NAMES:
        _see_that_offered(name)
    given = {key: value for key, value in vars(options).items() if value is not None and key not in _OF_ALL}
    foreign = sorted(set(given) - _OWN.get(name, frozenset()))
    if foreign:
        own = ", ".join(sorted(map(_written, _OWN.get(name, frozenset()) - {"seed"})))
        raise UsageError(
            f"The method {name!r} knows no {_written(foreign[0])}.",
            f"Its options: {own}." if own else "It has no options of its own.",
        )
    _see_that_margin_counts(name, options)
    method = _certified(name, options, given) if options.promise else _chosen(name, options, given, trials)
    if options.unfamiliar is None:
        return method
    from edgewise.select.guarantee.watched_fit import WatchedMethod

    return WatchedMethod(method, options.unfamiliar, options.false_alarms, seed=options.seed)


def _see_that_offered(name: str) -> None:
    if plugin_named("selector", name) is None:
        known = ", ".join((*NAMES, *names_of("selector")))
        raise UsageError(f"There is no method {name!r}.", f"Choose one of {known}.")


def _of_package(name: str, options: Options) -> PluginMethod | PluginPath:
    """A method of another package, which has no options of its own."""
    plugin = plugin_named("selector", name)
    assert plugin is not None
    return plugin_method(plugin, options.criterion, options.seed)


def _see_that_margin_counts(name: str, options: Options) -> None:
    """Refuse a margin where no accuracy is held against one."""
    if options.standard_errors is None:
        return
    if options.promise is not None:
        why = "a guarantee has its own, the probability that it is broken"
    elif options.budget.limits and options.budget.min_accuracy is None:
        why = "limits on cost are kept without one"
    elif name in ("premodel", "single") and not options.budget.demands:
        why = f"{name!r} is held to no accuracy without a budget"
    else:
        return
    raise UsageError(f"--margin is of accuracies: {why}.", "Leave it out, or demand an accuracy: --min-accuracy.")


def _chosen(name: str, options: Options, given: dict[str, Any], trials: Trials) -> Method:
    """The method under its budget."""
    steered: dict[str, Any] = {
        "budget": options.budget,
        "criterion": options.criterion,
        "seed": options.seed,
        "standard_errors": options.standard_errors,
        # A request's own budget is looked up in the menu itself, not in what watches over it.
        "requests": options.requests if options.unfamiliar is None else 1,
    }
    if name == "auto":
        return AutoMethod(all_paths(trials, options.criterion), **steered)
    if name == "premodel":
        method = _premodel(options, given)
        return BudgetedMethod(name, OnePoint(method), **steered) if options.budget.demands else method
    if name == "single":
        if options.model is None and options.budget.demands:
            return BudgetedMethod(name, Singles(), **steered)
        method = SingleMethod(options.model, options.criterion)
        return BudgetedMethod(name, OnePoint(method), **steered) if options.budget.demands else method
    path = _path(name, options, given)
    if isinstance(path, PluginMethod):
        return BudgetedMethod(name, OnePoint(path), **steered) if options.budget.demands else path
    return BudgetedMethod(name, path, **steered)


def _path(name: str, options: Options, given: dict[str, Any]) -> PathMethod | PluginMethod:
    """What a budget steers; of another package maybe what none does."""
    if name in PATHS:
        return path_named(name, options.criterion, **given)
    return _of_package(name, options)


def _certified(name: str, options: Options, given: dict[str, Any]) -> Method:
    """The cheapest point of a path that is certified to keep a promise; the cascade's for `auto`."""
    from edgewise.select.guarantee.method import GuaranteedMethod
    from edgewise.select.guarantee.watched_fit import RefusalPath

    if name in ("premodel", "single"):
        raise _nothing_to_steer(name)
    if options.budget.limits:
        raise UsageError(
            "A certified selector is the cheapest that keeps its promise, so it takes no limits on cost.",
            "Leave out the limits, or the promise.",
        )
    promise = options.promise
    assert promise is not None
    asked = [field for field in ("min_accuracy", "max_loss", "max_risk") if getattr(promise, field) is not None]
    if len(asked) != 1:
        found = " and ".join(f"--{_written(field)}" for field in asked) or "nothing"
        raise UsageError(
            f"A guarantee is of one promise; given: {found}.", "Give one of --min-accuracy, --max-loss, --max-risk."
        )
    path = _path("cascade" if name == "auto" else name, options, given)
    if isinstance(path, PluginMethod):
        raise _nothing_to_steer(name)
    if promise.max_risk is not None:
        inner = BudgetedMethod(name, path, criterion=options.criterion, seed=options.seed)
        path = RefusalPath(inner)
    return GuaranteedMethod(path, **vars(promise), criterion=options.criterion, seed=options.seed)


def _nothing_to_steer(name: str) -> UsageError:
    return UsageError(
        f"The method {name!r} has nothing to steer, so nothing can be certified of it.",
        f"Methods that can be certified: auto, {', '.join(PATHS)}.",
    )


def _premodel(options: Options, given: dict[str, Any]) -> Method:
    """A premodel, with what is wrapped around it: the detector of wrong choices, the choice of features."""
    from edgewise.select.features.selected_features import FeatureChoice, SelectedFeatures
    from edgewise.select.premodel.detector import DetectorMethod
    from edgewise.select.premodel.guarded import GuardedMethod

    doubt, auto = given.pop("doubt", None), given.get("features") == "auto"
    if auto:
        del given["features"]
    premodel = PremodelMethod(options.criterion, seed=options.seed, **given)
    method = premodel if doubt is None else GuardedMethod(DetectorMethod(premodel, seed=premodel.seed), doubt)
    return SelectedFeatures(method, FeatureChoice(options.criterion, seed=premodel.seed)) if auto else method


def _written(field: str) -> str:
    """A setting as it is written on the command line."""
    return {"theta_points": "theta", "n_neighbors": "neighbors", "single": "one-classifier"}.get(
        field, field.replace("_", "-")
    )


def standard_methods(
    trials: Trials,
    criterion: Criterion = "top1",
    budget: Budget | None = None,
    seed: int = 0,
    shared: Shared | None = None,
    also: Sequence[str] = (),
) -> dict[str, Method]:
    """What `edgewise select evaluate` compares: every method under the budget, the choice among all of them, and the
    paper's premodel with both policies; `also`: methods of other packages, which are judged beside them.

    Paths are worked out once and shared. A method that cannot keep the budget is judged where it comes nearest to it.
    """
    budget, shared = budget or Budget(), shared or Shared()
    paths = all_paths(trials, criterion)
    methods: dict[str, Method] = {}
    if trials.feature_names:
        methods["premodel, refuses"] = PremodelMethod(criterion, on_fail="refuse")
        methods[PREMODEL] = PremodelMethod(criterion, on_fail="run")
    for name in PATHS:
        methods[name] = BudgetedMethod(name, paths[name], budget, criterion, seed=seed, strict=False, shared=shared)
    methods[AUTO] = AutoMethod(paths, budget, criterion, seed=seed, strict=False, shared=shared)
    for name in also:
        methods[name] = _judged_beside(name, criterion, budget, seed, shared)
    return methods


def _judged_beside(name: str, criterion: Criterion, budget: Budget, seed: int, shared: Shared) -> Method:
    """A method of another package, under the budget."""
    if name in NAMES:
        raise UsageError(f"{name!r} is judged anyway.", "Name methods of other packages.")
    _see_that_offered(name)
    method = _of_package(name, Options(criterion=criterion, seed=seed))
    if isinstance(method, PluginPath):
        return BudgetedMethod(name, method, budget, criterion, seed=seed, strict=False, shared=shared)
    if budget.demands:
        return BudgetedMethod(name, OnePoint(method), budget, criterion, seed=seed, strict=False, shared=shared)
    return method
