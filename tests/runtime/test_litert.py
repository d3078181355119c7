"""LiteRT files answer as the bare interpreter does."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.images.dataset import read_dataset
from edgewise.images.decode import decode, read_file
from edgewise.runtime.litert import LiteRtSession
from edgewise.runtime.session import Ends
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find

pytest.importorskip("ai_edge_litert", reason="the extra [litert] is not installed")
from tests.litert_files import float_net, write_net

pytestmark = pytest.mark.litert
NAMES = ["mobilenet_v1_0.25_128_quant", "mobilenet_v2_1.0_224_quant"]


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_bit_equal_to_the_bare_interpreter(evaluation_data: Path, name: str) -> None:
    """The card's preprocessing hands the pixels of its raster to the interpreter; the answer is its own to the bit."""
    from ai_edge_litert.interpreter import Interpreter

    path = evaluation_data / "weights" / f"{name}.tflite"
    (source,) = find([f"tflite:{path}"])
    model = load(source)
    bare = Interpreter(model_path=str(path), num_threads=1)
    bare.allocate_tensors()
    taken, given = bare.get_input_details()[0], bare.get_output_details()[0]
    step = given["quantization"][0]
    for item in read_dataset(evaluation_data / "imagenet_val_first100" / "labels.csv").items[:20]:
        pixels = decode(read_file(item.path)).pixels
        bare.set_tensor(taken["index"], model.card.preprocess.raster(pixels)[None])
        bare.invoke()
        raw = bare.get_tensor(given["index"])[0]
        through = model.session.run(model.preprocess(pixels)[None])[0]
        np.testing.assert_array_equal(np.rint(through / step).astype(np.uint8), raw)
        assert (through == np.float32(step) * raw.astype(np.float32)).all()
        floored = np.maximum(raw[1:] * np.float64(step), step / 2)
        np.testing.assert_allclose(
            model.predict(model.preprocess(pixels)[None])[0], np.log(floored / floored.sum()), atol=2e-6
        )


@pytest.mark.real
def test_1001_outputs_become_1000_classes(evaluation_data: Path) -> None:
    (source,) = find([f"tflite:{evaluation_data}/weights/{NAMES[0]}.tflite"])
    card = load(source).card
    assert card.skip_outputs == 1
    assert len(card.classes) == 1000
    assert card.output == "probabilities"


def test_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "a.tflite").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="cannot be loaded by LiteRT"):
        LiteRtSession(tmp_path / "a.tflite")


def images(count: int = 6) -> np.ndarray:
    """Float32 [n, 3, 8, 8] on the steps of the quantised networks' input, so that quantising it loses nothing."""
    return np.random.default_rng(0).integers(-100, 100, (count, 3, 8, 8)).astype(np.float32) / 64


def test_float_network_computes_what_numpy_does(tmp_path: Path) -> None:
    session = LiteRtSession(write_net(tmp_path / "a.tflite"))
    np.testing.assert_allclose(session.run(images()), float_net(images().transpose(0, 2, 3, 1)), rtol=1e-4, atol=1e-5)
    assert (session.signature.number, session.signature.layout, session.signature.output_step) == (
        "float32",
        "nhwc",
        None,
    )


def test_open_size_is_the_cards(tmp_path: Path) -> None:
    """Converters write sides of 1 for sides that are open."""
    path = write_net(tmp_path / "a.tflite", open_size=True)
    (tmp_path / "a.toml").write_text("size_px = 12")
    model = load(find([str(path)])[0])
    assert model.card.preprocess.size_px == 12
    wide = np.random.default_rng(0).normal(size=(2, 3, 12, 12)).astype(np.float32)
    np.testing.assert_allclose(model.session.run(wide), float_net(wide.transpose(0, 2, 3, 1)), rtol=1e-4, atol=1e-5)
    (tmp_path / "a.toml").unlink()
    assert load(find([str(path)])[0]).card.preprocess.size_px == 224


@pytest.mark.parametrize("number", ["int8", "uint8"])
def test_quantised_network_is_within_a_few_steps(tmp_path: Path, number: str) -> None:
    """int8 has its weights quantised per channel, uint8 per tensor."""
    session = LiteRtSession(write_net(tmp_path / "a.tflite", number))
    found, exact = session.run(images()), float_net(images().transpose(0, 2, 3, 1))
    step = session.signature.output_step
    assert step == pytest.approx(0.1)
    assert np.abs(found - exact).max() < 4 * step
    assert np.ptp(exact, axis=0).max() > 10 * step
    np.testing.assert_allclose(found / step, np.rint(found / step), atol=1e-4)


@pytest.mark.parametrize("number", ["float32", "int8", "uint8"])
def test_what_the_outputs_are_is_found(tmp_path: Path, number: str) -> None:
    for softmax, output in ((True, "probabilities"), (False, "logits")):
        model = load(find([str(write_net(tmp_path / f"{softmax}.tflite", number, softmax=softmax))])[0])
        assert model.card.output == output
        pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        chances = softmax_of(model.classify(pixels)[0])
        prepared = model.preprocess(pixels).transpose(1, 2, 0)[None]
        np.testing.assert_allclose(
            chances, softmax_of(float_net(prepared)[0]), atol=0.08 if number != "float32" else 1e-4
        )


def softmax_of(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum()


@pytest.mark.parametrize(("number", "lowest"), [("int8", -128), ("uint8", 0)])
def test_integer_inputs_are_the_pixels(tmp_path: Path, number: str, lowest: int) -> None:
    """Whatever its scale says, an integer network without a card takes pixels (uint8) or pixels less 128 (int8)."""
    model = load(find([str(write_net(tmp_path / "a.tflite", number))])[0])
    pixels = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    quantised = model.session.signature.input_quantised
    assert quantised is not None
    whole = model.preprocess(pixels) / quantised.scale + quantised.zero_point
    raster = model.card.preprocess.raster(pixels).astype(float)
    np.testing.assert_allclose(whole.transpose(1, 2, 0), raster + lowest, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"shape": (2, 8, 8, 3)}, "takes 2 images at once"),
        ({"two_outputs": True}, r"2 outputs: .*logits float32 \[1, 4\].*mean float32 \[1, 5\]"),
    ],
)
def test_what_cannot_work_is_said(tmp_path: Path, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        LiteRtSession(write_net(tmp_path / "a.tflite", **options))


def test_a_card_chooses_among_outputs(tmp_path: Path) -> None:
    path = write_net(tmp_path / "a.tflite", two_outputs=True)
    (tmp_path / "a.toml").write_text('output_name = "logits"')
    assert len(load(find([str(path)])[0]).card.classes) == 4
    with pytest.raises(ModelError, match="no output 'classes'"):
        LiteRtSession(path, ends=Ends(output_name="classes"))


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ('layout = "nchw"', r'takes image float32 \[1, 8, 8, 3\], but its card says layout = "nchw"'),
        ('input_name = "picture"', "no input 'picture'; its input is image float32"),
        ("size_px = 224", "size_px = 224, but the network takes 8"),
        ('classes = ["cat"]', "1 classes, but the network has 4 outputs"),
    ],
)
def test_a_card_that_contradicts_its_file(tmp_path: Path, card: str, reason: str) -> None:
    path = write_net(tmp_path / "a.tflite")
    (tmp_path / "a.toml").write_text(card)
    with pytest.raises(ModelError, match=reason):
        load(find([str(path)])[0])


def test_nothing_on_stderr(tmp_path: Path) -> None:
    path = write_net(tmp_path / "a.tflite")
    code = f"import pathlib, edgewise.runtime.litert as l; l.LiteRtSession(pathlib.Path({str(path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
