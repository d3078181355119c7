"""OpenVINO answers as ONNX Runtime does, from ONNX files and from its own, and says what it cannot take."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.openvino import PRECISION, OpenVinoSession
from edgewise.runtime.session import Ends
from edgewise.zoo.tiny.shipped import NAMES, shipped_path

pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
from onnx import TensorProto, helper

from tests.onnx_files import WEIGHTS, channel_means, save

pytestmark = pytest.mark.openvino

IMAGES = np.random.default_rng(0).random((3, 3, 8, 8), np.float32)
EXPECTED = IMAGES.mean((2, 3)) @ WEIGHTS


def own_files(onnx: Path, path: Path, precision: str = "") -> Path:
    """The network as OpenVINO's .xml and .bin."""
    import openvino

    model = openvino.Core().read_model(onnx)
    if precision:
        model.set_rt_info(precision, list(PRECISION))
    openvino.save_model(model, path, compress_to_fp16=False)
    return path


def property_of(session: OpenVinoSession, name: str) -> Any:
    return session._request.get_compiled_model().get_property(name)  # type: ignore[reportPrivateUsage]


@pytest.mark.parametrize("name", NAMES)
def test_answers_and_vectors_are_onnx_runtimes(tmp_path: Path, name: str) -> None:
    path = shipped_path(name, ".onnx")
    usual = OnnxSession(path, embedding=True)
    size_px = usual.signature.size_px
    assert size_px is not None
    images = np.random.default_rng(0).normal(size=(3, 3, size_px, size_px)).astype(np.float32)
    scores, vectors = usual.run_with_embedding(images)
    for file in (path, own_files(path, tmp_path / "own.xml")):
        session = OpenVinoSession(file, embedding=True)
        assert session.signature == usual.signature
        found, found_vectors = session.run_with_embedding(images)
        np.testing.assert_allclose(found, scores, atol=1e-4)
        np.testing.assert_allclose(found_vectors, vectors, atol=1e-4)
        np.testing.assert_allclose(session.run(images[1:2]), scores[1:2], atol=1e-4)
    assert OpenVinoSession(path).signature.embedding_width is None


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        (["n", 3, 8, 8], {}),
        ([1, 3, 8, 8], {}),
        (["n", 3, "h", "w"], {}),
        ([1, 8, 8, 3], {"layout": "nhwc"}),
        (["n", "h", "w", 3], {"layout": "nhwc"}),
        (["n", 3, 8, 8], {"number": "float16"}),
        (["n", 3, 8, 8], {"tail": [-1, 4, 1, 1]}),
        (["n", 3, 8, 8], {"input_name": "serving_default_input:0"}),
        (["n", 3, 8, 8], {"end": "Softmax"}),
    ],
)
def test_the_shapes_that_users_have(tmp_path: Path, shape: list[int | str], options: dict[str, Any]) -> None:
    path = channel_means(tmp_path / "a b ü.onnx", shape, **options)
    usual, session = OnnxSession(path), OpenVinoSession(path)
    assert session.signature == usual.signature
    np.testing.assert_allclose(session.run(IMAGES), usual.run(IMAGES), atol=2e-3 if "number" in options else 1e-5)


def test_an_answer_stays_when_the_next_comes(tmp_path: Path) -> None:
    session = OpenVinoSession(channel_means(tmp_path / "a.onnx", [1, 3, 8, 8]))
    first = session.run(IMAGES[:1])
    session.run(IMAGES[1:2])
    np.testing.assert_allclose(first, EXPECTED[:1], rtol=1e-5)


def test_uint8_input_takes_the_pixels_themselves(tmp_path: Path) -> None:
    session = OpenVinoSession(channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8], number="uint8"))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(session.run(pixels), pixels.mean((2, 3)) @ WEIGHTS, rtol=1e-5)
    assert session.signature.number == "uint8"
    beyond = np.full((1, 3, 8, 8), 300, np.float32)
    np.testing.assert_allclose(session.run(beyond), np.full((1, 3), 255) @ WEIGHTS, rtol=1e-5)


def test_a_card_chooses_among_outputs(tmp_path: Path) -> None:
    path = channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8], extra_output=True)
    with pytest.raises(ModelError, match=r"(?s)2 outputs: scores f32 .*, means f32 .*output_name"):
        OpenVinoSession(path)
    scores = OpenVinoSession(path, ends=Ends(output_name="scores"), embedding=True)
    means = OpenVinoSession(path, ends=Ends(output_name="means"))
    assert means.signature.outputs == 3
    np.testing.assert_allclose(means.run(IMAGES), IMAGES.mean((2, 3)), rtol=1e-5)
    found, vectors = scores.run_with_embedding(IMAGES)
    np.testing.assert_allclose(found, EXPECTED, rtol=1e-5)
    np.testing.assert_allclose(vectors, IMAGES.mean((2, 3)), rtol=1e-5)
    with pytest.raises(ModelError, match="no output 'logits'; it has scores"):
        OpenVinoSession(path, ends=Ends(output_name="logits"))


def test_ends_without_names_are_called_as_their_operators(tmp_path: Path) -> None:
    """OpenVINO's own converter gives none to what it makes of PyTorch modules."""
    import openvino

    model = openvino.Core().read_model(channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8], extra_output=True))
    for port in (*model.inputs, *model.outputs):
        port.set_names(set())
    openvino.save_model(model, tmp_path / "a.xml")
    name = model.outputs[0].get_node().get_friendly_name()
    with pytest.raises(ModelError, match=f"2 outputs: {name} f32"):
        OpenVinoSession(tmp_path / "a.xml")
    session = OpenVinoSession(tmp_path / "a.xml", ends=Ends(output_name=name))
    np.testing.assert_allclose(session.run(IMAGES), EXPECTED, atol=1e-2)


