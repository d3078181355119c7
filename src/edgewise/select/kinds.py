"""The kinds of fitted selectors, by the names they are stored under; open to other packages by entry points."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.selector import Selector

ENTRY_POINTS = "edgewise.selectors"  # group in which other packages offer kinds of their own

Restore = Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], Selector]

_HOMES = {  # kind: its class, imported when one is restored
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


def restorer(kind: str) -> Restore:
    """What makes a selector of that kind from its state. Raises `UsageError` for a kind that nobody offers."""
    if kind in _HOMES:
        module, name = _HOMES[kind].split(":")
        return getattr(import_module(f"edgewise.select.{module}"), name).from_state
    offered = entry_points(group=ENTRY_POINTS)
    if kind in offered.names:
        return offered[kind].load()
    known = ", ".join(sorted({*_HOMES, *offered.names}))
    raise UsageError(f"A selector of the kind {kind!r} is not known here.", f"Kinds are: {known}.")


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
        values.append({"kind": selector.kind, "state": own, "arrays": stored})
    return values, arrays


def unpack(values: Sequence[Mapping[str, Any]], arrays: Mapping[str, np.ndarray]) -> tuple[Selector, ...]:
    """The inverse of `pack`. Raises `UsageError` for unknown kinds, and what each kind raises for a torn state."""
    return tuple(
        restorer(part["kind"])(part["state"], {name: arrays[key] for name, key in part["arrays"].items()})
        for part in values
    )
