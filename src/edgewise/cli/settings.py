"""Settings from a TOML file: a table per command, keys named as the command's options and arguments.

[profile]
zoo = ["onnx:models/*.onnx"]
data = "photos/"

[select.fit]
method = "cascade"
max-mean-ms = 20
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgewise.errors import DataError, UsageError


def read_settings(path: Path, root: Any) -> dict[str, Any]:
    """What a file says, as the defaults that the command `root` takes (a click command with sub-commands).

    What is typed on the command line wins over the file. Paths mean what they would mean there.
    Raises `DataError` when the file cannot be read, `UsageError` for a table or a key that no command knows.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"The settings {path} cannot be read: {error}.") from error
    return _of_group(content, root, str(path), ())


def _of_group(tables: Mapping[str, Any], group: Any, file: str, names: tuple[str, ...]) -> dict[str, Any]:
    own = {key: value for key, value in tables.items() if names and group.params and not isinstance(value, dict)}
    defaults = _of_command(own, group, file, names)
    for name, table in tables.items():
        if name in own:  # of a command that has sub-commands too, as `edgewise prune`
            continue
        path = (*names, name)
        if name not in group.commands or not isinstance(table, dict):
            known = ", ".join(f"[{'.'.join((*names, command))}]" for command in group.commands)
            raise UsageError(f"{file}: {'.'.join(path)} is no table of a command.", f"Known here: {known}.")
        command = group.commands[name]
        inside = hasattr(command, "commands")
        defaults[name] = _of_group(table, command, file, path) if inside else _of_command(table, command, file, path)
    return defaults


def _of_command(table: Mapping[str, Any], command: Any, file: str, names: tuple[str, ...]) -> dict[str, Any]:
    known = {_written(parameter): parameter for parameter in command.params if parameter.name != "help"}
    defaults: dict[str, Any] = {}
    for key, value in table.items():
        parameter = known.get(key.replace("_", "-"))
        if parameter is None:
            raise UsageError(
                f"{file}: `edgewise {' '.join(names)}` has no option {key!r}.", f"It has: {', '.join(sorted(known))}."
            )
        several = parameter.multiple if hasattr(parameter, "multiple") else parameter.nargs != 1
        defaults[parameter.name] = [value] if several and not isinstance(value, list) else value
    return defaults


def _written(parameter: Any) -> str:
    """An option's name as it is typed, without the dashes; an argument's name."""
    longest = max(parameter.opts, key=len)
    return longest.lstrip("-").replace("_", "-").lower()
