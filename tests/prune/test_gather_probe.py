"""The small networks in which gathers are timed compute what they stand for."""

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the extra [torch] is not installed")

from edgewise.prune.gather_probe import LayerShape, Window, probe  # noqa: E402
from edgewise.runtime.onnx import OnnxSession  # noqa: E402

SHAPES = [
    LayerShape(6, 5, Window(), 8),
    LayerShape(6, 5, Window((3, 1), (2, 1), (1, 0), (1, 1)), 8),
    LayerShape(6, 5, Window((3, 3), (1, 1), (2, 2), (2, 2)), 8),
    LayerShape(6, 5),
]
KEPT = {(0, 2, 5): "Gather", (1, 2, 3): "Slice"}


def _operations(content: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kept", [None, *KEPT])
def test_runs_and_is_of_the_shape(shape: LayerShape, kept: tuple[int, ...] | None, tmp_path: Path) -> None:
    content = probe(shape, kept)
    path = tmp_path / "probe.onnx"
    path.write_bytes(content)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    image = np.random.default_rng(0).normal(size=(1, 3, shape.size_px, shape.size_px)).astype(np.float32)
    assert OnnxSession(path).run(image).shape == (1, 5)
    taking = [one for one in _operations(content) if one in ("Gather", "Slice")]
    assert taking == ([] if kept is None else [KEPT[kept]])
    weights = [list(one.dims) for one in onnx.load(path).graph.initializer if len(one.dims) in (2, 4)]
    inputs = 6 if kept is None else 3
    assert weights[-1] == ([5, inputs] if shape.window is None else [5, inputs, *shape.window.kernel])


def test_the_gather_is_between_writer_and_layer() -> None:
    assert _operations(probe(SHAPES[0], (0, 2)))[:4] == ["Conv", "Relu", "Gather", "Conv"]
    assert _operations(probe(SHAPES[-1], (0, 2)))[-2:] == ["Gather", "Gemm"]
