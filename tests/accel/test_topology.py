"""Topologies of SCALE-Sim."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.gemm import Gemm
from edgewise.accel.topology import read_topology, write_topology
from edgewise.errors import DataError, UsageError

HEAD = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,"


def _file(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "net.csv"
    path.write_text("\n".join(lines))
    return path


def test_convolutions(tmp_path: Path) -> None:
    found = read_topology(
        _file(tmp_path, HEAD, "Conv1,  224, 224,    11, 11,    3,      96,     4,", "", "fc,1,1,1,1,9,5,1")
    )
    assert found == (
        Convolution("Conv1", 1, 3, 96, (224, 224), (11, 11), (4, 4)),
        Convolution("fc", 1, 9, 5, (1, 1)),
    )
    assert found[0].forward == Gemm(54 * 54, 363, 96)


def test_sparsity_is_passed_over(tmp_path: Path) -> None:
    (found,) = read_topology(_file(tmp_path, f"{HEAD} Sparsity,", "a,8,8,3,3,4,4,1,1:4,"))
    assert found == Convolution("a", 1, 4, 4, (8, 8), (3, 3))


def test_products_of_matrices(tmp_path: Path) -> None:
    assert read_topology(_file(tmp_path, "Layer Name, M, N, K,", "Test 1, 256, 128, 64,")) == (
        dense("Test 1", 256, 64, 128),
    )


@given(
    side=st.integers(5, 40),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    pad=st.integers(0, 3),
    channels=st.integers(1, 600),
)
def test_what_is_written_computes_the_same(
    tmp_path_factory: pytest.TempPathFactory, side: int, kernel: int, stride: int, pad: int, channels: int
) -> None:
    layer = Convolution("a", 1, channels, 7, (side, side + 1), (kernel, kernel), (stride, stride), (pad, pad))
    path = tmp_path_factory.mktemp("written") / "net.csv"
    write_topology(path, [layer])
    (found,) = read_topology(path)
    assert found.forward == layer.forward


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"batch": 2}, "a batch of 2"),
        ({"groups": 2}, "2 groups"),
        ({"dilation": (2, 1)}, "a dilation of"),
        ({"stride": (2, 1)}, "two strides"),
    ],
)
def test_what_it_has_no_form_for_is_named(tmp_path: Path, changed: dict[str, object], words: str) -> None:
    layer = Convolution(**({"name": "odd", "batch": 1, "takes": 4, "gives": 4, "size": (9, 9)} | changed))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=f"odd has {words}"):
        write_topology(tmp_path / "net.csv", [layer])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "names no layers"),
        ((HEAD,), "names no layers"),
        ((HEAD, "a,8,8,3"), "line 2 is no layer: 3 numbers where 7"),
        ((HEAD, "a,8,8,3,3,four,4,1"), "line 2 is no layer"),
        ((HEAD, "a,8,8,3,3,4,4,1", "b,2,2,3,3,4,4,1"), "line 3: b: an input of"),
    ],
)
def test_what_is_no_topology_is_said(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_topology(_file(tmp_path, *lines))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_topology(tmp_path / "none.csv")
