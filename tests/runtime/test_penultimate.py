"""The way back from a network's output to what its last layer with weights takes."""

import numpy as np
import pytest

from edgewise.runtime.operators import Operator
from edgewise.runtime.penultimate import as_vectors, find_penultimate

POOLED = Operator("GlobalAveragePool", ("map",), ("pooled",))
DENSE = Operator("Gemm", ("pooled", "weights", "bias"), ("scores",))
SOFTMAX = Operator("Softmax", ("scores",), ("out",))
CONSTANTS = {"weights", "bias", "more weights", "scale", "zero", "shape"}


@pytest.mark.parametrize(
    ("tail", "tensor"),
    [
        ([DENSE, SOFTMAX], "pooled"),
        ([Operator("MatMul", ("pooled", "weights"), ("a",)), Operator("Add", ("a", "bias"), ("out",))], "pooled"),
        ([DENSE, Operator("Reshape", ("scores", "shape"), ("out",))], "pooled"),
        (  # the shape is computed from the image's
            [
                DENSE,
                Operator("Shape", ("map",), ("sides",)),
                Operator("Reshape", ("scores", "sides"), ("out",)),
            ],
            "pooled",
        ),
        (  # weights that are unpacked first
            [
                Operator("DequantizeLinear", ("weights", "scale", "zero"), ("unpacked",)),
                Operator("Gemm", ("pooled", "unpacked"), ("out",)),
            ],
            "pooled",
        ),
        (  # rounded to 8 bits on the way in
            [
                Operator("QuantizeLinear", ("pooled", "scale", "zero"), ("rounded",)),
                Operator("DequantizeLinear", ("rounded", "scale", "zero"), ("real",)),
                Operator("Gemm", ("real", "weights", "bias"), ("out",)),
            ],
            "pooled",
        ),
        (  # integers all along
            [Operator("QLinearConv", ("map", "scale", "zero", "weights", "scale", "zero"), ("out",))],
            "map",
        ),
        ([DENSE, Operator("Gemm", ("scores", "more weights"), ("out",))], "scores"),
    ],
)
def test_the_last_layer_is_found(tail: list[Operator], tensor: str) -> None:
    found = find_penultimate([POOLED, *tail], CONSTANTS, "out")
    assert found is not None
    assert found.tensor == tensor


@pytest.mark.parametrize(
    "tail",
    [
        [  # two heads
            DENSE,
            Operator("Gemm", ("pooled", "more weights"), ("others",)),
            Operator("Add", ("scores", "others"), ("out",)),
        ],
        [Operator("MatMul", ("pooled", "pooled"), ("out",))],  # no weights
        [Operator("Relu", ("pooled",), ("out",))],  # the image itself comes next
        [Operator("Relu", ("out",), ("out",))],  # broken: round in circles
        [Operator("Identity", ("weights",), ("out",))],  # the same for every image
        [],
    ],
)
def test_where_there_is_none_or_two_there_is_none(tail: list[Operator]) -> None:
    assert find_penultimate([POOLED, *tail], CONSTANTS, "out") is None


def test_a_map_is_averaged_over_its_places() -> None:
    values = np.random.default_rng(0).random((2, 5, 3, 4)).astype(np.float32)
    first, last = as_vectors(values, 2, channels_first=True), as_vectors(values, 2, channels_first=False)
    assert first is not None
    assert last is not None
    np.testing.assert_allclose(first, values.mean((2, 3)), rtol=1e-6)
    np.testing.assert_allclose(last, values.mean((1, 2)), rtol=1e-6)
    flat = as_vectors(values[:, :, :1, :1], 2, channels_first=True)
    assert flat is not None
    assert flat.tolist() == values[:, :, 0, 0].tolist()


@pytest.mark.parametrize("shape", [(2,), (6, 5), (0, 5)])
def test_what_holds_no_vector_an_image_is_none(shape: tuple[int, ...]) -> None:
    assert as_vectors(np.zeros(shape, np.float32), 2, channels_first=False) is None
