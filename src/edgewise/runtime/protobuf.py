"""Protobuf, just enough to walk a file: fields, each a number and a wire type, one inside another.

Source: the wire format, https://protobuf.dev/programming-guides/encoding/.
"""

import mmap
from collections.abc import Iterator

_VARINT, _EIGHT_BYTES, _BLOCK, _FOUR_BYTES = 0, 1, 2, 5  # wire types

Span = tuple[int, int]  # first byte and the one after the last


class Protobuf:
    """Walks the messages of some bytes; nothing is copied but what is asked for."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self._data = data

    @property
    def whole(self) -> Span:
        """Where the outermost message is."""
        return 0, len(self._data)

    def texts(self, message: Span, wanted: int) -> list[str]:
        """Every text under the number `wanted`."""
        return [self._decoded(span) for span in self.inside(message, wanted)]

    def text(self, message: Span, wanted: int) -> str:
        """The first text under the number `wanted`, empty where there is none."""
        return next((self._decoded(span) for span in self.inside(message, wanted)), "")

    def inside(self, message: Span, wanted: int) -> Iterator[Span]:
        """Where the values under the number `wanted` are."""
        return (span for number, span in self.fields(message) if number == wanted)

    def fields(self, message: Span) -> Iterator[tuple[int, Span]]:
        """Number and place of the value of each field. Raises ValueError for what is no protobuf."""
        at, end = message
        while at < end:
            tag, at = self.varint(at)
            wire = tag & 7
            if wire == _VARINT:
                _, after = self.varint(at)
            elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
                after = at + (8 if wire == _EIGHT_BYTES else 4)
            elif wire == _BLOCK:
                size, at = self.varint(at)
                after = at + size
            else:
                raise ValueError(f"wire type {wire}")
            if after > end:
                raise ValueError("cut short")
            yield tag >> 3, (at, after)
            at = after

    def varint(self, at: int) -> tuple[int, int]:
        """A number of 7 bits a byte, lowest first, and where it ends."""
        value = shift = 0
        while True:
            byte = self._data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7

    def _decoded(self, span: Span) -> str:
        return str(self._data[slice(*span)], "utf-8", "replace")


def block(number: int, content: bytes) -> bytes:
    """One field that holds bytes, as it is written: a text or a message."""
    return _written(number << 3 | _BLOCK) + _written(len(content)) + content


def _written(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))
