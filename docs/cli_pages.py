"""Write docs/cli/*.md: a page for each command, from what its help says. Run by `scripts/generate-cli-pages`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from edgewise.cli.app import app

FOLDER = Path(__file__).parent / "cli"
NAME = "edgewise"
_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*[a-z])")
_WRITTEN = "<!-- Written by scripts/generate-cli-pages from the command's own help. -->"


def pages() -> dict[str, str]:
    """The name of each file and its text; `index.md` leads to the others."""
    root = typer.main.get_command(app)
    context = root.make_context(NAME, [], resilient_parsing=True)
    written = {f"{name}.md": _page(command, context, name) for name, command in root.commands.items()}  # type: ignore[attr-defined]
    return {"index.md": _index(root, context)} | written


def write(folder: Path = FOLDER) -> None:
    """Replace what is in the folder."""
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.md"):
        path.unlink()
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _index(root: Any, context: Any) -> str:
    rows = [(f"[`{NAME} {name}`]({name}.md)", _summary(command)) for name, command in root.commands.items()]
    listed = "\n".join(root.commands)
    return "\n\n".join(
        [
            "# The command line",
            _WRITTEN,
            _table(("command", ""), rows),
            "## Options before the command",
            "`edgewise --settings FILE COMMAND ...`",
            _options(list(root.params), context),
            "How settings files look, exit codes and environment variables: [around the commands](../around.md).",
            f"```{{toctree}}\n:hidden:\n{listed}\n```\n",
        ]
    )


def _page(command: Any, parent: Any, name: str) -> str:
    parts = [f"# edgewise {name}", _WRITTEN]
    for depth, (names, one, context) in enumerate(_all(command, parent, (name,))):
        if depth:
            parts.append(f"## edgewise {' '.join(names)}")
        parts += _described(one, context)
        if inside := getattr(one, "commands", {}):
            rows = [
                (f"[`{' '.join((NAME, *names, sub))}`](#{'-'.join((NAME, *names, sub))})", _summary(found))
                for sub, found in inside.items()
            ]
            parts.append(_table(("command", ""), rows))
    return "\n\n".join(parts) + "\n"


def _all(command: Any, parent: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """The command and all below it, with the context of each."""
    context = type(parent)(command, parent=parent, info_name=names[-1], resilient_parsing=True)
    yield names, command, context
    for name, inside in getattr(command, "commands", {}).items():
        yield from _all(inside, context, (*names, name))


def _described(command: Any, context: Any) -> list[str]:
    parts = ["\n\n".join(_paragraphs(command.help or ""))]
    if hasattr(command, "commands") and not command.invoke_without_command:
        return parts
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    parts.insert(0, f"`{_usage(context, arguments)}`")
    if arguments:
        parts.append(_table(("argument", ""), [(f"`{_shown(one)}`", _help(one, context)) for one in arguments]))
    panels: dict[str, list[Any]] = {}
    for one in command.params:
        if one not in arguments and not one.hidden:
            panels.setdefault(one.rich_help_panel or "", []).append(one)
    for title, inside in panels.items():
        if title:
            parts.append(f"**{title}**")
        parts.append(_options(inside, context))
    return parts


def _usage(context: Any, arguments: list[Any]) -> str:
    return " ".join(
        [context.command_path, *("[" + _shown(one) + "]" for one in arguments if not one.required)]
        + [_shown(one) for one in arguments if one.required]
        + ["[OPTIONS]"]
    )


def _shown(argument: Any) -> str:
    return (argument.metavar or argument.name).upper() + (" ..." if argument.nargs != 1 else "")


def _options(options: list[Any], context: Any) -> str:
    rows = [(f"`{_names(one)}`", _takes(one, context), _default(one), _help(one, context)) for one in options]
    return _table(("option", "takes", "default", ""), rows)


def _names(option: Any) -> str:
    return ", ".join(option.opts) + (f" / {', '.join(option.secondary_opts)}" if option.secondary_opts else "")


def _takes(option: Any, context: Any) -> str:
    if option.is_flag:
        return ""
    shown = option.metavar or option.display_type(context).strip("<>")
    several = shown.startswith("list[")
    shown = shown.removeprefix("list[").removesuffix("]")
    low, high = option.min, option.max
    if low is not None or high is not None:
        shown = shown.removesuffix(" range")
        ends = f"{low} to {high}" if None not in (low, high) else f"{low} or more" if high is None else f"up to {high}"
        shown += f", {ends}"
    plain = {"str": "text", "int": "number", "float": "number"}
    head, *rest = shown.split(", ")
    shown = ", ".join([plain.get(head, head), *rest])
    shown = f"`{shown}`".replace("|", "` `") if "|" in shown else shown
    return shown + ("; may be repeated" if several else "")


def _default(option: Any) -> str:
    if option.required:
        return "required"
    if isinstance(option.show_default, str):
        return option.show_default
    value = option.default
    if option.is_flag:
        if not option.secondary_opts:
            return ""
        return f"`{(option.opts if value else option.secondary_opts)[0]}`"
    if value is None or value == () or value == []:
        return ""
    return f"`{value}`"


def _help(parameter: Any, context: Any) -> str:
    text = _plain(parameter.help or "")
    if parameter.envvar:
        names = [parameter.envvar] if isinstance(parameter.envvar, str) else parameter.envvar
        text += f" Also `${'`, `$'.join(names)}`."
    return text


def _summary(command: Any) -> str:
    return _paragraphs(command.help or "")[0]


def _paragraphs(text: str) -> list[str]:
    return [" ".join(paragraph.split()) for paragraph in _plain(text).split("\n\n") if paragraph.strip()]


def _plain(text: str) -> str:
    """Help without Rich's markup, so that Markdown shows it as it stands, with options as code."""
    plain = Text.from_markup(text).plain
    return "`".join(part if inside % 2 else _escaped(part) for inside, part in enumerate(plain.split("`")))


def _escaped(text: str) -> str:
    return _OPTION.sub(r"`\1`", re.sub(r"([<*\[])", r"\\\1", text))


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    write()
