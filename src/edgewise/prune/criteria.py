"""The names of criteria; PyTorch is not needed to know them."""

from edgewise.errors import UsageError
from edgewise.plugins import StoredPackage, names_of, plugin_named

CRITERIA = ("reconstruction", "taylor", "taylor-blind", "activation", "firing", "l1", "l2", "random")


def criteria_here() -> tuple[str, ...]:
    """Those of edgewise, and those of other packages."""
    return tuple(dict.fromkeys((*CRITERIA, *names_of("criterion"))))


def see_that_offered(name: str) -> None:
    """Raises `UsageError` for a criterion that nobody offers, `PluginError` where two packages do."""
    if name not in CRITERIA and plugin_named("criterion", name) is None:
        raise UsageError(f"There is no criterion {name!r}.", f"Choose one of {', '.join(criteria_here())}.")


def package_of(name: str) -> StoredPackage | None:
    """The package that a criterion is of, where that is another than edgewise."""
    plugin = None if name in CRITERIA else plugin_named("criterion", name)
    return None if plugin is None else plugin.package.to_json()
