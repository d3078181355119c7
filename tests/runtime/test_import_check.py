"""The trial of an engine is a real one."""

from importlib import resources
from pathlib import Path

import pytest

from edgewise.runtime.import_check import main


@pytest.mark.litert
def test_the_trial_network_is_one_operator_in_the_format_s_own_schema(tmp_path: Path) -> None:
    from ai_edge_litert import schema_py_generated as schema

    content = resources.files("edgewise.runtime").joinpath("relu.tflite").read_bytes()
    (graph,) = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs
    (operator,) = graph.operators
    codes = schema.ModelT.InitFromPackedBuf(content, 0).operatorCodes
    assert codes[operator.opcodeIndex].builtinCode == schema.BuiltinOperator.RELU
    assert [list(tensor.shape) for tensor in graph.tensors] == [[4], [4]]


def test_each_package_is_named_before_it_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    main(["numpy", "a-package-that-nobody-has"])
    named, judged, absent, missing = capsys.readouterr().out.splitlines()
    assert named == '{"package": "numpy"}'
    assert judged.startswith('{"package": "numpy", "ok": true, "note": "imports"')
    assert absent == '{"package": "a-package-that-nobody-has"}'
    assert '"ok": false, "note": "PackageNotFoundError: ' in missing
