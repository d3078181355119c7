"""Bundled networks and small graphs at int8: what they answer, what they are refused for, and what they say."""

import logging
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import MissingExtra, ModelError, StoreError, UsageError
from edgewise.runtime.onnx import OnnxSession
from edgewise.zoo.tiny import shipped_path

onnx = pytest.importorskip("onnx", reason="quantising needs the extra [torch]")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from edgewise.export.int8_onnx import int8_onnx  # noqa: E402
from tests.onnx_files import channel_means, save  # noqa: E402

NOISE = np.random.default_rng(0).normal(size=(24, 3, 12, 12)).astype(np.float32)
NUMBERS = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8, "float16": TensorProto.FLOAT16}


def one_by_one(images: np.ndarray) -> Any:
    return lambda: (image[None] for image in images)


def drawn(size_px: int) -> np.ndarray:
    """Eighty images of ten classes."""
    from edgewise.drawn import draw_split
    from edgewise.images.preprocess import Preprocess

    pixels, _ = draw_split("profile", 8)
    return np.stack([Preprocess(size_px, size_px).apply(image) for image in pixels])


def small(path: Path, *, layout: str = "nchw", number: str = "float32", opset: int = 18, softmax: bool = False) -> Path:
    """A convolution, ReLU, mean and a head of four scores; pixels come in the order and type that are named."""
    rng = np.random.default_rng(1)
    stored = {
        "kernel": rng.normal(size=(8, 3, 3, 3)).astype(np.float32),
        "weights": rng.normal(size=(8, 4)).astype(np.float32),
        "bias": rng.normal(size=4).astype(np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["x"], ["real"], to=TensorProto.FLOAT),
        *([helper.make_node("Transpose", ["real"], ["first"], perm=[0, 3, 1, 2])] if layout == "nhwc" else []),
        helper.make_node("Conv", ["first" if layout == "nhwc" else "real", "kernel"], ["maps"]),
        helper.make_node("Relu", ["maps"], ["bent"]),
        helper.make_node("GlobalAveragePool", ["bent"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["scores" if softmax else "y"]),
        *([helper.make_node("Softmax", ["scores"], ["y"], axis=1)] if softmax else []),
    ]
    shape = ["n", 3, 12, 12] if layout == "nchw" else ["n", 12, 12, 3]
    taken = helper.make_tensor_value_info("x", NUMBERS[number], shape)
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])
    return save(path, nodes, [taken], [given], stored, opset=opset)


def agreement(first: Path, second: Path, images: np.ndarray) -> tuple[float, float]:
    """The share of images answered alike, and the mean difference of scores as a share of their spread."""
    a, b = (OnnxSession(path).run(images) for path in (first, second))
    return float((a.argmax(1) == b.argmax(1)).mean()), float(np.abs(a - b).mean() / a.std())


@pytest.mark.parametrize("name", ["tiny:xs", "tiny:l"])
def test_a_bundled_network_answers_as_before_and_is_smaller(tmp_path: Path, name: str) -> None:
    path, out = shipped_path(name, ".onnx"), tmp_path / "int8.onnx"
    images = drawn(OnnxSession(path).signature.size_px or 0)
    int8_onnx(path, one_by_one(images[::2]), out)
    alike, off = agreement(path, out, images[1::2])
    assert alike >= 0.9
    assert off < 0.15
    assert {"QuantizeLinear", "DequantizeLinear", "Conv"} <= {node.op_type for node in onnx.load(out).graph.node}
    if name == "tiny:l":
        assert out.stat().st_size < 0.5 * path.stat().st_size
    assert [file.name for file in tmp_path.iterdir()] == ["int8.onnx"], "nothing else is left behind"


def test_the_penultimate_vector_is_found_and_scores_are_not_rounded(tmp_path: Path) -> None:
    path, out = shipped_path("tiny:l", ".onnx"), tmp_path / "int8.onnx"
    before = OnnxSession(path, embedding=True)
    images = drawn(before.signature.size_px or 0)
    int8_onnx(path, one_by_one(images), out)
    session = OnnxSession(out, embedding=True)
    assert session.signature == before.signature, "the batch stays open, the size what it was"
    scores, vectors = session.run_with_embedding(images)
    _, expected = before.run_with_embedding(images)
    assert np.corrcoef(vectors.ravel(), expected.ravel())[0, 1] > 0.97
    assert len(np.unique(scores)) > 256, "8 bits know 256 values"


@pytest.mark.parametrize(
    "changes",
    [
        {"layout": "nhwc"},
        {"number": "uint8"},
        {"layout": "nhwc", "number": "uint8"},
        {"opset": 11},
        {"opset": 9},
        {"softmax": True},
    ],
    ids=str,
)
def test_files_of_other_kinds(tmp_path: Path, changes: dict[str, Any]) -> None:
    images = 80 * NOISE + 128 if changes.get("number") == "uint8" else NOISE
    path = small(tmp_path / "net.onnx", **changes)
    int8_onnx(path, one_by_one(images), tmp_path / "int8.onnx")
    alike, off = agreement(path, tmp_path / "int8.onnx", images)
    assert alike >= 0.9
    assert off < 0.1
    assert OnnxSession(tmp_path / "int8.onnx").signature.layout == changes.get("layout", "nchw")


