"""The work of ONNX files, against hand counts and against what their cards say."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.zoo.loaders import load
from edgewise.zoo.macs.count import count_work, macs_of
from edgewise.zoo.macs.onnx import count_onnx
from edgewise.zoo.macs.work import Layer, Uncounted, Work
from edgewise.zoo.sources import find
from edgewise.zoo.tiny import NAMES, shipped_path

IMAGE = (1, 3, 8, 8)


def write(path: Path, nodes: list[Any], stored: dict[str, np.ndarray], number: str = "float32") -> Path:
    """A network from "x", an image of 8 pixels, to "y"."""
    onnx = pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from tests.onnx_files import NUMBERS, save

    taken = onnx.helper.make_tensor_value_info("x", NUMBERS[number], ["n", *IMAGE[1:]])
    given = onnx.helper.make_tensor_value_info("y", NUMBERS["float32"], None)
    return save(path, nodes, [taken], [given], stored)


def node(operator: str, takes: list[str], gives: list[str], **attributes: Any) -> Any:
    return pytest.importorskip("onnx").helper.make_node(operator, takes, gives, **attributes)


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def count(path: Path) -> Work:
    return count_onnx(path, zeros(*IMAGE))


@pytest.mark.parametrize("name", NAMES)
def test_the_bundled_networks_as_their_cards_say(name: str) -> None:
    """The cards were counted in PyTorch, before the networks were exported."""
    model = load(find([name])[0])
    work = count_work(model)
    assert work.macs == model.card.macs == macs_of(model)
    assert model.card.params is not None
    assert 0.85 * model.card.params < work.weight_bytes / 4 <= model.card.params  # no biases, batch norms folded


CONVOLUTIONS = [
    ("Conv", (5, 3, 3, 3), {"strides": [2, 2], "pads": [0, 0, 1, 1]}, (1, 5, 4, 4), 5 * 4 * 4 * 27),
    ("Conv", (6, 1, 3, 3), {"group": 3}, (1, 6, 6, 6), 6 * 6 * 6 * 9),
    ("ConvTranspose", (3, 5, 2, 2), {"strides": [2, 2]}, (1, 5, 16, 16), prod(IMAGE) * 5 * 4),
]


@pytest.mark.parametrize(("operator", "weights", "attributes", "given", "macs"), CONVOLUTIONS)
def test_convolutions(
    tmp_path: Path, operator: str, weights: tuple[int, ...], attributes: Any, given: tuple[int, ...], macs: int
) -> None:
    nodes = [node(operator, ["x", "w", ""], ["maps"], **attributes), node("Relu", ["maps"], ["y"])]
    work = count(write(tmp_path / "a.onnx", nodes, {"w": zeros(*weights)}))
    assert work.layers == (Layer(macs, "float32", prod(weights), prod(IMAGE) + prod(given)),)


@pytest.mark.parametrize(("sides", "flag"), [((192, 4), 0), ((4, 192), 1)])
def test_a_dense_layer_stored_either_way(tmp_path: Path, sides: tuple[int, int], flag: int) -> None:
    nodes = [node("Flatten", ["x"], ["flat"]), node("Gemm", ["flat", "w"], ["y"], transB=flag)]
    work = count(write(tmp_path / "a.onnx", nodes, {"w": zeros(*sides)}))
    assert work.layers == (Layer(4 * 192, "float32", 4 * 192, 192 + 4),)


def test_products_of_activations_have_no_weights(tmp_path: Path) -> None:
    """As in attention; a product of constants costs nothing, for engines make it once."""
    nodes = [
        node("Transpose", ["x"], ["turned"], perm=[0, 1, 3, 2]),
        node("MatMul", ["x", "turned"], ["squares"]),
        node("MatMul", ["a", "b"], ["constant"]),
        node("MatMul", ["squares", "constant"], ["y"]),
    ]
    work = count(write(tmp_path / "a.onnx", nodes, {"a": zeros(8, 2), "b": zeros(2, 8)}))
    size = 3 * 8 * 8
    assert work.layers == (Layer(size * 8, "float32", 0, 3 * size), Layer(size * 8, "float32", 64, 2 * size))
    assert (work.macs, work.weight_bytes, work.activation_bytes) == (2 * size * 8, 64 * 4, 5 * size * 4)


def test_integers_between_scales_are_multiplied_as_integers(tmp_path: Path) -> None:
    stored = {"q": np.zeros((5, 3, 3, 3), np.int8), "scale": np.float32([0.1])[0], "zero": np.int8([0])[0]}
    quantised = [
        node("QuantizeLinear", ["x", "scale", "zero"], ["whole"]),
        node("DequantizeLinear", ["whole", "scale", "zero"], ["real"]),
        node("DequantizeLinear", ["q", "scale", "zero"], ["w"]),
    ]
    both = write(tmp_path / "a.onnx", [*quantised, node("Conv", ["real", "w"], ["y"])], stored)
    (layer,) = count(both).layers
    assert (layer.number, layer.macs, layer.weights) == ("int8", 5 * 36 * 27, 135)
    weights_alone = write(tmp_path / "b.onnx", [quantised[2], node("Conv", ["x", "w"], ["y"])], stored)
    assert {layer.number for layer in count(weights_alone).layers} == {"float32"}


def test_layers_inside_of_others_are_not_guessed(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    inner = onnx.helper.make_graph(
        [node("Identity", ["x"], ["same"])], "inner", [], [onnx.helper.make_tensor_value_info("same", 1, None)]
    )
    nodes = [node("If", ["yes"], ["y"], then_branch=inner, else_branch=inner)]
    with pytest.raises(Uncounted) as raised:
        count(write(tmp_path / "a.onnx", nodes, {"yes": np.array(True)}))
    assert raised.value.reason == "what its operator If multiplies is not known"


def test_operators_of_others_are_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.onnx", [node("Warp", ["x"], ["y"], domain="org.example")], {})
    with pytest.raises(Uncounted, match="its operator Warp"):
        count(path)


def test_what_is_no_network(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(shipped_path("tiny:xs", ".onnx").read_bytes()[:500])
    with pytest.raises(Uncounted, match="cannot be read"):
        count(tmp_path / "a.onnx")
    with pytest.raises(Uncounted, match="cannot be read"):
        count(tmp_path / "gone.onnx")
    with pytest.raises(Uncounted, match="cannot be run"):
        count_onnx(shipped_path("tiny:xs", ".onnx"), zeros(1, 4, 8, 8))
