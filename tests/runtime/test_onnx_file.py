"""What is read from an ONNX file agrees with what the format's own package reads."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.runtime.onnx_file import OnnxFile, read_onnx_file
from edgewise.zoo.card import read_card
from edgewise.zoo.tiny import NAMES, shipped_path


@pytest.mark.parametrize("name", NAMES)
def test_bundled_files(name: str) -> None:
    stored = read_onnx_file(shipped_path(name, ".onnx"))
    assert stored is not None
    card = read_card(shipped_path(name, ".toml")).given
    assert stored.size_px == card["size_px"]
    assert stored.params == pytest.approx(card["params"], rel=0.1)  # the exporter folds batch norms


@pytest.mark.parametrize("name", NAMES)
def test_as_the_onnx_package_reads_it(name: str) -> None:
    onnx = pytest.importorskip("onnx", reason="comes with the extra [torch]")
    graph = onnx.load(shipped_path(name, ".onnx")).graph
    floats = [tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT]
    stored = read_onnx_file(shipped_path(name, ".onnx"))
    assert stored is not None
    assert stored.params == sum(int(np.prod(tensor.dims)) for tensor in floats)
    shapes = {
        node.name: tuple(side.dim_value or None for side in node.type.tensor_type.shape.dim) for node in graph.input
    }
    assert stored.inputs == shapes


@pytest.mark.parametrize(
    ("shape", "size_px"),
    [(["n", 8, 8, 3], 8), ([1, 3, "h", "w"], None), ([1, 3, 8, 9], None), ([1, 3, 3, 3], 3)],
)
def test_size(tmp_path: Path, shape: list[int | str], size_px: int | None) -> None:
    pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from tests.onnx_files import channel_means

    stored = read_onnx_file(channel_means(tmp_path / "a.onnx", shape))
    assert stored is not None
    assert stored.size_px == size_px
    assert stored.params == 12


@given(st.binary(max_size=200))
def test_noise_raises_nothing(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.onnx"
    path.write_bytes(content)
    assert isinstance(read_onnx_file(path), OnnxFile | None)


def test_cut_short_is_nothing(tmp_path: Path) -> None:
    content = shipped_path("tiny:xs", ".onnx").read_bytes()
    (tmp_path / "a.onnx").write_bytes(content[: len(content) // 2])
    assert read_onnx_file(tmp_path / "a.onnx") is None
    assert read_onnx_file(tmp_path / "gone.onnx") is None
