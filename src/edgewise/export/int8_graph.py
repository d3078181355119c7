"""What of an ONNX graph is quantised and what is left as it is: the scores, and what comes behind them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewise.errors import ModelError
from edgewise.runtime.onnx_graph import read_graph
from edgewise.runtime.penultimate import find_penultimate
from edgewise.runtime.protobuf import Protobuf

if TYPE_CHECKING:
    from onnx import ModelProto

_LAYERS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
_DENSE = ("Gemm", "MatMul")  # those that ONNX Runtime runs on integers with real outputs, too
_QUANTISED = ("QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger")
_ROUNDS, _TURNS_REAL = "QuantizeLinear", "DequantizeLinear"


def check_quantisable(path: Path, number: str) -> None:
    """Raises `ModelError` for a file of integers, of half precision, or without a layer that int8 could speed up.

    `number`: the type of its input. The file is one that ONNX Runtime loads.
    """
    import onnx
    from onnx import TensorProto

    model = onnx.load(path, load_external_data=False)
    names = [node.op_type for node in model.graph.node]
    already = next((name for name in names if name in _QUANTISED), None)
    if already is not None:
        raise ModelError(f"{path} holds integers already: the operator {already}.", "Give the float32 network.")
    halves = [one for one in model.graph.initializer if one.data_type in (TensorProto.FLOAT16, TensorProto.BFLOAT16)]
    if number == "float16" or halves:
        where = f"its weight {halves[0].name!r}" if halves else "its input"
        raise ModelError(
            f"{path} works at half precision ({where}); int8 is made of a float32 network.", "Export it as float32."
        )
    if not any(name in _LAYERS for name in names):
        raise ModelError(
            f"{path} holds none of the operators {', '.join(_LAYERS)}; int8 would not speed it up.",
            "Run it at float32.",
        )


def name_nodes(model: "ModelProto") -> "ModelProto":
    """The same, with a name for each node, as what excludes some needs it."""
    taken = {node.name for node in model.graph.node}
    for place, node in enumerate(model.graph.node):
        if not node.name:
            node.name = next(name for name in (f"{node.op_type}_{place}", f"unnamed_{place}_") if name not in taken)
    return model


def nodes_behind_last_layer(model: "ModelProto") -> list[str]:
    """The names of the nodes that need the scores; none for a network that does not end in one dense layer."""
    reached, behind = {_scores(model)}, []
    for node in model.graph.node:  # in the order in which they run
        if reached.intersection(node.input):
            reached.update(node.output)
            behind.append(node.name)
    return behind


def keep_scores_whole(model: "ModelProto") -> "ModelProto":
    """Take the rounding to 256 steps behind the last dense layer out again: scores that are rounded make ties."""
    graph, scores = model.graph, _scores(model)
    takers = [node for node in graph.node if scores in node.input]
    if scores is None or len(takers) != 1 or takers[0].op_type != _ROUNDS:
        return model
    turns = [node for node in graph.node if takers[0].output[0] in node.input]
    if any(node.op_type != _TURNS_REAL for node in turns):
        return model
    for node in (*takers, *turns):
        graph.node.remove(node)
    for node in turns:
        _rename(graph, node.output[0], scores)
    return _without_unused(model)


def _scores(model: "ModelProto") -> str | None:
    """The tensor that the one dense layer gives in which the network ends."""
    graph = read_graph(Protobuf(model.SerializeToString()))
    found = [find_penultimate(graph.operators, graph.constants, output) for output in graph.outputs]
    if len(found) != 1 or found[0] is None or found[0].layer.name not in _DENSE:
        return None
    return found[0].layer.gives[0]


def _rename(graph: Any, name: str, to: str) -> None:
    """Whoever took one tensor takes the other; an output of the network keeps its name."""
    if name in {one.name for one in graph.output}:
        maker = next(node for node in graph.node if to in node.output)
        maker.output[list(maker.output).index(to)] = name
        name, to = to, name
    for node in graph.node:
        for place, taken in enumerate(node.input):
            if taken == name:
                node.input[place] = to


def _without_unused(model: "ModelProto") -> "ModelProto":
    """Less the constants that nobody takes any more."""
    used = {name for node in model.graph.node for name in node.input}
    kept = [one for one in model.graph.initializer if one.name in used]
    if len(kept) < len(model.graph.initializer):
        del model.graph.initializer[:]
        model.graph.initializer.extend(kept)
    return model
