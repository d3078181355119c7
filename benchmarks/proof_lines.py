"""Lines that a user writes: those of a file that hold anything but comments, docstrings and blanks."""

import io
import token
import tokenize
from pathlib import Path

_NO_CODE = {token.COMMENT, token.NL, token.NEWLINE, token.INDENT, token.DEDENT, token.ENCODING, token.ENDMARKER}


def lines_of(path: Path) -> int:
    """Of a Python file, or of a shell script or TOML file, whose comments begin with #."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return _python(text)
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines())


def _python(text: str) -> int:
    held: set[int] = set()
    begins = True  # of a statement: a string alone there is a docstring
    found = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for place, one in enumerate(found):
        if one.type in _NO_CODE:
            begins = begins or one.type == token.NEWLINE
            continue
        alone = begins and one.type == token.STRING and found[place + 1].type == token.NEWLINE
        begins = False
        if not alone:
            held.update(range(one.start[0], one.end[0] + 1))
    return len(held)
