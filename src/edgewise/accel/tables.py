"""Frozen dataclasses from the tables of a TOML file, checked key by key."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from edgewise.errors import DataError, UsageError
from edgewise.text import printable

_T = TypeVar("_T")
_LARGEST = 1e12
_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def read_toml(path: Path) -> dict[str, Any]:
    """Raises `DataError` for a file that is not there, or no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{printable(path)} cannot be read: {error.strerror}.", "Name a TOML file.") from error
    except (ValueError, RecursionError) as error:  # ValueError: no UTF-8, or no TOML
        raise DataError(f"{printable(path)} is no TOML: {error}.", "Correct the file.") from error


def build(kind: type[_T], given: Mapping[str, Any], where: str) -> _T:
    """A dataclass of a table; dataclasses in it are tables of their own. `where` is named in errors.

    Raises `DataError` for keys that are missing, unknown or of another type, and for values that cannot be.
    """
    hints, known = get_type_hints(kind), {one.name: one for one in fields(cast("Any", kind))}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise DataError(f"{where}: unknown key {unknown[0]!r}.", f"Known keys: {', '.join(known)}.")
    missing = [name for name, one in known.items() if name not in given and one.default is MISSING]
    if missing:
        raise DataError(f"{where}: {missing[0]!r} is missing.", f"It must have: {', '.join(known)}.")
    try:
        return kind(**{name: _value(hints[name], value, f"{where}, {name}") for name, value in given.items()})
    except UsageError as error:
        raise DataError(f"{where}: {error.message}", error.hint) from error


def _value(hint: Any, value: Any, where: str) -> Any:
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise DataError(f"{where} is {value!r}; it must be a table.")
        return build(cast("type[Any]", hint), cast("Mapping[str, Any]", value), where)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise DataError(f"{where} is {value!r}; it must be one of {', '.join(get_args(hint))}.")
        return value
    fits = isinstance(value, int | float) if hint is float else isinstance(value, hint)
    if not fits or (isinstance(value, bool) and hint is not bool):
        raise DataError(f"{where} is {value!r}; it must be {_WORDS[hint]}.")
    if hint in (int, float) and abs(value) > _LARGEST:
        raise DataError(f"{where} is too large; it must be {_LARGEST:g} at most.")
    return hint(value)


def must_be_positive(table: str, given: object, *, or_zero: tuple[str, ...] = ()) -> None:
    """Raises `UsageError` that names the number of a dataclass that is 0 or less, or without end."""
    for name, value in vars(given).items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if not (0 < value < float("inf") or (name in or_zero and value == 0)):
            allowed = "0 or above" if name in or_zero else "above 0"
            raise UsageError(f"[{table}] {name} is {value}; it must be {allowed}.")
