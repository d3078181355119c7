"""How much room a text takes, before any browser has drawn it.

A report is read with whatever sans-serif the reader's system has, so widths are those of DejaVu Sans, the widest of
the usual ones, rounded up: a text never takes more room than is reserved here.
"""

import re
import unicodedata

from markupsafe import Markup

FONT_PX = 12
LINE_PX = 15
_EM = {
    0.3: "\"'IJijl",
    0.4: " (),-./:;[\\]ft|",
    0.5: "!*_`r",
    0.6: "?FLcksvxyz",
    0.7: "$0123456789ABCEKPRSTVXYZabdeghnopqu{}",
    0.8: "&DGHNOQU",
    0.9: "#+<=>M^w~",
    1.0: "%@Wm",
}
_WIDTH = {character: em for em, characters in _EM.items() for character in characters}
_OTHER_EM = 0.9
_WIDE_EM = 1.4  # emoji and East Asian characters
_BREAK = re.compile(r"(?<=[ _\-/:])")


def width_px(text: str) -> float:
    """The room one line takes at `FONT_PX`."""
    return FONT_PX * sum(_WIDTH.get(character) or _rare_em(character) for character in text)


def _rare_em(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    return _WIDE_EM if unicodedata.east_asian_width(character) in "WF" else _OTHER_EM


def in_two_lines(text: str) -> tuple[str, ...]:
    """The text broken where the longer line is shortest; one line where it cannot be broken."""
    pieces = [piece for piece in _BREAK.split(text) if piece]
    breaks = [("".join(pieces[:i]).rstrip(), "".join(pieces[i:]).lstrip()) for i in range(1, len(pieces))]
    return min(breaks, key=lambda lines: max(map(width_px, lines)), default=(text,))


def shortened(text: str, characters: int) -> str:
    """The text, or its two ends: names differ at either."""
    if len(text) <= characters:
        return text
    tail = (characters - 1) // 2
    return f"{text[: characters - 1 - tail]}…{text[len(text) - tail :]}"


def breakable(text: str) -> Markup:
    """The text for a page that may break it after the same characters: a long name breaks where a reader would."""
    return Markup("<wbr>").join(piece for piece in _BREAK.split(text) if piece)
