"""What other packages add to edgewise, found by their entry points: docs/plugins.md says how to write one.

edgewise.selectors    methods of `edgewise select fit`, and what they fit     edgewise.select.plugin_selector
edgewise.criteria     what `edgewise prune` cuts first                        edgewise.prune.plugin_criterion
edgewise.runtimes     what runs files of networks, each a kind for `--zoo`    edgewise.runtime.plugin_runtime
edgewise.presets      accelerators for `edgewise accel`                       edgewise.accel.accelerator

The metadata of installed packages are read, and nothing of a package is imported before it is asked for by name. Names
of edgewise's own always mean edgewise's own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypedDict, get_args

from edgewise.errors import EdgewiseError, PluginError
from edgewise.text import printable

Kind = Literal["selector", "criterion", "runtime", "preset"]
KINDS: tuple[Kind, ...] = get_args(Kind)
GROUPS: Mapping[Kind, str] = {
    "selector": "edgewise.selectors",
    "criterion": "edgewise.criteria",
    "runtime": "edgewise.runtimes",
    "preset": "edgewise.presets",
}
_CHARACTERS = 300  # of what a plug-in says that is shown


class StoredPackage(TypedDict):
    """A `Package` as saved files name it."""

    name: str
    version: str


@dataclass(frozen=True)
class Package:
    """An installed package, as pip knows it."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def to_json(self) -> StoredPackage:
        return {"name": self.name, "version": self.version}


@dataclass(frozen=True)
class Plugin:
    """One thing that a package offers; nothing of it is imported yet."""

    kind: Kind
    name: str
    package: Package
    entry: EntryPoint = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"the {self.kind} {self.name!r} of the package {self.package}"

    @property
    def hint(self) -> str:
        """What to do about one that does not work."""
        return f"Tell those who make it, or remove it: python -m pip uninstall {self.package.name}"

    def load(self) -> Any:
        """What the entry point names. Raises `PluginError` where that cannot be imported."""
        with self.answering("was imported"):
            return self.entry.load()

    def unfit(self, why: str) -> PluginError:
        """The error that says what about it is not as docs/plugins.md wants it."""
        return PluginError(f"{_capital(str(self))}: {why}.", self.hint)

    @contextmanager
    def answering(self, doing: str) -> Iterator[None]:
        """Runs code of the package: whatever it raises becomes one error that names the package.

        What it raises of edgewise's own errors stays of that kind.
        """
        try:
            yield
        except EdgewiseError as error:
            if str(self.package) not in error.message:
                error.message = f"{_capital(str(self))}: {error.message}"
            raise
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:  # foreign code
            said = printable(" ".join(str(error).split()))[:_CHARACTERS]
            raise PluginError(
                f"{_capital(str(self))} failed when it {doing}: {type(error).__name__}{f': {said}' if said else ''}.",
                self.hint,
            ) from error


def plugins_of(kind: Kind) -> tuple[Plugin, ...]:
    """All of one kind that installed packages offer, by name; those of edgewise's own names are among them."""
    found = (Plugin(kind, one.name, _package(one), one) for one in entry_points(group=GROUPS[kind]))
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.package.name)))


def plugin_named(kind: Kind, name: str) -> Plugin | None:
    """The one of that name; None where no package offers it. Raises `PluginError` where two packages do.

    Names of edgewise's own are looked up before: they are no plug-in's.
    """
    found = [plugin for plugin in plugins_of(kind) if plugin.name == name]
    if len(found) > 1:
        raise clash(found[0], found[1])
    return found[0] if found else None


def names_of(kind: Kind) -> tuple[str, ...]:
    """The names of all plug-ins of a kind."""
    return tuple(dict.fromkeys(plugin.name for plugin in plugins_of(kind)))


def clash(plugin: Plugin, other: Plugin) -> PluginError:
    """The error where two packages offer one name."""
    return PluginError(
        f"Two packages offer a {plugin.kind} {plugin.name!r}: {plugin.package} and {other.package}.",
        f"Remove one of them: python -m pip uninstall {plugin.package.name}, or {other.package.name}",
    )


def clash_with_own(plugin: Plugin) -> PluginError:
    """The error where a package offers a name that edgewise has itself."""
    return PluginError(
        f"{_capital(str(plugin))} is refused: {plugin.name!r} is edgewise's own.",
        "Its makers must choose another name; edgewise's own is used.",
    )


def _package(entry: EntryPoint) -> Package:
    found = entry.dist
    return Package(found.name, found.version) if found is not None else Package("(unknown)", "")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
