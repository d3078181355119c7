"""The work of a LiteRT file, from the shapes that its interpreter gives the tensors."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.runtime.operators import Operator, fixed_tensors
from edgewise.runtime.quiet_litert import without_info_lines
from edgewise.zoo.macs.graph import Product, Shape, Tensor, count_graph
from edgewise.zoo.macs.work import Uncounted, Work

# Operators that multiply and are not reckoned here, or hold others that may.
_HIDDEN = ("IF", "WHILE", "CALL", "LSTM", "RNN", "SVDF", "CONV_3D", "STABLEHLO")


def _convolution(_: Shape, weights: Shape, given: Shape) -> int:
    """Weights [out, height, width, in]; those of one group where there are several."""
    return prod(given) * prod(weights[1:])


def _depthwise(_: Shape, weights: Shape, given: Shape) -> int:
    """Weights [1, height, width, out]."""
    return prod(given) * prod(weights[1:3])


def _transposed(taken: Shape, weights: Shape, _: Shape) -> int:
    """Weights [out, height, width, in]: each number taken goes into a patch of every output channel."""
    return prod(taken) * prod(weights[:3])


def _matrices(_: Shape, right: Shape, given: Shape) -> int:
    """Either operand may be stored transposed, so that what they share is told from the sizes."""
    return prod(given) * (right[-1] * right[-2] // given[-1])


# LiteRT quantises the images itself where only the weights are integers.
_PRODUCTS = {
    "CONV_2D": Product((0, 1), _convolution, quantises=True),
    "DEPTHWISE_CONV_2D": Product((0, 1), _depthwise, quantises=True),
    "FULLY_CONNECTED": Product((0, 1), _convolution, quantises=True),
    "TRANSPOSE_CONV": Product((2, 1), _transposed, quantises=True),
    "BATCH_MATMUL": Product((0, 1), _matrices, quantises=True),
}


def count_litert(path: Path, size_px: int) -> Work:
    """The work for one image of `size_px`. Raises `Uncounted`."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # a delegate would hide the operators that it takes over
    try:
        with without_info_lines():
            interpreter: Any = Interpreter(model_path=str(path), experimental_op_resolver_type=plain)
            taken = interpreter.get_input_details()[0]
            interpreter.resize_tensor_input(taken["index"], [1, size_px, size_px, 3])
            interpreter.allocate_tensors()
        operators = [_operator(found) for found in interpreter._get_ops_details()]
        tensors = {str(found["index"]): _tensor(found) for found in interpreter.get_tensor_details()}
    except (ValueError, RuntimeError, AttributeError) as error:
        raise Uncounted(f"LiteRT does not tell its operators: {error}") from error
    for operator in operators:
        if operator.name.startswith(_HIDDEN) or not operator.name.isupper():  # operators of others are in mixed case
            raise Uncounted(f"what its operator {operator.name} multiplies is not known")
    computed = {name for operator in operators for name in operator.gives} | {str(taken["index"])}
    return count_graph(operators, fixed_tensors(operators, tensors.keys() - computed), tensors, _PRODUCTS)


def _operator(found: dict[str, Any]) -> Operator:
    takes, gives = (tuple("" if i < 0 else str(i) for i in found[key].tolist()) for key in ("inputs", "outputs"))
    return Operator(found["op_name"], takes, gives)


def _tensor(found: dict[str, Any]) -> Tensor:
    return Tensor(tuple(int(side) for side in found["shape"]), np.dtype(found["dtype"]).name)
