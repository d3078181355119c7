"""What an ONNX file's last layer takes comes out beside its scores, which stay what they were."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from edgewise.errors import ModelError
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.onnx_penultimate import with_penultimate
from edgewise.runtime.session import Ends
from edgewise.zoo.tiny import NAMES, shipped_path

IMAGES = np.random.default_rng(0).normal(size=(3, 3, 8, 8)).astype(np.float32)


@pytest.mark.parametrize("name", NAMES)
def test_the_bundled_heads_make_the_scores_of_it(name: str) -> None:
    path, head = shipped_path(name, ".onnx"), load_file(shipped_path(name, ".safetensors"))
    plain, session = OnnxSession(path), OnnxSession(path, embedding=True)
    size_px = session.signature.size_px
    images = np.random.default_rng(0).random((4, 3, size_px, size_px), np.float32)
    scores, vectors = session.run_with_embedding(images)
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, session.signature.embedding_width) == (4, head["head.weight"].shape[1])
    np.testing.assert_allclose(vectors @ head["head.weight"].T + head["head.bias"], scores, atol=1e-4)
    assert len(np.unique(vectors, axis=0)) == 4
    for other in (session.run(images), plain.run(images)):
        np.testing.assert_array_equal(other, scores)
    assert plain.signature.embedding_width is None


def test_a_session_that_was_not_asked_loads_the_file_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime as ort

    loaded: list[object] = []
    session = ort.InferenceSession
    monkeypatch.setattr(
        ort, "InferenceSession", lambda source, *a, **k: loaded.append(source) or session(source, *a, **k)
    )
    path = shipped_path("tiny:xs", ".onnx")
    OnnxSession(path)
    assert loaded == [path]


def _net(path: Path, tail: list[Any], stored: dict[str, np.ndarray], given: list[int | str]) -> Path:
    """A convolution of five channels, its map "maps", its pooled map "pooled" [n, 5, 1, 1], then `tail` to "y"."""
    pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from onnx import TensorProto, helper

    from tests.onnx_files import save

    kernel = np.random.default_rng(1).normal(size=(5, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["maps"]),
        helper.make_node("GlobalAveragePool", ["maps"], ["pooled"]),
        *tail,
    ]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])
    scores = helper.make_tensor_value_info("y", TensorProto.FLOAT, given)
    return save(path, nodes, [taken], [scores], {"kernel": kernel, **stored})


HEAD = np.random.default_rng(2).normal(size=(4, 5, 1, 1)).astype(np.float32)
BIAS = np.arange(4, dtype=np.float32)


@pytest.mark.parametrize("pool_first", [True, False])
def test_a_head_that_is_a_convolution(tmp_path: Path, pool_first: bool) -> None:
    """On the pooled map as MobileNetV3's, or on the map whose scores are averaged afterwards as SqueezeNet's."""
    pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from onnx import helper

    head = helper.make_node("Conv", ["pooled" if pool_first else "maps", "head", "bias"], ["scores"])
    end = helper.make_node("Flatten" if pool_first else "GlobalAveragePool", ["scores"], ["y"])
    path = _net(
        tmp_path / "a.onnx", [head, end], {"head": HEAD, "bias": BIAS}, ["n", 4] if pool_first else ["n", 4, 1, 1]
    )
    session = OnnxSession(path, embedding=True)
    scores, vectors = session.run_with_embedding(IMAGES)
    assert session.signature.embedding_width == 5
    np.testing.assert_allclose(vectors @ HEAD[:, :, 0, 0].T + BIAS, scores, atol=1e-5)


def test_a_network_of_two_heads_has_none(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from onnx import helper

    tail = [
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        *(helper.make_node("MatMul", ["flat", f"head{i}"], [f"scores{i}"]) for i in range(2)),
        helper.make_node("Add", ["scores0", "scores1"], ["y"]),
    ]
    heads = {f"head{i}": HEAD[:, :, 0, 0].T * (i + 1) for i in range(2)}
    session = OnnxSession(_net(tmp_path / "a.onnx", tail, heads, ["n", 4]), embedding=True)
    assert session.signature.embedding_width is None
    assert session.run(IMAGES).shape == (3, 4)


def test_a_tensor_that_holds_several_images_in_a_row_is_none(tmp_path: Path) -> None:
    """A dense layer on every place of the map, which the batch was merged with."""
    pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from onnx import helper

    tail = [
        helper.make_node("Transpose", ["maps"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["last", "rows"], ["places"]),
        helper.make_node("MatMul", ["places", "head"], ["scores"]),
        helper.make_node("Reshape", ["scores", "back"], ["by image"]),
        helper.make_node("ReduceMean", ["by image", "axis"], ["y"], keepdims=0),
    ]
    stored = {
        "rows": np.array([-1, 5]),
        "head": HEAD[:, :, 0, 0].T,
        "back": np.array([-1, 36, 4]),
        "axis": np.array([1]),
    }
    session = OnnxSession(_net(tmp_path / "a.onnx", tail, stored, ["n", 4]), embedding=True)
    assert session.signature.embedding_width is None
    assert session.run(IMAGES).shape == (3, 4)


@pytest.mark.parametrize("real", [True, False])
def test_heads_of_integers_keep_their_answers(tmp_path: Path, real: bool) -> None:
    """Rounded before the layer, the vector is the unrounded one; where integers come from further back, these."""
    pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from onnx import helper

    whole = np.random.default_rng(3).integers(-99, 99, (4, 5, 1, 1)).astype(np.int8)
    step, zero = np.array(0.05, np.float32), np.array(128, np.uint8)
    stored = {
        "step": step,
        "zero": zero,
        "head": whole,
        "fine": np.array(0.01, np.float32),
        "none": np.array(0, np.int8),
    }
    inside = ["rounded"] if real else ["kept"]
    tail = [
        helper.make_node("QuantizeLinear", ["pooled", "step", "zero"], ["rounded"]),
        *([] if real else [helper.make_node("Identity", ["rounded"], inside)]),
        helper.make_node("QLinearConv", [*inside, "step", "zero", "head", "fine", "none", "step", "zero"], ["scores"]),
        helper.make_node("DequantizeLinear", ["scores", "step", "zero"], ["real scores"]),
        helper.make_node("Flatten", ["real scores"], ["y"]),
    ]
    path = _net(tmp_path / "a.onnx", tail, stored, ["n", 4])
    plain, session = OnnxSession(path), OnnxSession(path, embedding=True)
    scores, vectors = session.run_with_embedding(IMAGES)
    np.testing.assert_array_equal(scores, plain.run(IMAGES))
    means = np.rint(vectors / step) * step if real else (vectors - np.float32(zero)) * step
    expected = means @ (np.float32(0.01) * whole[:, :, 0, 0].T)
    np.testing.assert_allclose(scores, expected, atol=0.026)  # half a step
    assert np.abs(scores).max() > 0.1


def test_weights_beside_the_file_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    onnx = pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from onnx import helper

    tail = [
        helper.make_node("Conv", ["pooled", "head", "bias"], ["scores"]),
        helper.make_node("Flatten", ["scores"], ["y"]),
    ]
    path = _net(tmp_path / "a.onnx", tail, {"head": HEAD, "bias": BIAS}, ["n", 4])
    expected = OnnxSession(path).run(IMAGES)
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="a.onnx.data", size_threshold=0)
    assert (tmp_path / "a.onnx.data").exists()
    monkeypatch.chdir("/")
    session = OnnxSession(path, embedding=True)
    assert session.signature.embedding_width == 5
    np.testing.assert_array_equal(session.run_with_embedding(IMAGES)[0], expected)


def test_one_of_several_outputs_is_meant(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from tests.onnx_files import WEIGHTS, channel_means

    path = channel_means(tmp_path / "a.onnx", [1, 3, 8, 8], extra_output=True, end="Softmax")
    session = OnnxSession(path, ends=Ends(output_name="scores"), embedding=True)
    scores, vectors = session.run_with_embedding(IMAGES)  # which takes one image at a time
    np.testing.assert_allclose(vectors, IMAGES.mean((2, 3)), atol=1e-6)
    exponents = np.exp(vectors @ WEIGHTS)
    np.testing.assert_allclose(scores, exponents / exponents.sum(axis=1, keepdims=True), rtol=1e-4)
    assert with_penultimate(path, None) is None  # which of the two is not said
    assert with_penultimate(path, "means") is None  # the image's own means


def test_a_broken_file_says_what_it_says_without(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(shipped_path("tiny:xs", ".onnx").read_bytes()[:5000])
    with pytest.raises(ModelError, match="cannot be loaded by ONNX Runtime"):
        OnnxSession(tmp_path / "a.onnx", embedding=True)
    assert with_penultimate(tmp_path / "gone.onnx", None) is None


def test_a_file_that_cannot_be_loaded_with_it_is_loaded_without(monkeypatch: pytest.MonkeyPatch) -> None:
    found = with_penultimate(shipped_path("tiny:xs", ".onnx"), None)
    assert found is not None
    monkeypatch.setattr("edgewise.runtime.onnx.with_penultimate", lambda *_: (b"no network", found[1]))
    session = OnnxSession(shipped_path("tiny:xs", ".onnx"), embedding=True)
    assert session.signature.embedding_width is None
    assert session.run(np.zeros((1, 3, 32, 32), np.float32)).shape == (1, 10)
