"""Texts for people elsewhere: without the places of this machine."""

import re
from pathlib import Path

_FOLDERS = re.compile(r"(?<![\w:/])/(?:[^/\s'\"]+/)+")  # of an absolute path; not of http://host/path


def hide_paths(text: str, root: Path) -> str:
    """A text with every absolute path cut down to its last part, and `root` out of those that lie in it.

    `root` may hold blanks; other folders with blanks in their names are hidden up to the first.
    """
    for known in (root.resolve(), root.absolute(), root):
        if len(known.parts) > 1:
            text = text.replace(f"{known}/", "").replace(str(known), known.name)
    return _FOLDERS.sub("", text)
