"""ONNX files of the shapes that users have, and those that cannot work."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.runtime.onnx import OnnxSession
from edgewise.zoo.tiny import WEIGHTS

onnx = pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
from onnx import TensorProto, helper  # noqa: E402


def build(
    path: Path, shape: list[int | str], *, outputs: int = 1, inputs: int = 1, kind: int = TensorProto.FLOAT
) -> Path:
    """A network that averages each channel: [n, 3, h, w] -> [n, 3]."""
    nodes = [helper.make_node("ReduceMean", ["x0", "axes"], [f"y{i}"], keepdims=0) for i in range(outputs)]
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info(f"x{i}", kind, shape) for i in range(inputs)],
        [helper.make_tensor_value_info(f"y{i}", kind, [shape[0], 3]) for i in range(outputs)],
        [helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


@pytest.mark.parametrize("batch", [1, "n"])
def test_fixed_and_free_batch_agree(tmp_path: Path, batch: int | str) -> None:
    session = OnnxSession(build(tmp_path / "a.onnx", [batch, 3, 8, 8]))
    images = np.random.default_rng(0).random((3, 3, 8, 8), np.float32)
    np.testing.assert_allclose(session.run(images), images.mean((2, 3)), rtol=1e-5)
    assert (session.signature.size_px, session.signature.outputs) == (8, 3)


def test_free_size(tmp_path: Path) -> None:
    assert OnnxSession(build(tmp_path / "a.onnx", ["n", 3, "h", "w"])).signature.size_px is None


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"shape": [1, 3, 8, 8], "outputs": 2}, "1 inputs and 2 outputs"),
        ({"shape": [1, 3, 8, 8], "inputs": 2}, "2 inputs and 1 outputs"),
        ({"shape": [1, 8, 8, 3]}, r"expected tensor\(float\)"),
        ({"shape": [1, 3, 8, 9]}, "only square"),
        ({"shape": [1, 3, 8, 8], "kind": TensorProto.DOUBLE}, r"tensor\(double\)"),
    ],
)
def test_what_cannot_work_is_said(tmp_path: Path, options: dict[str, object], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        OnnxSession(build(tmp_path / "a.onnx", **options))  # type: ignore[arg-type]


def test_wrong_input_size_is_said() -> None:
    session = OnnxSession(WEIGHTS / "xs.onnx")
    with pytest.raises(ModelError, match="failed while running"):
        session.run(np.zeros((1, 3, 5, 7), np.float32))


def test_threads_change_nothing() -> None:
    images = np.random.default_rng(0).random((2, 3, 64, 64), np.float32)
    one, two = (OnnxSession(WEIGHTS / "l.onnx", threads=n).run(images) for n in (1, 2))
    np.testing.assert_allclose(one, two, atol=1e-4)
