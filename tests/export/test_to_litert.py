"""What litert-torch makes of a network answers as the network does; without its environment, that is said."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import MissingEnvironment, ModelError, UsageError
from edgewise.export.litert_environment import VARIABLE, litert_export
from edgewise.export.network import Network, Precision
from edgewise.export.to_litert import export_litert
from edgewise.zoo.export import card_toml
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find_one

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # of PyTorch's exporter
IMAGES = np.random.default_rng(0).normal(size=(16, 3, 32, 32)).astype(np.float32)
FACTORY = """
import torch

class Sorted(torch.nn.Module):
    def forward(self, images):
        return torch.linalg.svdvals(images).mean(2)

def factory():
    return Sorted()
"""


def images() -> Iterator[np.ndarray]:
    return (image[None] for image in IMAGES)


def export(name: str, folder: Path, precision: Precision = "fp32") -> Path:
    export_litert(Network(load(find_one(name)), folder), folder / "a.tflite", precision, images)
    return folder / "a.tflite"


@pytest.mark.litert
@pytest.mark.litert_export
@pytest.mark.parametrize(("precision", "number", "off"), [("fp32", "float32", 1e-4), ("int8", "int8", 0.1)])
def test_it_answers_as_the_original(
    tmp_path: Path, precision: Precision, number: str, off: float, capfd: pytest.CaptureFixture[str]
) -> None:
    original = load(find_one("tiny:xs"))
    path = export("tiny:xs", tmp_path, precision)
    path.with_suffix(".toml").write_text(card_toml(original.card), encoding="utf-8")
    made = load(find_one(f"tflite:{path}"))
    expected, found = original.predict(IMAGES), made.predict(IMAGES)
    assert np.abs(found - expected).max() < off * np.abs(expected).max()
    assert made.card.preprocess == original.card.preprocess  # not LiteRT's usual -1..1
    assert (made.session.signature.size_px, made.session.signature.number) == (32, number)
    assert "TRANSPOSE" not in operators(path)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_dir()] == []
    assert capfd.readouterr() == ("", "")


def operators(path: Path) -> set[str]:
    from ai_edge_litert import schema_py_generated as schema

    known = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
    codes = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0).operatorCodes
    return {known[max(code.builtinCode, code.deprecatedBuiltinCode)] for code in codes}


@pytest.mark.litert_export
def test_an_operator_that_cannot_be_converted_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(FACTORY)
    (tmp_path / "factory.toml").write_text("size_px = 8\n")
    with pytest.raises(ModelError, match=r"net\.py:factory cannot be converted to LiteRT: .*svd"):
        export(f"torch:{tmp_path}/net.py:factory", tmp_path)
    assert not (tmp_path / "a.tflite").exists()


@pytest.mark.skipif(find_spec("litert_torch") is not None, reason="litert-torch is in this environment")
def test_without_an_environment_that_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(MissingEnvironment, match=f"(?s)needs litert-torch, .*{VARIABLE}"):
        export("tiny:xs", tmp_path)
    assert "none is named" in litert_export().problem
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    with pytest.raises(MissingEnvironment, match="none cannot be run"):
        export("tiny:xs", tmp_path)
    assert "none cannot be run" in litert_export().problem
    monkeypatch.setenv(VARIABLE, sys.executable)
    with pytest.raises(MissingEnvironment, match="No module named 'litert_torch'"):
        export("tiny:xs", tmp_path)
    assert "has no litert-torch" in litert_export().problem


def test_another_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="LiteRT has no fp16 here"):
        export("tiny:xs", tmp_path, "fp16")
