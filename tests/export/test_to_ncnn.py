"""What pnnx makes of a network answers as the network does."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError, UsageError
from edgewise.export.network import Network, Precision
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find_one

pytest.importorskip("pnnx", reason="the extra [ncnn] is not installed")
pytest.importorskip("onnx", reason="the extra [torch] is not installed")
import onnx
from onnx import TensorProto, helper

from edgewise.export.to_ncnn import export_ncnn
from tests.onnx_files import channel_means, save

pytestmark = [pytest.mark.ncnn, pytest.mark.torch]  # the latter brings the package onnx


def exported(name: str, folder: Path, precision: Precision = "fp32") -> tuple[Classifier, Classifier]:
    """A classifier, and what was made of it."""
    classifier = load(find_one(name), embedding=True)
    export_ncnn(Network(classifier, folder), folder / "out" / "a.param", precision, None)
    return classifier, load(find_one(f"ncnn:{folder}/out/a.param"), embedding=True)


@pytest.mark.parametrize(("precision", "off"), [("fp32", 1e-5), ("fp16", 5e-3), ("bf16", 3e-2)])
def test_it_answers_as_the_original(
    tmp_path: Path, precision: Precision, off: float, capfd: pytest.CaptureFixture[str]
) -> None:
    original, made = exported("tiny:s", tmp_path, precision)
    images = np.random.default_rng(0).normal(size=(4, 3, 64, 64)).astype(np.float32)
    expected, vectors = original.predict_with_embedding(images)
    found, found_vectors = made.predict_with_embedding(images)
    assert np.abs(found - expected).max() < off * np.abs(expected).max()
    assert vectors is not None
    assert found_vectors is not None
    assert np.abs(found_vectors - vectors).max() < off * np.abs(vectors).max()
    assert made.session.signature.size_px == 64
    assert capfd.readouterr() == ("", "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.bin", "a.param"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_half_the_bytes_and_another_arithmetic(tmp_path: Path) -> None:
    sizes: dict[str, int] = {}
    answers: dict[str, np.ndarray] = {}
    for precision in ("fp32", "fp16", "bf16"):
        _, made = exported("tiny:xs", tmp_path, precision)
        sizes[precision] = (tmp_path / "out" / "a.bin").stat().st_size
        answers[precision] = made.predict(np.ones((1, 3, 32, 32), np.float32))
    assert sizes["fp16"] < 0.6 * sizes["fp32"]
    assert sizes["bf16"] == sizes["fp32"]
    assert (answers["bf16"] != answers["fp32"]).any()


def test_weights_in_another_file(tmp_path: Path) -> None:
    """pnnx reads them wrongly."""
    here = tmp_path / "in"
    here.mkdir()
    original = load(find_one("tiny:s"))
    model = onnx.load(Network(original, tmp_path).onnx_path)
    onnx.save(model, here / "s.onnx", save_as_external_data=True, location="s.onnx.data", size_threshold=100)
    _, made = exported(f"onnx:{here}/s.onnx", tmp_path)
    images = np.random.default_rng(0).normal(size=(1, 3, 64, 64)).astype(np.float32)
    np.testing.assert_allclose(made.session.run(images), original.session.run(images), rtol=1e-3, atol=1e-3)


def test_operators_that_ncnn_lacks_are_named(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("CumSum", ["x", "axis"], ["sums"]),
        helper.make_node("ReduceMean", ["sums", "axes"], ["y"], keepdims=0),
    ]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])
    path = save(tmp_path / "c.onnx", nodes, [taken], [given], {"axis": np.array(3), "axes": np.array([2, 3])})
    (tmp_path / "c.toml").write_text("size_px = 8\n")
    with pytest.raises(ModelError, match=r"c\.onnx .*: .*CumSum"):
        exported(f"onnx:{path}", tmp_path)
    assert not (tmp_path / "out").exists()


def test_what_it_does_not_take_is_said(tmp_path: Path) -> None:
    path = channel_means(tmp_path / "a.onnx", [1, 8, 8, 3], layout="nhwc")
    with pytest.raises(ModelError, match=r"takes float32 in NHWC order; ncnn takes float32 in NCHW order"):
        exported(f"onnx:{path}", tmp_path)
    with pytest.raises(UsageError, match="ncnn has no int8 here"):
        exported("tiny:xs", tmp_path, "int8")
