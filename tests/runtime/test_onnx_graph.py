"""What is read of an ONNX graph, and outputs that are added to it, agree with the format's own package."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.runtime.onnx_graph import read_graph, with_outputs
from edgewise.runtime.protobuf import Protobuf, block
from edgewise.zoo.tiny import NAMES, shipped_path


@given(st.integers(1, 2**29 - 1), st.binary(max_size=300))
def test_a_block_is_read_back(number: int, content: bytes) -> None:
    written = block(number, content)
    file = Protobuf(written + block(number + 1, b"more"))
    ((at, end),) = file.inside(file.whole, number)
    assert (written + block(number + 1, b"more"))[at:end] == content


@pytest.mark.parametrize("name", NAMES)
def test_as_the_onnx_package_reads_it(name: str) -> None:
    onnx = pytest.importorskip("onnx", reason="comes with the extra [torch]")
    content = shipped_path(name, ".onnx").read_bytes()
    graph, expected = read_graph(Protobuf(content)), onnx.load_from_string(content).graph
    found = [(one.name, list(one.takes), list(one.gives)) for one in graph.operators]
    assert found == [(node.op_type, list(node.input), list(node.output)) for node in expected.node]
    assert graph.constants == {tensor.name for tensor in expected.initializer}
    assert graph.outputs == tuple(value.name for value in expected.output)
    assert not graph.foreign


def test_outputs_are_added_once() -> None:
    onnx = pytest.importorskip("onnx", reason="comes with the extra [torch]")
    content = shipped_path("tiny:xs", ".onnx").read_bytes()
    graph = read_graph(Protobuf(content))
    hidden = graph.operators[0].gives[0]
    more = with_outputs(content, graph, [hidden, graph.outputs[0], hidden])
    assert [value.name for value in onnx.load_from_string(more).graph.output] == [*graph.outputs, hidden]


def test_an_engine_gives_the_added_output() -> None:
    import onnxruntime

    content = shipped_path("tiny:xs", ".onnx").read_bytes()
    graph = read_graph(Protobuf(content))
    hidden = graph.operators[0].gives[0]
    image = {"image": np.random.default_rng(0).normal(size=(1, 3, 32, 32)).astype(np.float32)}
    before = onnxruntime.InferenceSession(content).run(None, image)
    after = onnxruntime.InferenceSession(with_outputs(content, graph, [hidden])).run(None, image)
    np.testing.assert_allclose(after[0], before[0], rtol=1e-5)
    assert after[1].ndim == 4


def test_operators_of_others_are_told() -> None:
    pytest.importorskip("onnx", reason="comes with the extra [torch]")
    from onnx import helper

    nodes = [helper.make_node("Warp", ["x"], ["y"], domain="org.example"), helper.make_node("Relu", ["y"], ["z"])]
    model = helper.make_model(helper.make_graph(nodes, "net", [], []))
    assert read_graph(Protobuf(model.SerializeToString())).foreign == {"Warp"}
