"""The operators of an ONNX file, and the file with more of its tensors as outputs."""

from collections.abc import Iterable
from dataclasses import dataclass

from edgewise.runtime.operators import Operator
from edgewise.runtime.protobuf import Protobuf, block

_GRAPH = 7  # ModelProto.graph
_NODE, _INITIALIZER, _OUTPUT = 1, 5, 12  # of GraphProto
_TAKES, _GIVES, _OPERATOR, _DOMAIN = 1, 2, 4, 7  # of NodeProto
_TENSOR_NAME, _VALUE_NAME = 8, 1  # of TensorProto and of ValueInfoProto
_STANDARD = ("", "ai.onnx")


@dataclass(frozen=True)
class OnnxGraph:
    """What an ONNX file computes."""

    operators: tuple[Operator, ...]
    foreign: frozenset[str]  # the names of those operators that are not of the standard
    constants: frozenset[str]  # the tensors that are stored
    outputs: tuple[str, ...]


def read_graph(file: Protobuf) -> OnnxGraph:
    """Read the outermost graph. Raises ValueError or IndexError for what is no protobuf."""
    operators: list[Operator] = []
    foreign: set[str] = set()
    constants: set[str] = set()
    outputs: list[str] = []
    for graph in file.inside(file.whole, _GRAPH):
        for number, span in file.fields(graph):
            if number == _NODE:
                takes, gives = (tuple(file.texts(span, field)) for field in (_TAKES, _GIVES))
                operators.append(Operator(file.text(span, _OPERATOR), takes, gives))
                if file.text(span, _DOMAIN) not in _STANDARD:
                    foreign.add(operators[-1].name)
            elif number == _INITIALIZER:
                constants.add(file.text(span, _TENSOR_NAME))
            elif number == _OUTPUT:
                outputs.append(file.text(span, _VALUE_NAME))
    return OnnxGraph(tuple(operators), frozenset(foreign), frozenset(constants), tuple(outputs))


def with_outputs(content: bytes, graph: OnnxGraph, tensors: Iterable[str]) -> bytes:
    """A file's bytes with more outputs, whose types the engine infers; those that are outputs already stay as they are.

    Protobuf merges a message that comes twice, so a second graph that holds outputs alone adds them to the first.
    """
    added = [name for name in dict.fromkeys(tensors) if name not in graph.outputs]
    return content + block(_GRAPH, b"".join(block(_OUTPUT, block(_VALUE_NAME, name.encode())) for name in added))
