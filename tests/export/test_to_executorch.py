"""ExecuTorch programs answer as the networks that they were made of, and say what they cannot do."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError, UsageError
from edgewise.export.network import Network, Precision
from edgewise.export.to_executorch import export_executorch
from edgewise.runtime.executorch import ExecuTorchSession
from edgewise.runtime.session import Ends
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find_one

pytestmark = [pytest.mark.executorch, pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # of its compiler's own
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(size=(16, 3, 32, 32)).astype(np.float32)
FACTORIES = """
import torch

class Net(torch.nn.Module):
    def __init__(self, between):
        super().__init__()
        self.between, self.first = between, torch.nn.Conv2d(3, 4, 3)

    def forward(self, images):
        return self.between(self.first(images)).mean((2, 3))

def cumsum():
    return Net(lambda maps: torch.cumsum(maps, 3))

def sort():
    return Net(lambda maps: torch.sort(maps, 3).values)

def fourier():
    return Net(lambda maps: torch.fft.fft2(maps).real)
"""


def images() -> Iterator[np.ndarray]:
    return (image[None] for image in IMAGES)


def export(name: str, folder: Path, precision: Precision = "fp32") -> tuple[Path, tuple[str, ...]]:
    path = folder / "a.pte"
    return path, export_executorch(Network(load(find_one(name)), folder), path, precision, images)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tiny:xs"""
    return export("tiny:xs", tmp_path_factory.mktemp("program"))[0]


@pytest.fixture
def factories(tmp_path: Path) -> Callable[[str], str]:
    (tmp_path / "nets.py").write_text(FACTORIES)

    def source(name: str) -> str:
        (tmp_path / f"{name}.toml").write_text("size_px = 12\n")
        return f"torch:{tmp_path}/nets.py:{name}"

    return source


def test_it_answers_as_the_original(program: Path) -> None:
    session = load(find_one(f"executorch:{program}")).session
    expected = load(find_one("tiny:xs")).session.run(IMAGES)
    np.testing.assert_allclose(session.run(IMAGES), expected, rtol=1e-3, atol=1e-4)
    assert (session.signature.size_px, session.signature.outputs, session.signature.layout) == (32, 10, "nchw")


def test_sessions_of_other_numbers_of_threads(program: Path) -> None:
    """There is one pool of threads; a program that is still loaded when it is replaced would crash the process."""
    one, two = ExecuTorchSession(program, threads=1), ExecuTorchSession(program, threads=2)
    from edgewise.runtime.executorch import import_executorch

    native = import_executorch("")
    expected = one.run(IMAGES)
    assert native._threadpool_get_thread_count() == 1
    for session, threads in ((two, 2), (one, 1), (two, 2)):
        np.testing.assert_allclose(session.run(IMAGES), expected, rtol=1e-4, atol=1e-4)
        assert native._threadpool_get_thread_count() == threads
    del one
    np.testing.assert_allclose(ExecuTorchSession(program, threads=1).run(IMAGES), expected, rtol=1e-4, atol=1e-4)


def test_int8(tmp_path: Path, program: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, slow = export("tiny:xs", tmp_path, "int8")
    expected, found = ExecuTorchSession(program).run(IMAGES), ExecuTorchSession(path).run(IMAGES)
    off = np.abs(found - expected).max() / np.abs(expected).max()
    assert 0 < off < 0.2
    assert slow == ()
    assert path.stat().st_size < program.stat().st_size
    assert capfd.readouterr() == ("", "")


def test_operators_that_xnnpack_does_not_take_are_told(tmp_path: Path, factories: Callable[[str], str]) -> None:
    path, slow = export(factories("cumsum"), tmp_path)
    assert "aten::cumsum.out" in slow
    assert ExecuTorchSession(path).run(RANDOM.normal(size=(2, 3, 12, 12)).astype(np.float32)).shape == (2, 4)


@pytest.mark.parametrize(("name", "operator"), [("sort", "aten::sort.values"), ("fourier", "aten._fft_c2c")])
def test_operators_without_a_kernel_are_named(
    tmp_path: Path, factories: Callable[[str], str], name: str, operator: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ModelError, match=f"{name} has operators that ExecuTorch has no kernel for: .*{operator}"):
        export(factories(name), tmp_path)
    assert not (tmp_path / "a.pte").exists()
    assert capfd.readouterr() == ("", "")


def test_another_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ExecuTorch has no bf16 here"):
        export("tiny:xs", tmp_path, "bf16")


def test_torn_and_spoiled_files_are_said(program: Path, tmp_path: Path) -> None:
    whole = program.read_bytes()
    spoiled = bytearray(whole)
    for at in RANDOM.integers(8, 400, 20):
        spoiled[at] ^= 0xFF
    for content in (b"", whole[:1], whole[:100], whole[:-1], b"hello" * 100, bytes(spoiled)):
        (tmp_path / "a.pte").write_bytes(content)
        with pytest.raises(ModelError, match=r"a\.pte cannot be loaded by ExecuTorch: \w"):
            ExecuTorchSession(tmp_path / "a.pte")


QUIET = """
import sys
from pathlib import Path
from edgewise.errors import ModelError
from edgewise.runtime.executorch import ExecuTorchSession
for threads in (1, 2, 1):
    ExecuTorchSession(Path(sys.argv[1]), threads=threads)
try:
    ExecuTorchSession(Path(sys.argv[2]))
except ModelError as error:
    print(error.message)
"""


def test_nothing_is_written_to_stderr(program: Path, tmp_path: Path) -> None:
    """In a process of its own: ExecuTorch writes by way of Python's sys.stderr, which pytest has replaced."""
    (tmp_path / "a.pte").write_bytes(program.read_bytes()[:-1])
    command = [sys.executable, "-c", QUIET, program, tmp_path / "a.pte"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "File size is too small" in done.stdout


def test_the_ends_of_a_card(program: Path) -> None:
    for ends, reason in (
        (Ends(input_name="x"), "has no input 'x'; its input is input0 float32"),
        (Ends(output_name="y"), "has no output 'y'; it has output0 float32"),
        (Ends(layout="nhwc"), 'its card says layout = "nhwc"'),
    ):
        with pytest.raises(ModelError, match=reason):
            ExecuTorchSession(program, ends=ends)
    with pytest.raises(ModelError, match=r"takes \[1, 3, 32, 32\], not \[1, 3, 64, 64\]"):
        ExecuTorchSession(program).run(np.zeros((1, 3, 64, 64), np.float32))