@pytest.mark.parametrize("threads", [1, 2])
def test_runs_on_the_threads_that_it_is_given(threads: int) -> None:
    session = OpenVinoSession(shipped_path("tiny:xs", ".onnx"), threads=threads)
    assert property_of(session, "INFERENCE_NUM_THREADS") == threads
    assert property_of(session, "NUM_STREAMS") == 1


def test_computes_in_float32_wherever_it_runs(tmp_path: Path) -> None:
    """OpenVINO by itself takes bfloat16 on processors that have it; a file that was exported for that says so."""
    from openvino import Core, Type

    onnx = shipped_path("tiny:xs", ".onnx")
    for path in (onnx, own_files(onnx, tmp_path / "a.xml"), own_files(onnx, tmp_path / "b.xml", "int8")):
        assert property_of(OpenVinoSession(path), "INFERENCE_PRECISION_HINT") == Type.f32
    half = own_files(onnx, tmp_path / "c.xml", "bf16")
    able = Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    found = property_of(OpenVinoSession(half), "INFERENCE_PRECISION_HINT")
    assert found == Type.bf16 or "BF16" not in able


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.with_suffix(".bin").unlink(), "no weights: there is no a.bin beside it"),
        (lambda path: path.with_suffix(".bin").write_bytes(b""), "Incorrect weights"),
        (lambda path: path.write_text(path.read_text()[:9000]), "cannot be loaded by OpenVINO"),
        (lambda path: path.write_text("hello"), "no network that OpenVINO reads"),
        (lambda path: path.write_text(path.read_text().replace('"ReLU"', '"Tanhx"')), "Tanhx"),
        (lambda path: path.unlink(), "cannot be loaded by OpenVINO"),
    ],
)
def test_broken_files_are_said_once(tmp_path: Path, capfd: pytest.CaptureFixture[str], spoil: Any, reason: str) -> None:
    path = own_files(shipped_path("tiny:xs", ".onnx"), tmp_path / "a.xml")
    capfd.readouterr()
    spoil(path)
    with pytest.raises(ModelError, match=reason):
        OpenVinoSession(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kept", [0, 5000])
def test_a_truncated_onnx_file(tmp_path: Path, capfd: pytest.CaptureFixture[str], kept: int) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(shipped_path("tiny:xs", ".onnx").read_bytes()[:kept])
    with pytest.raises(ModelError, match="no network that OpenVINO reads"):
        OpenVinoSession(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("nodes", "stored", "named"),
    [
        (
            [
                helper.make_node("MaxPool", ["x"], ["p", "i"], kernel_shape=[2, 2], strides=[2, 2]),
                helper.make_node("MaxUnpool", ["p", "i"], ["d"], kernel_shape=[2, 2], strides=[2, 2]),
            ],
            {},
            "No conversion rule found for operations: MaxUnpool",
        ),
        (
            [
                helper.make_node(
                    "Resize",
                    ["x", "", "scales"],
                    ["d"],
                    mode="linear",
                    coordinate_transformation_mode="half_pixel_symmetric",
                )
            ],
            {"scales": np.array([1, 1, 0.5, 0.5], np.float32)},
            "Resize-18: half_pixel_symmetric",
        ),
    ],
)
def test_an_operator_that_only_onnx_runtime_knows_is_named(
    tmp_path: Path, nodes: list[Any], stored: dict[str, np.ndarray], named: str
) -> None:
    nodes = [*nodes, helper.make_node("ReduceMean", ["d", "axes"], ["y"], keepdims=0)]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])
    path = save(tmp_path / "a.onnx", nodes, [taken], [given], {"axes": np.array([2, 3]), **stored})
    assert OnnxSession(path).run(IMAGES).shape == (3, 3)
    with pytest.raises(ModelError, match=named):
        OpenVinoSession(path)


@pytest.mark.parametrize(
    ("shape", "options", "reason"),
    [
        ([1, 3, 8, 8], {"extra_input": True}, r"2 inputs: x f32 \[1, 3, 8, 8\], bias"),
        ([1, 3, 8, 9], {}, "only square"),
        ([4, 3, 8, 8], {}, "4 images at once"),
        ([1, 3, 8, 8], {"tail": [-1, 2, 2]}, r"expected \[n, classes\]"),
    ],
)
def test_what_cannot_work_is_said(tmp_path: Path, shape: list[Any], options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        OpenVinoSession(channel_means(tmp_path / "a.onnx", shape, **options))


def test_wrong_input_size_is_said() -> None:
    session = OpenVinoSession(shipped_path("tiny:xs", ".onnx"))
    with pytest.raises(ModelError, match=r"failed while running on \[1, 3, 5, 7\]"):
        session.run(np.zeros((1, 3, 5, 7), np.float32))
    assert session.run(np.zeros((1, 3, 32, 32), np.float32)).shape == (1, 10), "it goes on afterwards"


LET_GO = """
import gc, os, signal, sys, threading
import subprocess
import sys
from pathlib import Path
from edgewise.runtime.openvino import OpenVinoSession

sessions = [OpenVinoSession(Path(sys.argv[1]))]

def let_go():
    sessions.clear()
    gc.collect()

other = threading.Thread(target=let_go)
other.start()
other.join()
signal.signal(signal.SIGTERM, lambda *_: print("heard"))
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_is_survived_after_another_thread_let_the_last_network_go() -> None:
    path = str(shipped_path(NAMES[0], ".onnx"))
    done = subprocess.run([sys.executable, "-c", LET_GO, path], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "heard\n")
