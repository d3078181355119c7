"""LiteRT files answer as the bare interpreter does."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.images.dataset import read_dataset
from edgewise.images.decode import decode, read_file
from edgewise.runtime.litert import LiteRtSession
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find

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
