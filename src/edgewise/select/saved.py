"""Selectors on disk: `selector.json` says what it is, `selector.safetensors` holds its arrays; no pickle.

Loading needs NumPy alone: neither scikit-learn nor SciPy is imported.
"""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np

from edgewise import store
from edgewise.errors import StoreError, UsageError
from edgewise.select import cascade, guarded, premodel_state, single
from edgewise.select.selector import Selector

SCHEMA = 1
DESCRIPTION = "selector.json"
ARRAYS = "selector.safetensors"
ENTRY_POINTS = "edgewise.selectors"  # group in which other packages offer kinds of their own

Restore = Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], Selector]

_KINDS: Mapping[str, Restore] = {
    cascade.KIND: cascade.Cascade.from_state,
    guarded.KIND: guarded.GuardedPremodel.from_state,
    premodel_state.KIND: premodel_state.Premodel.from_state,
    single.KIND: single.SingleModel.from_state,
}


def save_selector(folder: Path, selector: Selector, about: Mapping[str, Any]) -> None:
    """Store a selector, with JSON values `about` how it came to be (profile, settings, machine).

    The description is written last and names the arrays' SHA-256, so a torn pair is refused when read.
    Raises `StoreError` when the folder cannot be written.
    """
    values, arrays = selector.state()
    sha256 = store.write_arrays(folder / ARRAYS, arrays)
    data = {"selector": selector.kind, "state": values, "arrays_sha256": sha256, "about": dict(about)}
    store.write_json(folder / DESCRIPTION, "selector", SCHEMA, data)


def load_selector(folder: Path) -> Selector:
    """The selector stored in a folder.

    Raises `StoreError` when it is missing, torn, of another schema or of a kind that nobody offers.
    """
    path = folder / DESCRIPTION
    data = store.read_json(path, "selector", SCHEMA)
    try:
        kind, values, sha256 = data["selector"], data["state"], data["arrays_sha256"]
    except (KeyError, TypeError) as error:
        raise StoreError(f"{path} does not describe a selector: {error}.", "Fit and save it again.") from error
    restore = _restore(path, kind)
    arrays = store.read_arrays(folder / ARRAYS, sha256)
    try:
        return restore(values, arrays)
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise StoreError(f"{path} is no complete {kind}: {error}.", "Fit and save it again.") from error


def read_about(folder: Path) -> dict[str, Any]:
    """What was noted about a stored selector. Raises `StoreError` as `load_selector` does."""
    return store.read_json(folder / DESCRIPTION, "selector", SCHEMA).get("about", {})


def _restore(path: Path, kind: str) -> Restore:
    if kind in _KINDS:
        return _KINDS[kind]
    offered = entry_points(group=ENTRY_POINTS)
    if kind in offered.names:
        return offered[kind].load()
    known = ", ".join(sorted({*_KINDS, *offered.names}))
    raise StoreError(f"{path} is a selector of the kind {kind!r}, which is not known here.", f"Kinds are: {known}.")
