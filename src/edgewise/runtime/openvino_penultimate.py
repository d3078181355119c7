"""The penultimate vector of a network that OpenVINO has read."""

from dataclasses import dataclass
from typing import Any

from edgewise.runtime.operators import Operator
from edgewise.runtime.penultimate import find_penultimate

# As `find_penultimate` calls the layers, and the rounding to 8 bits.
_LAYERS = {"Convolution": "Conv", "GroupConvolution": "Conv", "MatMul": "MatMul", "FakeQuantize": "QuantizeLinear"}
_SHAPES = ("ShapeOf",)  # what they give does not depend on what an image shows


@dataclass(frozen=True)
class OpenVinoPenultimate:
    """The port that gives it."""

    port: Any
    channels_first: bool  # whether it lies as [n, width, ...], not as [n, ..., width]


def find_in_openvino(model: Any, output: Any) -> OpenVinoPenultimate | None:
    """The port that the last layer with weights takes, on the way back from `output`; None where the way forks."""
    ports: dict[str, Any] = {}
    operators: list[Operator] = []
    constants: list[str] = []
    for node in model.get_ordered_ops():
        given = tuple(_key(port) for port in node.outputs())
        ports |= dict(zip(given, node.outputs(), strict=True))
        kind = str(node.get_type_name())
        if kind in ("Constant", *_SHAPES):
            constants += given
        elif kind not in ("Parameter", "Result"):
            taken = tuple(_key(port.get_source_output()) for port in node.inputs())
            operators.append(Operator(_LAYERS.get(kind, kind), taken, given))
    source = output.get_node().input(0).get_source_output()
    found = find_penultimate(operators, constants, _key(source))
    return None if found is None else OpenVinoPenultimate(ports[found.tensor], found.channels_first)


def _key(port: Any) -> str:
    return f"{port.get_node().get_friendly_name()}:{port.get_index()}"
