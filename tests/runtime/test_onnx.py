"""ONNX files of the shapes that users have, and those that cannot work."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.session import Ends
from edgewise.zoo.tiny import WEIGHTS as TINY

pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
from onnx import TensorProto, helper

from tests.onnx_files import WEIGHTS, channel_means, save

IMAGES = np.random.default_rng(0).random((3, 3, 8, 8), np.float32)
EXPECTED = IMAGES.mean((2, 3)) @ WEIGHTS


@pytest.mark.parametrize("name", ["x", "pixel_values", "serving_default_input:0"])
@pytest.mark.parametrize("batch", [1, "n"])
def test_fixed_and_free_batch_agree(tmp_path: Path, batch: int | str, name: str) -> None:
    session = OnnxSession(channel_means(tmp_path / "a.onnx", [batch, 3, 8, 8], input_name=name))
    np.testing.assert_allclose(session.run(IMAGES), EXPECTED, rtol=1e-5)
    assert (session.signature.size_px, session.signature.outputs) == (8, 4)


@pytest.mark.parametrize("shape", [[1, 8, 8, 3], ["n", "h", "w", 3], ["n", 8, 8, "c"]])
def test_nhwc_is_found_by_its_shape(tmp_path: Path, shape: list[int | str]) -> None:
    session = OnnxSession(channel_means(tmp_path / "a.onnx", shape, layout="nhwc"))
    assert session.signature.layout == "nhwc"
    np.testing.assert_allclose(session.run(IMAGES), EXPECTED, rtol=1e-5)


def test_layout_that_the_shape_leaves_open_is_the_cards(tmp_path: Path) -> None:
    path = channel_means(tmp_path / "a.onnx", ["n", "a", "b", "c"], layout="nhwc")
    assert OnnxSession(path, ends=Ends(layout="nhwc")).signature.layout == "nhwc"
    with pytest.raises(ModelError, match="failed while running"):
        OnnxSession(path).run(np.zeros((1, 3, 8, 8), np.float32))


def test_layout_of_the_card_that_the_shape_refutes(tmp_path: Path) -> None:
    path = channel_means(tmp_path / "a.onnx", [1, 3, 8, 8])
    with pytest.raises(ModelError, match='layout = "nhwc"'):
        OnnxSession(path, ends=Ends(layout="nhwc"))


def test_uint8_input_takes_the_pixels_themselves(tmp_path: Path) -> None:
    session = OnnxSession(channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8], number="uint8"))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(session.run(pixels), pixels.mean((2, 3)) @ WEIGHTS, rtol=1e-5)
    assert session.signature.number == "uint8"
    beyond = np.full((1, 3, 8, 8), 300, np.float32)
    np.testing.assert_allclose(session.run(beyond), np.full((1, 3), 255) @ WEIGHTS, rtol=1e-5)


def test_float16_input(tmp_path: Path) -> None:
    session = OnnxSession(channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8], number="float16"))
    np.testing.assert_allclose(session.run(IMAGES), EXPECTED, atol=2e-3)


def test_free_size(tmp_path: Path) -> None:
    assert OnnxSession(channel_means(tmp_path / "a.onnx", ["n", 3, "h", "w"])).signature.size_px is None


def test_zeros_around_a_max_pool_stay_zeros(tmp_path: Path) -> None:
    """ONNX Runtime 1.31 takes them for minus infinity when it may merge the two."""
    nodes = [
        helper.make_node("Pad", ["x", "pads"], ["padded"]),
        helper.make_node("MaxPool", ["padded"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("ReduceMean", ["pooled", "axes"], ["y"], keepdims=0),
    ]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])
    stored = {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "axes": np.array([2, 3])}
    path = save(tmp_path / "a.onnx", nodes, [taken], [given], stored)
    padded = np.pad(-IMAGES, ((0, 0), (0, 0), (1, 1), (1, 1)))
    pooled = padded.reshape(3, 3, 5, 2, 5, 2).max((3, 5))
    np.testing.assert_allclose(OnnxSession(path).run(-IMAGES), pooled.mean((2, 3)), rtol=1e-5)


@pytest.mark.parametrize("tail", [[-1, 4, 1, 1], [-1, 1, 1, 4]])
def test_outputs_with_sides_of_one(tmp_path: Path, tail: list[int]) -> None:
    session = OnnxSession(channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8], tail=tail))
    np.testing.assert_allclose(session.run(IMAGES), EXPECTED, rtol=1e-5)


def test_open_number_of_outputs_is_counted(tmp_path: Path) -> None:
    nodes = [helper.make_node("ReduceMean", ["x", "axes"], ["y"], keepdims=0)]
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "classes"])
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])
    path = save(tmp_path / "a.onnx", nodes, [taken], [given], {"axes": np.array([2, 3])})
    assert OnnxSession(path).signature.outputs == 3


def test_a_card_chooses_among_outputs(tmp_path: Path) -> None:
    path = channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8], extra_output=True)
    with pytest.raises(
        ModelError, match=r"(?s)2 outputs: scores tensor\(float\) .*, means tensor\(float\) .*output_name"
    ):
        OnnxSession(path)
    np.testing.assert_allclose(OnnxSession(path, ends=Ends(output_name="scores")).run(IMAGES), EXPECTED, rtol=1e-5)
    assert OnnxSession(path, ends=Ends(output_name="means")).signature.outputs == 3
    with pytest.raises(ModelError, match="no output 'logits'; it has scores"):
        OnnxSession(path, ends=Ends(output_name="logits"))


def test_an_input_that_the_file_gives_a_value_is_none(tmp_path: Path) -> None:
    """Old exporters list their weights among the inputs."""
    nodes = [helper.make_node("ReduceMean", ["x", "axes"], ["y"], keepdims=0)]
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8]),
        helper.make_tensor_value_info("axes", TensorProto.INT64, [2]),
    ]
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])
    path = save(tmp_path / "a.onnx", nodes, inputs, [given], {"axes": np.array([2, 3])})
    np.testing.assert_allclose(OnnxSession(path).run(IMAGES), IMAGES.mean((2, 3)), rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "options", "reason"),
    [
        ([1, 3, 8, 8], {"extra_input": True}, r"2 inputs: x tensor\(float\) \[1, 3, 8, 8\], bias"),
        ([1, 3, 8, 9], {}, "only square"),
        ([4, 3, 8, 8], {}, "4 images at once"),
        ([1, 3, 8, 8], {"tail": [-1, 2, 2]}, r"expected \[n, classes\]"),
    ],
)
def test_what_cannot_work_is_said(tmp_path: Path, shape: list[Any], options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        OnnxSession(channel_means(tmp_path / "a.onnx", shape, **options))


def test_other_numbers_and_ranks_are_said(tmp_path: Path) -> None:
    for kind, shape, reason in (
        (TensorProto.DOUBLE, [1, 3, 8, 8], r"takes tensor\(double\) of shape"),
        (TensorProto.FLOAT, [3, 8, 8], "takes shape"),
        (TensorProto.FLOAT, [1, 1, 8, 8], r"expected \[n, 3, height, width\] or \[n, height, width, 3\]"),
    ):
        taken = helper.make_tensor_value_info("x", kind, shape)
        given = helper.make_tensor_value_info("y", kind, shape)
        path = save(tmp_path / "a.onnx", [helper.make_node("Identity", ["x"], ["y"])], [taken], [given], {})
        with pytest.raises(ModelError, match=reason):
            OnnxSession(path)


def test_wrong_input_size_is_said() -> None:
    session = OnnxSession(TINY / "xs.onnx")
    with pytest.raises(ModelError, match="failed while running"):
        session.run(np.zeros((1, 3, 5, 7), np.float32))


def test_threads_change_nothing() -> None:
    images = np.random.default_rng(0).random((2, 3, 64, 64), np.float32)
    one, two = (OnnxSession(TINY / "l.onnx", threads=n).run(images) for n in (1, 2))
    np.testing.assert_allclose(one, two, atol=1e-4)
