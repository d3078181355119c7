"""What an ONNX file says of itself, read from the file: no engine starts, no package of the format is needed.

ONNX is protobuf: fields, each a number and a wire type. Only the few that matter here are looked into.
Source: the message definitions of onnx.proto3, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
"""

import math
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_GRAPH = 7  # ModelProto.graph
_NODE, _INITIALIZER, _INPUT = 1, 5, 11  # of GraphProto
_TAKES, _GIVES, _OPERATOR = 1, 2, 4  # of NodeProto
_DIMS, _DATA_TYPE, _TENSOR_NAME = 1, 2, 8  # of TensorProto
_NAME, _TYPE, _TENSOR, _SHAPE, _SIDE, _FIXED = 1, 2, 1, 2, 1, 1  # from ValueInfoProto down to a side of its shape
_WEIGHT_TYPES = {1, 2, 3, 10, 11, 16}  # float, uint8, int8, float16, double, bfloat16
_VARINT, _EIGHT_BYTES, _BLOCK, _FOUR_BYTES = 0, 1, 2, 5  # wire types

Span = tuple[int, int]  # first byte and the one after the last


@dataclass(frozen=True)
class OnnxFile:
    """What matters here of a file."""

    inputs: dict[str, tuple[int | None, ...]]  # those that must be fed, with their shapes; None = open
    params: int | None  # how many numbers are stored as weights; None: none are stored as initialisers
    pads_before_max_pool: bool  # a MaxPool takes what a Pad gives

    @property
    def size_px(self) -> int | None:
        """The side of the one image input, None where it is open or there is no such input."""
        shapes = list(self.inputs.values())
        if len(shapes) != 1 or len(shapes[0]) != 4:
            return None
        sides = shapes[0][1:3] if shapes[0][3] == 3 and shapes[0][1] != 3 else shapes[0][2:4]
        return sides[0] if sides[0] == sides[1] else None


def read_onnx_file(path: Path) -> OnnxFile | None:
    """The file's own account, None for a file that cannot be read as ONNX. Takes no longer for large weights."""
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return _Reader(mapped).model()
    except (OSError, ValueError, IndexError):
        return None


class _Reader:
    """Walks the messages of a file."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data

    def model(self) -> OnnxFile:
        inputs: dict[str, tuple[int | None, ...]] = {}
        stored: dict[str, int] = {}
        padded: set[str] = set()
        pooled: set[str] = set()
        for graph in self._inside((0, len(self._data)), _GRAPH):
            for number, span in self._fields(graph):
                if number == _INITIALIZER:
                    stored[self._text(span, _TENSOR_NAME)] = self._count(span)
                elif number == _INPUT:
                    inputs[self._text(span, _NAME)] = self._shape(span)
                elif number == _NODE:
                    operator = self._text(span, _OPERATOR)
                    padded |= {self._text(span, _GIVES)} if operator == "Pad" else set()
                    pooled |= {self._text(span, _TAKES)} if operator == "MaxPool" else set()
        return OnnxFile(
            {name: shape for name, shape in inputs.items() if name not in stored},
            sum(stored.values()) or None,
            bool(padded & pooled),
        )

    def _count(self, tensor: Span) -> int:
        """The numbers of one TensorProto; 0 when it holds no weights but indices or shapes."""
        dims: list[int] = []
        kind = 0
        for number, (at, end) in self._fields(tensor):
            if number == _DATA_TYPE:
                kind = self._varint(at)[0]
            elif number == _DIMS:
                while at < end:
                    side, at = self._varint(at)
                    dims.append(side)
        return math.prod(dims) if kind in _WEIGHT_TYPES else 0

    def _shape(self, value: Span) -> tuple[int | None, ...]:
        sides: list[int | None] = []
        for kind in self._inside(value, _TYPE):
            for tensor in self._inside(kind, _TENSOR):
                for shape in self._inside(tensor, _SHAPE):
                    for side in self._inside(shape, _SIDE):
                        fixed = [self._varint(at)[0] for number, (at, _) in self._fields(side) if number == _FIXED]
                        sides.append(fixed[0] if fixed and fixed[0] > 0 else None)
        return tuple(sides)

    def _text(self, message: Span, wanted: int) -> str:
        return next((str(self._data[at:end], "utf-8", "replace") for at, end in self._inside(message, wanted)), "")

    def _inside(self, message: Span, wanted: int) -> Iterator[Span]:
        return (span for number, span in self._fields(message) if number == wanted)

    def _fields(self, message: Span) -> Iterator[tuple[int, Span]]:
        """Number and place of the value of each field. Raises ValueError for what is no protobuf."""
        at, end = message
        while at < end:
            tag, at = self._varint(at)
            wire = tag & 7
            if wire == _VARINT:
                _, after = self._varint(at)
            elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
                after = at + (8 if wire == _EIGHT_BYTES else 4)
            elif wire == _BLOCK:
                size, at = self._varint(at)
                after = at + size
            else:
                raise ValueError(f"wire type {wire}")
            if after > end:
                raise ValueError("cut short")
            yield tag >> 3, (at, after)
            at = after

    def _varint(self, at: int) -> tuple[int, int]:
        """A number of 7 bits a byte, lowest first, and where it ends."""
        value = shift = 0
        while True:
            byte = self._data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7
