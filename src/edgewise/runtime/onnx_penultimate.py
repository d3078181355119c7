"""The penultimate vector of an ONNX file, made one of its outputs."""

from pathlib import Path

from edgewise.runtime.onnx_graph import read_graph, with_outputs
from edgewise.runtime.penultimate import Penultimate, find_penultimate
from edgewise.runtime.protobuf import Protobuf


def with_penultimate(path: Path, output: str | None) -> tuple[bytes, Penultimate] | None:
    """The file's bytes with one more output, the penultimate vector behind `output`, and which tensor that is.

    `output` may be None where there is one only. None for a file that has no such vector, or cannot be read.
    """
    try:
        content = path.read_bytes()
        graph = read_graph(Protobuf(content))
    except (OSError, ValueError, IndexError):
        return None
    if output is None and len(graph.outputs) == 1:
        (output,) = graph.outputs
    found = None if output is None else find_penultimate(graph.operators, graph.constants, output)
    return (with_outputs(content, graph, [found.tensor]), found) if found else None