def test_weights_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = small(tmp_path / "net.onnx")
    expected = OnnxSession(path).run(NOISE)
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="net.data", size_threshold=0)
    monkeypatch.chdir("/")
    int8_onnx(path, one_by_one(NOISE), tmp_path / "int8.onnx")
    found = OnnxSession(tmp_path / "int8.onnx").run(NOISE)
    assert np.abs(found - expected).mean() < 0.1 * expected.std()


def test_a_pad_before_a_pool_is_not_merged_into_it(tmp_path: Path) -> None:
    """ONNX Runtime would, and then pad with minus infinity."""
    kernel = -np.abs(np.random.default_rng(1).normal(size=(4, 3, 1, 1))).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["maps"]),
        helper.make_node("Pad", ["maps", "pads"], ["padded"]),
        helper.make_node("MaxPool", ["padded"], ["most"], kernel_shape=[3, 3], strides=[11, 11]),
        helper.make_node("GlobalAveragePool", ["most"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["y"]),
    ]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 12, 12])
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])
    stored = {"kernel": kernel, "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])}
    path = save(tmp_path / "net.onnx", nodes, [taken], [given], stored)
    bright = np.abs(NOISE) + 1  # so that every map is negative, and zeros at its border are its greatest values
    int8_onnx(path, one_by_one(bright), tmp_path / "int8.onnx")
    assert np.abs(OnnxSession(path).run(bright)).max() == 0
    assert np.abs(OnnxSession(tmp_path / "int8.onnx").run(bright)).max() < 0.05


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: small(path, number="float16"), "half precision .its input"),
        (lambda path: _halved(small(path)), "half precision .its weight 'half kernel'"),
        (lambda path: _twice(small(path)), "integers already: the operator (QuantizeLinear|DequantizeLinear)"),
        (lambda path: _no_layer(path), "none of the operators Conv"),
        (lambda path: channel_means(path, ["n", 3, 12, 12], extra_input=True), "2 inputs"),
        (lambda path: _broken(path), "cannot be loaded"),
    ],
    ids=["float16 input", "float16 weights", "quantised", "no layer", "two inputs", "no network"],
)
def test_what_cannot_be_quantised_says_why(tmp_path: Path, make: Any, says: str) -> None:
    path = make(tmp_path / "net.onnx")
    with pytest.raises(ModelError, match=says):
        int8_onnx(path, one_by_one(NOISE), tmp_path / "int8.onnx")
    assert not (tmp_path / "int8.onnx").exists()


def _halved(path: Path) -> Path:
    model = onnx.load(path)
    kernel = next(one for one in model.graph.initializer if one.name == "kernel")
    half = numpy_helper.from_array(numpy_helper.to_array(kernel).astype(np.float16), "half kernel")
    model.graph.initializer.append(half)
    model.graph.initializer.remove(kernel)
    model.graph.node.insert(0, helper.make_node("Cast", ["half kernel"], ["kernel"], to=TensorProto.FLOAT))
    onnx.save(model, path)
    return path


def _twice(path: Path) -> Path:
    int8_onnx(path, one_by_one(NOISE), path)
    return path


def _no_layer(path: Path) -> Path:
    nodes = [helper.make_node("GlobalAveragePool", ["x"], ["pooled"]), helper.make_node("Flatten", ["pooled"], ["y"])]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 12, 12])
    return save(path, nodes, [taken], [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])], {})


def _broken(path: Path) -> Path:
    path.write_text("no network")
    return path


def test_images_of_another_size_and_none_at_all(tmp_path: Path) -> None:
    path = small(tmp_path / "net.onnx")
    with pytest.raises(ModelError, match=r"cannot be quantised to int8: .*dimensions"):
        int8_onnx(path, one_by_one(NOISE[:, :, :9]), tmp_path / "int8.onnx")
    with pytest.raises(UsageError, match="no images"):
        int8_onnx(path, one_by_one(NOISE[:0]), tmp_path / "int8.onnx")


def test_what_goes_wrong_with_an_image_is_said_as_it_is(tmp_path: Path) -> None:
    def images() -> Iterator[np.ndarray]:
        yield NOISE[:1]
        raise StoreError("the card was pulled out")

    with pytest.raises(StoreError, match="pulled out"):
        int8_onnx(small(tmp_path / "net.onnx"), images, tmp_path / "int8.onnx")


def test_it_says_nothing_and_leaves_logging_as_it_was(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), list(root.filters), root.level)
    int8_onnx(small(tmp_path / "net.onnx", opset=11), one_by_one(NOISE), tmp_path / "int8.onnx")
    assert capfd.readouterr() == ("", "")
    assert (root.handlers, root.filters, root.level) == before


def test_images_are_held_one_at_a_time(tmp_path: Path) -> None:
    """An image is gone by the time the one after the next is asked for; the first is kept to try the result on."""
    given: list[weakref.ref[np.ndarray]] = []

    def images() -> Iterator[np.ndarray]:
        for place in range(12):
            assert sum(image() is not None for image in given[1:]) <= 2
            image = NOISE[place : place + 1].copy()
            given.append(weakref.ref(image))
            yield image
            del image

    int8_onnx(small(tmp_path / "net.onnx"), images, tmp_path / "int8.onnx")
    assert len(given) == 12


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match=r"\[torch\]"):
        int8_onnx(shipped_path("tiny:xs", ".onnx"), one_by_one(NOISE), tmp_path / "int8.onnx")
