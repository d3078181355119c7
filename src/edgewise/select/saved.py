"""Selectors on disk: `selector.json` says what it is, `selector.safetensors` holds its arrays; no pickle.

Loading needs NumPy alone: neither scikit-learn nor SciPy is imported.
"""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from edgewise import store
from edgewise.errors import StoreError
from edgewise.restore import restore
from edgewise.select import single
from edgewise.select.cascade import cascade
from edgewise.select.premodel import guarded, premodel
from edgewise.select.selector import Selector

SCHEMA = 1
DESCRIPTION = "selector.json"
ARRAYS = "selector.safetensors"
_AGAIN = "Name a folder that `edgewise select fit` wrote, or fit it again."
ENTRY_POINTS = "edgewise.selectors"  # group in which other packages offer kinds of their own

Restore = Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], Selector]

_KINDS: Mapping[str, Restore] = {
    cascade.KIND: cascade.Cascade.from_state,
    guarded.KIND: guarded.GuardedPremodel.from_state,
    premodel.KIND: premodel.Premodel.from_state,
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


class _Description(TypedDict):
    """`selector.json`."""

    selector: str
    state: dict[str, Any]
    arrays_sha256: str
    about: NotRequired[dict[str, Any]]


def load_selector(folder: Path) -> Selector:
    """The selector stored in a folder.

    Raises `StoreError` when it is missing, torn, changed by hand, of another schema or of a kind that nobody offers.
    """
    path, stored = folder / DESCRIPTION, _read(folder)
    kind = stored["selector"]
    restore_state = _restore(path, kind)
    arrays = store.read_arrays(folder / ARRAYS, stored["arrays_sha256"])
    try:
        selector = restore_state(stored["state"], arrays)
        names = [*selector.models, *selector.feature_names]
    except Exception as error:  # each kind raises its own, and kinds may be other packages'
        raise StoreError(f"{path} is no complete {kind}: {error!r}.", _AGAIN) from error
    if not all(isinstance(name, str) for name in names):
        raise StoreError(f"{path}: a model or a feature has no name.", _AGAIN)
    return selector


def read_about(folder: Path) -> dict[str, Any]:
    """What was noted about a stored selector. Raises `StoreError` as `load_selector` does."""
    return _read(folder).get("about", {})


def _read(folder: Path) -> _Description:
    path = folder / DESCRIPTION
    return restore(_Description, store.read_json(path, "selector", SCHEMA, _AGAIN), path)


def _restore(path: Path, kind: str) -> Restore:
    if kind in _KINDS:
        return _KINDS[kind]
    offered = entry_points(group=ENTRY_POINTS)
    if kind in offered.names:
        return offered[kind].load()
    known = ", ".join(sorted({*_KINDS, *offered.names}))
    raise StoreError(f"{path} is a selector of the kind {kind!r}, which is not known here.", f"Kinds are: {known}.")
