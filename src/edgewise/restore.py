"""Values out of JSON, checked against the types that they must have, and built into them.

A stored file may have been changed by hand, or be another's. Read through here, its content is what the types say, or
one error names the place that is not.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from edgewise.errors import StoreError

_T = TypeVar("_T")
_HINT = "It was changed by hand or is another's; make it again."
_SHOWN_CHARACTERS = 60
_NOUNS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


def restore(form: type[_T], value: object, origin: Path) -> _T:
    """A value out of JSON as the type that `form` names; `origin` is the file, for the error.

    `form` is a frozen dataclass, which is built; a `TypedDict`, which stays a dict; `str`, `int`, `float`, `bool`,
    `Any`, a `Literal` of texts; a `list`, a `tuple` or a `dict[str, ...]` of these; or one of them `| None`. A
    dataclass takes no keys but its own, and needs those that have no default, so that a field may be added to what is
    stored already; a `TypedDict` leaves other keys as they are. Whole numbers pass as floats, truth values as neither,
    NaN and infinity not at all. Raises `StoreError`.
    """
    try:
        return cast("_T", _Reader(origin).read(form, value, ""))
    except RecursionError as error:
        raise StoreError(f"{origin} is nested too deeply.", _HINT) from error


def shown(value: object) -> str:
    """A value as an error shows it: shortened."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 3]}..."


class _Reader:
    """Reads the values of one file; `at` is the place in it of the value."""

    def __init__(self, origin: Path) -> None:
        self._origin = origin

    def read(self, form: Any, value: Any, at: str) -> Any:
        """The value as its form; what has parts is read part by part."""
        kind, inner = get_origin(form) or form, get_args(form)
        if kind is Any:
            return value
        if kind in (Union, UnionType):
            (form,) = (choice for choice in inner if choice is not NoneType)
            return None if value is None else self.read(form, value, at)
        if kind is Literal:
            return value if isinstance(value, str) and value in inner else self._refuse(value, at, _either(inner))
        if kind in (list, tuple):
            return kind(self._parts(kind, inner, value, at))
        if kind is dict:
            return {key: self.read(inner[1], one, _below(at, key)) for key, one in self._is(dict, value, at).items()}
        if kind is float:
            return self._number(value, at)
        return self._is(kind, value, at) if kind in _NOUNS else self._object(kind, value, at)

    def _parts(self, kind: type, inner: tuple[Any, ...], value: Any, at: str) -> list[Any]:
        parts = self._is(list, value, at)
        forms = [inner[0]] * len(parts) if kind is list or inner[-1] is ... else inner
        if len(forms) != len(parts):
            self._refuse(value, at, f"a list of {len(forms)}")
        return [self.read(form, part, f"{at}[{i}]") for i, (form, part) in enumerate(zip(forms, parts, strict=True))]

    def _object(self, kind: Any, value: Any, at: str) -> Any:
        """A dataclass or a `TypedDict`."""
        given: dict[str, Any] = self._is(dict, value, at)
        forms, needed = _keys(kind)
        for key in sorted(needed - given.keys()):
            raise StoreError(f"{self._origin}{f': {at}' if at else ''} has no {key!r}.", _HINT)
        found = {key: self.read(forms[key], one, _below(at, key)) for key, one in given.items() if key in forms}
        if not is_dataclass(kind):
            return {**given, **found}
        for key in sorted(given.keys() - forms.keys()):
            raise StoreError(f"{self._origin}: {at or 'it'} has {key!r}, which is unknown.", _HINT)
        return cast("Any", kind)(**found)

    def _number(self, value: Any, at: str) -> float:
        try:
            number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        except OverflowError:
            number = math.inf
        return number if math.isfinite(number) else self._refuse(value, at, _NOUNS[float])

    def _is(self, kind: type, value: Any, at: str) -> Any:
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        return value if fits else self._refuse(value, at, _NOUNS[kind])

    def _refuse(self, value: object, at: str, expected: str) -> NoReturn:
        place = f"{self._origin}: {at}" if at else str(self._origin)
        raise StoreError(f"{place} is {shown(value)}; expected {expected}.", _HINT)


@cache
def _keys(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """The types of an object's keys, and those keys that must be there."""
    forms = get_type_hints(kind)
    if not is_dataclass(kind):
        return forms, kind.__required_keys__
    return forms, frozenset(f.name for f in fields(kind) if f.default is f.default_factory is MISSING)


def _below(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(map(repr, words))
