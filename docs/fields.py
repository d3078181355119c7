"""Tells Sphinx of the fields of dataclasses, whose meaning stands in comments beside them."""

import ast
import inspect
import io
import textwrap
import tokenize
from dataclasses import is_dataclass
from typing import Any


def tell_fields(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """A listener of `autodoc-process-docstring`: a line for each field, with its type and what is said of it."""
    if what == "class" and is_dataclass(thing) and isinstance(thing, type):
        lines += [
            "",
            *(f"* ``{field}`` (``{kind}``){': ' + said if said else ''}" for field, kind, said in fields(thing)),
            "",
        ]


def fields(thing: type) -> list[tuple[str, str, str]]:
    """Each public field of a dataclass: its name, its type and default, and the comment or string that tells of it."""
    source = textwrap.dedent(inspect.getsource(thing))
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    (body,) = (node.body for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    found = []
    for one, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and not one.target.id.startswith("_"):
            told = after.value.value if _is_text(after) else comments.get(one.end_lineno or 0, "")
            kind = ast.unparse(one.annotation) + (f" = {ast.unparse(one.value)}" if _is_plain(one.value) else "")
            found.append((one.target.id, kind, " ".join(str(told).split())))
    return found


def leave_fields_to_the_list(app: Any, what: str, name: str, thing: Any, *_: Any) -> tuple[str, str] | None:
    """A listener of `autodoc-process-signature`: a dataclass has none, as its fields are listed."""
    return ("", "") if what == "class" and is_dataclass(thing) else None


def _is_plain(default: Any) -> bool:
    return default is not None and not isinstance(default, ast.Call)


def _is_text(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
