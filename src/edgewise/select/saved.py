"""Selectors on disk: `selector.json` says what it is, `selector.safetensors` holds its arrays; no pickle.

Loading needs NumPy alone: neither scikit-learn nor SciPy is imported.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from edgewise import store
from edgewise.errors import MissingPlugin, PluginError, StoreError, UsageError
from edgewise.plugins import StoredPackage
from edgewise.restore import restore
from edgewise.select.kinds import made_with, restorer
from edgewise.select.selector import Selector

SCHEMA = 1
DESCRIPTION = "selector.json"
ARRAYS = "selector.safetensors"
_AGAIN = "Name a folder that `edgewise select fit` wrote, or fit it again."


def save_selector(folder: Path, selector: Selector, about: Mapping[str, Any]) -> None:
    """Store a selector, with JSON values `about` how it came to be (profile, settings, machine).

    The description is written last and names the arrays' SHA-256, so a torn pair is refused when read.
    Raises `StoreError` when the folder cannot be written.
    """
    values, arrays = selector.state()
    sha256 = store.write_arrays(folder / ARRAYS, arrays)
    data = {
        "selector": selector.kind,
        **made_with(selector),
        "state": values,
        "arrays_sha256": sha256,
        "about": dict(about),
    }
    store.write_json(folder / DESCRIPTION, "selector", SCHEMA, data)


class _Description(TypedDict):
    """`selector.json`."""

    selector: str
    package: NotRequired[StoredPackage]  # that offers the kind, where it is not edgewise
    state: dict[str, Any]
    arrays_sha256: str
    about: NotRequired[dict[str, Any]]


def load_selector(folder: Path) -> Selector:
    """The selector stored in a folder.

    Raises `StoreError` when it is missing, torn, changed by hand, of another schema or of a kind that nobody offers,
    `MissingPlugin` when it is of a package that is not installed, `PluginError` when that does not work.
    """
    path, stored = folder / DESCRIPTION, _read(folder)
    kind = stored["selector"]
    try:
        restore_state = restorer(kind, stored.get("package"))
    except UsageError as error:
        raise StoreError(f"{path}: {error.message}", error.hint) from error
    arrays = store.read_arrays(folder / ARRAYS, stored["arrays_sha256"])
    try:
        selector = restore_state(stored["state"], arrays)
        names = [*selector.models, *selector.feature_names]
    except (MissingPlugin, PluginError):
        raise
    except Exception as error:  # each kind raises its own
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
