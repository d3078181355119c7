"""Text from outside: shown without harm, and compared by what it means."""

import re
import unicodedata

_JOINED = re.compile(r"(?<=[^\W_])-(?=[^\W_])")  # a hyphen within a word; one before a number is a minus


def printable(text: object) -> str:
    """`str(text)` with every character that a terminal would obey or could not show written as an escape.

    A byte of a file name that is not UTF-8 becomes its `\\xNN`.
    """
    shown = str(text)
    return shown if shown.isprintable() else "".join(map(_escaped, shown))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    byte = ord(character) - 0xDC00  # how Python carries a byte of a file name that is not UTF-8
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else character.encode("unicode_escape").decode("ascii")


def plain(label: str) -> str:
    """A label without the spelling that does not matter: case, Unicode form, blanks, underscores, inner hyphens."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", label).casefold())
    return " ".join(_JOINED.sub(" ", folded.replace("_", " ")).split())
