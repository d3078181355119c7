"""What is known of engines without importing them."""

import pytest

from edgewise.errors import UsageError
from edgewise.runtime.engines import ABOUT, Engine, engine_named, engines_for, installed_version
from edgewise.zoo.sources import KINDS


def test_every_engine_is_known_and_its_first_kind_is_its_own() -> None:
    assert set(ABOUT) == set(Engine)
    firsts = [about.reads[0] for about in ABOUT.values()]
    assert len(set(firsts)) == len(firsts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_source_has_an_engine_but_ensembles(kind: str) -> None:
    assert bool(engines_for(kind)) == (kind != "ensemble")


@pytest.mark.parametrize(
    ("kind", "first"), [("onnx", "onnxruntime"), ("tiny", "onnxruntime"), ("openvino", "openvino"), ("timm", "torch")]
)
def test_the_usual_one_comes_first(kind: str, first: str) -> None:
    assert engines_for(kind)[0] == first


def test_a_name_becomes_the_engine() -> None:
    assert engine_named("openvino", "onnx") is Engine.OPENVINO


@pytest.mark.parametrize(
    ("name", "kind", "reason", "hint"),
    [
        ("tensorrt", "onnx", "'tensorrt' is no engine", "onnxruntime, openvino"),
        ("openvino", "tflite", "no engine for tflite: sources", "Allowed here: litert"),
        ("onnxruntime", "ensemble", "no engine for ensemble: sources", "its members' own"),
    ],
)
def test_one_that_does_not_read_it(name: str, kind: str, reason: str, hint: str) -> None:
    with pytest.raises(UsageError, match=reason) as raised:
        engine_named(name, kind)
    assert hint in raised.value.hint


def test_versions_are_those_of_the_packages() -> None:
    import onnxruntime

    assert installed_version(Engine.ONNX_RUNTIME) == onnxruntime.__version__
    absent = {engine: installed_version(engine) for engine in Engine if engine is not Engine.ONNX_RUNTIME}
    assert all(version is None or version[0].isdigit() for version in absent.values())
