"""Selectors of other packages: the entry points of the group `edgewise.selectors`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np

from edgewise.errors import PluginError, UsageError
from edgewise.plugins import Plugin, StoredPackage
from edgewise.select.criterion import Criterion
from edgewise.select.selector import (
    Answer,
    Method,
    PathMethod,
    Refuse,
    Routes,
    Run,
    Seen,
    Selector,
    Step,
    embedding_names,
)
from edgewise.select.trials import Trials


class SelectorPlugin(Protocol):
    """What an entry point names: a class or a module with both functions."""

    def method(self, *, criterion: Criterion, seed: int) -> Method | PathMethod:
        """How it is fitted; what it fits is of the kind that the entry point is called."""
        ...

    def from_state(self, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Selector:
        """The inverse of `Selector.state`."""
        ...


@dataclass(frozen=True, eq=False)
class PluginSelector:
    """A fitted selector of another package: what it says is checked, and its errors name the package."""

    plugin: Plugin
    inner: Selector
    kind: str
    models: tuple[str, ...]
    feature_names: tuple[str, ...]
    embedding_names: tuple[str, ...]

    @classmethod
    def of(cls, plugin: Plugin, inner: Selector) -> "PluginSelector":
        """Raises `PluginError` for what is no selector of that name."""
        with plugin.answering("was asked what it is"):
            lacking = [name for name in ("decide", "route", "state") if not callable(getattr(inner, name, None))]
            if lacking:
                raise plugin.unfit(f"a {type(inner).__name__} is no selector, for it has no {' and no '.join(lacking)}")
            kind, needs = inner.kind, tuple(embedding_names(inner))
            models, features = tuple(inner.models), tuple(inner.feature_names)
        if kind != plugin.name:
            raise plugin.unfit(f"what it fits is of the kind {kind!r}; it must be {plugin.name!r}")
        if not models or not all(isinstance(name, str) for name in (*models, *features, *needs)):
            raise plugin.unfit(f"its models are {models!r}; it must name one or more")
        return cls(plugin, inner, kind, models, features, needs)

    def decide(self, seen: Seen) -> Step:
        """As the selector decides. Raises `PluginError` for a step that leads nowhere."""
        with self.plugin.answering("decided"):
            step = self.inner.decide(seen)
        if isinstance(step, Run):
            if step.model not in self.models or step.model in seen.logits:
                why = "has run already" if step.model in seen.logits else f"is none of its models, {self.models}"
                raise self.plugin.unfit(f"it decided to run {step.model!r}, which {why}")
        elif isinstance(step, Answer):
            if not isinstance(step.probabilities, np.ndarray) or step.probabilities.ndim != 1:
                raise self.plugin.unfit("it answered with something else than an array of probabilities [classes]")
        elif not isinstance(step, Refuse):
            raise self.plugin.unfit(f"it decided a {type(step).__name__}; a decision is a Run, an Answer or a Refuse")
        return step

    def route(self, trials: Trials) -> Routes:
        """As the selector routes. Raises `PluginError` for arrays of another shape than `Routes` has."""
        with self.plugin.answering("routed images"):
            routes = self.inner.route(trials)
        n, m = len(trials), len(trials.models)
        if not isinstance(routes, Routes):
            raise self.plugin.unfit(f"it routed to a {type(routes).__name__}; expected Routes")
        shapes = [np.shape(one) for one in (routes.ran, routes.chosen, routes.top[:, 0], routes.steps)]
        if shapes != [(n, m), (n,), (n,), (n,)]:
            raise self.plugin.unfit(f"it routed {n} images on {m} models to arrays of the shapes {shapes}")
        return routes

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        with self.plugin.answering("was saved"):
            return self.inner.state()


@dataclass(frozen=True)
class PluginMethod:
    """A method of another package."""

    plugin: Plugin
    inner: Method

    def fit(self, trials: Trials) -> Selector:
        """Raises `PluginError` where that fails, or fits what is no selector."""
        with self.plugin.answering("was fitted"):
            found = self.inner.fit(trials)
        return _checked(self.plugin, found, trials)


@dataclass(frozen=True)
class PluginPath:
    """A method of another package that a budget can steer."""

    plugin: Plugin
    inner: PathMethod

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Selector, ...]:
        """Raises `PluginError` where that fails, or fits something else than a selector a price."""
        with self.plugin.answering("was fitted"):
            found = tuple(self.inner.fit_path(trials, prices))
        if len(found) not in (1, len(prices)):
            raise self.plugin.unfit(f"it fitted {len(found)} selectors for {len(prices)} prices")
        return tuple(_checked(self.plugin, one, trials) for one in found)


def plugin_method(plugin: Plugin, criterion: Criterion, seed: int) -> PluginMethod | PluginPath:
    """How it is fitted. Raises `PluginError` for what is no selector's plug-in."""
    offered = offered_selector(plugin)
    with plugin.answering("was asked for its method"):
        method = offered.method(criterion=criterion, seed=seed)
    if callable(getattr(method, "fit_path", None)):
        return PluginPath(plugin, cast("PathMethod", method))
    if callable(getattr(method, "fit", None)):
        return PluginMethod(plugin, cast("Method", method))
    raise plugin.unfit(f"its method is a {type(method).__name__}, which has neither fit nor fit_path")


def restored(
    plugin: Plugin, package: StoredPackage | None, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> PluginSelector:
    """A saved selector; `package`: the one that saved it. Raises `PluginError`."""
    offered = offered_selector(plugin)
    try:
        with plugin.answering("was restored"):
            found = offered.from_state(values, arrays)
        return PluginSelector.of(plugin, found)
    except PluginError as error:
        if package is not None and package["version"] != plugin.package.version:
            error.hint = (
                f"It was saved with {package['name']} {package['version']}: install that version, or fit again."
            )
        raise


def offered_selector(plugin: Plugin) -> SelectorPlugin:
    """What its entry point names. Raises `PluginError` where that cannot be imported or has another form."""
    found = plugin.load()
    lacking = [name for name in ("method", "from_state") if not callable(getattr(found, name, None))]
    if lacking:
        raise plugin.unfit(f"{plugin.entry.value} has no function {' and no '.join(lacking)}")
    return found


def _checked(plugin: Plugin, selector: Selector, trials: Trials) -> PluginSelector:
    found = PluginSelector.of(plugin, selector)
    unknown = [name for name in found.models if name not in trials.models]
    if unknown:
        raise plugin.unfit(f"it was fitted to run {unknown[0]!r}, which was not tried")
    missing = [name for name in found.feature_names if name not in trials.feature_names]
    if missing:
        raise UsageError(
            f"The selector {plugin.name!r} looks at {missing[0]!r}, which was not extracted here.",
            "Give it that: edgewise select fit --features all",
        )
    return found
