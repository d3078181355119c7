"""The users that networks are to be made for: a TOML file.

model = "onnx:mobilenet.onnx"      # and other options of `edgewise prune`, for all
target_speedup = 2

[[user]]
name = "anna"                      # of the folder that the network is written to
images = "photos/anna"             # relative to this file
classes = ["tabby", "tench"]       # left out: those that the images show
"""

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypedDict

from edgewise.errors import DataError, StoreError
from edgewise.prune.request import Request
from edgewise.prune.users import User
from edgewise.restore import restore
from edgewise.zoo.sources import absolute_name

_FORM = "It needs model = ... and a [[user]] table for each user, with name and images; see docs/cluster.md."


class _File(TypedDict):
    user: list[dict[str, Any]]


def read_users(path: Path) -> tuple[User, ...]:
    """The users of a TOML file. Its paths are relative to it; what is said of a user goes over what is said of all.

    Raises `DataError` for a file that cannot be read or says something else, `UsageError` for options that do not go
    together.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"The users {path} cannot be read: {error}.", _FORM) from error
    try:
        listed = restore(_File, content, path)["user"]
        common = {key: value for key, value in content.items() if key != "user"}
        users = tuple(_user(common | one, path) for one in listed)
    except StoreError as error:
        raise DataError(error.message, _FORM) from error
    names = [user.name for user in users]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not users:
        raise DataError(f"{path} has {f'the user {twice[0]!r} twice' if twice else 'no users'}.", _FORM)
    return users


def _user(values: dict[str, Any], path: Path) -> User:
    given = dict(values)
    name = given.pop("name", None)
    if not isinstance(name, str) or not name or name.startswith(".") or Path(name).name != name or "\0" in name:
        raise StoreError(f"{path}: {name!r} is no name for a user's folder.", "")
    known = {field.name for field in fields(Request)}
    for key in sorted(given.keys() - known):
        raise StoreError(f"{path}: the user {name!r} has {key!r}, which is none of {', '.join(sorted(known))}.", "")
    request = restore(Request, given, path)
    home = path.parent
    places = {key: _absolute(home, getattr(request, key)) for key in ("images", "table")}
    models = {
        "model": absolute_name(request.model, home),
        "zoo": tuple(absolute_name(one, home) for one in request.zoo),
        "weights": tuple(_absolute_weights(home, one) for one in request.weights),
    }
    return User(name, replace(request, **places, **models))


def _absolute_weights(home: Path, text: str) -> str:
    """FILE, which may have a "=" in its name, or NAME=FILE."""
    name, equals, file = ("", "", text) if (home / text).is_file() else text.rpartition("=")
    return f"{name}{equals}{_absolute(home, file)}"


def _absolute(home: Path, text: str | None) -> str | None:
    try:
        return None if text is None else str((home / Path(text).expanduser()).absolute())
    except RuntimeError as error:  # of an unknown user
        raise StoreError(f"{text!r} leads nowhere: {error}.", "") from error
