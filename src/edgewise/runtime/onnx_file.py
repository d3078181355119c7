"""What an ONNX file says of itself, read from the file: no engine starts, no package of the format is needed.

ONNX is protobuf. Only the few fields that matter here are looked into.
Source: the message definitions of onnx.proto3, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
"""

import math
import mmap
from dataclasses import dataclass
from pathlib import Path

from edgewise.runtime.protobuf import Protobuf, Span

_GRAPH = 7  # ModelProto.graph
_NODE, _INITIALIZER, _INPUT = 1, 5, 11  # of GraphProto
_TAKES, _GIVES, _OPERATOR = 1, 2, 4  # of NodeProto
_DIMS, _DATA_TYPE, _TENSOR_NAME, _EXTERNAL = 1, 2, 8, 13  # of TensorProto
_KEY, _VALUE, _LOCATION = 1, 2, "location"  # of StringStringEntryProto, and the key of a file's path
_NAME, _TYPE, _TENSOR, _SHAPE, _SIDE, _FIXED = 1, 2, 1, 2, 1, 1  # from ValueInfoProto down to a side of its shape
_WEIGHT_TYPES = {1, 2, 3, 10, 11, 16}  # float, uint8, int8, float16, double, bfloat16


@dataclass(frozen=True)
class OnnxFile:
    """What matters here of a file."""

    inputs: dict[str, tuple[int | None, ...]]  # those that must be fed, with their shapes; None = open
    params: int | None  # how many numbers are stored as weights; None: none are stored as initialisers
    pads_before_max_pool: bool  # a MaxPool takes what a Pad gives
    beside: tuple[str, ...]  # paths of the files that hold weights, from the folder that it lies in

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


class _Reader(Protobuf):
    """Walks the messages of a file."""

    def model(self) -> OnnxFile:
        inputs: dict[str, tuple[int | None, ...]] = {}
        stored: dict[str, int] = {}
        beside: set[str] = set()
        padded: set[str] = set()
        pooled: set[str] = set()
        for graph in self.inside(self.whole, _GRAPH):
            for number, span in self.fields(graph):
                if number == _INITIALIZER:
                    stored[self.text(span, _TENSOR_NAME)] = self._count(span)
                    beside |= self._locations(span)
                elif number == _INPUT:
                    inputs[self.text(span, _NAME)] = self._shape(span)
                elif number == _NODE:
                    operator = self.text(span, _OPERATOR)
                    padded |= {self.text(span, _GIVES)} if operator == "Pad" else set()
                    pooled |= {self.text(span, _TAKES)} if operator == "MaxPool" else set()
        return OnnxFile(
            {name: shape for name, shape in inputs.items() if name not in stored},
            sum(stored.values()) or None,
            bool(padded & pooled),
            tuple(sorted(beside)),
        )

    def _locations(self, tensor: Span) -> set[str]:
        entries = self.inside(tensor, _EXTERNAL)
        return {self.text(entry, _VALUE) for entry in entries if self.text(entry, _KEY) == _LOCATION}

    def _count(self, tensor: Span) -> int:
        """The numbers of one TensorProto; 0 when it holds no weights but indices or shapes."""
        dims: list[int] = []
        kind = 0
        for number, (at, end) in self.fields(tensor):
            if number == _DATA_TYPE:
                kind = self.varint(at)[0]
            elif number == _DIMS:
                while at < end:
                    side, at = self.varint(at)
                    dims.append(side)
        return math.prod(dims) if kind in _WEIGHT_TYPES else 0

    def _shape(self, value: Span) -> tuple[int | None, ...]:
        sides: list[int | None] = []
        for kind in self.inside(value, _TYPE):
            for tensor in self.inside(kind, _TENSOR):
                for shape in self.inside(tensor, _SHAPE):
                    for side in self.inside(shape, _SIDE):
                        fixed = [self.varint(at)[0] for number, (at, _) in self.fields(side) if number == _FIXED]
                        sides.append(fixed[0] if fixed and fixed[0] > 0 else None)
        return tuple(sides)
