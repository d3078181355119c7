"""The kinds of fitted selectors, by the names they are stored under; open to other packages by entry points."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from importlib import import_module
from typing import Any

import numpy as np

from edgewise.errors import MissingPlugin, UsageError
from edgewise.plugins import StoredPackage, names_of, plugin_named
from edgewise.select.selector import Selector

Restore = Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], Selector]

OWN = {  # kind: its class, imported when one is restored
    "cascade": "cascade.cascade:Cascade",
    "agreement": "agreement.cascade:AgreementCascade",
    "deferral": "learned.deferral:Deferral",
    "guaranteed": "guarantee.guaranteed:Guaranteed",
    "guarded premodel": "premodel.guarded:GuardedPremodel",
    "hybrid": "hybrid.hybrid:Hybrid",
    "menu": "budget.menu:Menu",
    "premodel": "premodel.premodel:Premodel",
    "ranked votes": "agreement.ranked:RankedVotes",
    "router": "router.router:Router",
    "single": "single:SingleModel",
    "utility": "learned.utility:Utility",
    "watched": "guarantee.watched:Watched",
}


def restorer(kind: str, package: StoredPackage | None = None) -> Restore:
    """What makes a selector of that kind from its state; `package`: the one that it was made with, where it is another.

    Raises `MissingPlugin` where that package is not installed, `PluginError` where it does not work, `UsageError` for
    a kind that nobody offers.
    """
    if kind in OWN:
        module, name = OWN[kind].split(":")
        return getattr(import_module(f"edgewise.select.{module}"), name).from_state
    plugin = plugin_named("selector", kind)
    if plugin is not None:
        from edgewise.select.plugin_selector import restored

        return partial(restored, plugin, package)
    if package is not None:
        raise MissingPlugin(f"A selector of the kind {kind!r}", package["name"], package["version"])
    known = ", ".join(sorted({*OWN, *names_of("selector")}))
    raise UsageError(f"A selector of the kind {kind!r} is not known here.", f"Kinds are: {known}.")


def made_with(selector: Selector) -> dict[str, StoredPackage]:
    """The package that a selector is of, as `package` of what is stored; empty for edgewise's own kinds."""
    plugin = None if selector.kind in OWN else plugin_named("selector", selector.kind)
    return {} if plugin is None else {"package": plugin.package.to_json()}


def pack(selectors: Sequence[Selector]) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """The states of selectors that another one holds, as one state; arrays that are the same are stored once."""
    values: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    known: dict[tuple[str, tuple[int, ...], bytes], str] = {}
    for place, selector in enumerate(selectors):
        own, its_arrays = selector.state()
        stored: dict[str, str] = {}
        for name, array in its_arrays.items():
            content = (array.dtype.str, array.shape, sha256(np.ascontiguousarray(array).tobytes()).digest())
            stored[name] = known.setdefault(content, f"{place}.{name}")
            arrays.setdefault(stored[name], array)
        values.append({"kind": selector.kind, "state": own, "arrays": stored, **made_with(selector)})
    return values, arrays


def unpack(values: Sequence[Mapping[str, Any]], arrays: Mapping[str, np.ndarray]) -> tuple[Selector, ...]:
    """The inverse of `pack`. Raises what `restorer` does, and what each kind raises for a torn state."""
    return tuple(
        restorer(part["kind"], part.get("package"))(
            part["state"], {name: arrays[key] for name, key in part["arrays"].items()}
        )
        for part in values
    )
