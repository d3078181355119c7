"""Every error that edgewise raises on purpose, with the exit code that the command line gives it.

EdgewiseError                 1  never raised itself: its children say what went wrong
|-- UsageError                2  an argument or a combination of arguments that cannot work
|-- DataError                 3  what was read is not what it must be
|   |-- ImageError            3  one image cannot be used; carries `path` and `reason`
|   |-- LabelError            3  a label that no model knows, or class sets that do not meet
|   |-- ModelError            3  a model file or its card cannot be used
|   |   `-- OutputError       3  a model runs, and what it gives are not numbers
|   |-- StoreError            3  a stored artefact is missing, torn, of another kind or another schema
|   `-- PluginError           3  what another package adds to edgewise does not work
|-- MissingExtra              4  a package of an optional extra is needed and absent
|   |-- MissingEnvironment    4  packages are needed that cannot live beside edgewise's own, so in another environment
|   `-- MissingPlugin         4  a stored artefact was made with a package that is absent
`-- GuardRefused              5  a result was computed and the guard did not let it in
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgewise.text import printable


class EdgewiseError(Exception):
    """What went wrong in one sentence, and in `hint` what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors of other processes come here whole; not all of ours are made from a message and a hint."""
        return _as_it_was, (type(self), vars(self))


def _as_it_was(kind: type[EdgewiseError], carried: Mapping[str, Any]) -> EdgewiseError:
    error = kind.__new__(kind)
    EdgewiseError.__init__(error, carried["message"], carried["hint"])
    vars(error).update(carried)
    return error


class UsageError(EdgewiseError):
    """An argument, or a combination of arguments, that cannot work."""

    exit_code = 2


class DataError(EdgewiseError):
    """What was read is not what it must be."""

    exit_code = 3


class ImageError(DataError):
    """One image cannot be used. Long work counts, lists and skips it; a single request fails with it."""

    def __init__(self, path: Path | str, reason: str, hint: str = "") -> None:
        super().__init__(f"{printable(path)}: {reason}", hint)
        self.path = path
        self.reason = reason


class LabelError(DataError):
    """A label that no model knows, or models whose class sets do not meet."""


class ModelError(DataError):
    """A model file, its card, or what came out of it cannot be used."""


class OutputError(ModelError):
    """A model runs, and what it gives are not numbers. Long work goes on without it; a single request fails with it."""


class StoreError(DataError):
    """A stored artefact is missing, torn, of another kind, or of another schema."""


class PluginError(DataError):
    """What another package adds to edgewise cannot be imported, has another form than it must, or failed."""


class MissingExtra(EdgewiseError):
    """A package of an optional extra is needed and is not installed."""

    exit_code = 4

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the optional extra [{extra}], which is not installed.", install_hint(extra))
        self.extra = extra


class MissingEnvironment(MissingExtra):
    """Packages are needed that cannot live beside edgewise's own, and no environment that has them is named."""

    def __init__(self, what: str, package: str, hint: str) -> None:
        super().__init__(what, package)
        self.message = f"{what} needs {package}, which has an environment of its own."
        self.hint = hint


class MissingPlugin(MissingExtra):
    """A stored artefact was made with another package, which is not installed."""

    def __init__(self, what: str, package: str, version: str) -> None:
        super().__init__(what, package)
        self.message = f"{printable(what)} was made with {printable(f'{package} {version}')}, which is not installed."
        self.hint = f"Install it from where it came from: python -m pip install {printable(f'{package}=={version}')}"


class GuardRefused(EdgewiseError):
    """A result was computed, and the guard did not let it in."""

    exit_code = 5


def install_hint(extra: str) -> str:
    """The sentence that says how to get an extra, or edgewise itself where it is empty."""
    if (Path(__file__).parent.parent.parent / "constraints.txt").is_file():
        asked = f"'.[{extra}]'" if extra else "."
        what = "it" if extra else "edgewise again"
        return f"Install {what} in the checkout: python -m pip install -c constraints.txt -e {asked}"
    return (
        f"Install it: python -m pip install 'edgewise[{extra}]'" if extra else "Install edgewise again, from its wheel."
    )
