"""The penultimate vector of a LiteRT file, made one of its outputs."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.runtime.operators import Operator
from edgewise.runtime.penultimate import find_penultimate

_OUTPUTS_SLOT = 8  # of the table SubGraph: where its third field, the outputs, is looked up
_ALIGNMENT = 4


@dataclass(frozen=True)
class LiteRtPenultimate:
    """Which tensor of a network holds it."""

    index: int
    width: int  # how many numbers, lying side by side, the layer multiplies at once

    def vector(self, values: np.ndarray) -> np.ndarray:
        """The tensor's values for one image, float32 of any shape, as [width]; a map is averaged over its places."""
        places = values.reshape(-1, self.width)
        return places[0] if len(places) == 1 else places.mean(axis=0, dtype=np.float32)


def find_in_litert(path: Path, output: str | None) -> LiteRtPenultimate | None:
    """Where the penultimate vector behind an output is; `output` may be None where there is one only.

    None for a file that has no such vector, or cannot be read.
    """
    schema = _schema()
    try:
        model = schema.Model.GetRootAs(path.read_bytes())
        graph = model.Subgraphs(0)
        names = {int(i): graph.Tensors(int(i)).Name().decode() for i in graph.OutputsAsNumpy()}
        chosen = [index for index, name in names.items() if output in (None, name)]
        operators = _operators(model, graph, schema.BuiltinOperator)
        computed = {given for operator in operators for given in operator.gives}
        computed |= {str(i) for i in graph.InputsAsNumpy()}
        constants = {str(i) for i in range(graph.TensorsLength())} - computed
        found = find_penultimate(operators, constants, str(chosen[0])) if len(chosen) == 1 else None
        if found is None:
            return None
        width = int(graph.Tensors(int(found.layer.takes[1])).ShapeAsNumpy()[-1])
    except Exception:  # the accessors of the format check nothing, so a broken file raises whatever it leads to
        return None
    return LiteRtPenultimate(int(found.tensor), width)


def with_output(path: Path, index: int) -> bytes:
    """The file's bytes with one more output.

    A FlatBuffers table says how far behind it each of its vectors lies, so a longer list of outputs is put at the end,
    and that distance corrected.
    """
    content = path.read_bytes()
    graph = _schema().Model.GetRootAs(content).Subgraphs(0)
    outputs = [int(i) for i in graph.OutputsAsNumpy()]
    if index in outputs:
        return content
    changed = bytearray(content)
    changed += bytes(-len(changed) % _ALIGNMENT)
    table = graph._tab
    place = table.Pos + table.Offset(_OUTPUTS_SLOT)
    struct.pack_into("<I", changed, place, len(changed) - place)
    longer = [*outputs, index]
    return bytes(changed) + struct.pack(f"<I{len(longer)}i", len(longer), *longer)


def _schema() -> Any:
    """The accessors of the format, as LiteRT brings them; they say less of their types than they keep."""
    from ai_edge_litert import schema_py_generated

    return schema_py_generated


def _operators(model: Any, graph: Any, kinds: Any) -> list[Operator]:
    names = {code: name for name, code in vars(kinds).items() if isinstance(code, int)}
    operators: list[Operator] = []
    for i in range(graph.OperatorsLength()):
        operator = graph.Operators(i)
        code = model.OperatorCodes(operator.OpcodeIndex())
        takes, gives = (
            tuple("" if int(tensor) < 0 else str(tensor) for tensor in tensors)
            for tensors in (operator.InputsAsNumpy(), operator.OutputsAsNumpy())
        )
        name = names.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()), "")
        operators.append(Operator(name, takes, gives))
    return operators
