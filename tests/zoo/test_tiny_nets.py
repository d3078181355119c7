"""The bundled networks: file against file, within their size, about as good as they claim, trained from a seed."""

import tomllib
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from edgewise.drawn import CLASSES, draw_split
from edgewise.zoo.tiny import NAMES, WEIGHTS, shipped_path


def _inputs(name: str, images: np.ndarray) -> np.ndarray:
    """What the card asks for, written here again: shrink, scale, normalise, float32 [n, 3, size, size]."""
    card = tomllib.loads(shipped_path(name, ".toml").read_text(encoding="utf-8"))
    target = (card["size_px"], card["size_px"])
    small = np.stack([cv2.resize(image, target, interpolation=cv2.INTER_AREA) for image in images])
    scaled = (small / 255.0 - np.array(card["mean"])) / np.array(card["std"])
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), dtype=np.float32)


def _onnx_logits(path: Path, inputs: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["logits"], {"image": inputs})[0])


def test_everything_shipped_stays_under_four_mebibytes() -> None:
    files = [shipped_path(name, suffix) for name in NAMES for suffix in (".onnx", ".safetensors", ".toml")]
    assert sorted(WEIGHTS.iterdir()) == sorted(files)
    assert sum(file.stat().st_size for file in files) < 4 * 2**20


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(ValueError, match="'tiny:xxl'; allowed: tiny:xs, tiny:s, tiny:m, tiny:l"):
        shipped_path("tiny:xxl", ".onnx")


@pytest.mark.parametrize("name", NAMES)
def test_the_card_describes_the_onnx_file(name: str) -> None:
    card = tomllib.loads(shipped_path(name, ".toml").read_text(encoding="utf-8"))
    assert card["name"] == name
    assert card["classes"] == list(CLASSES)
    session = onnxruntime.InferenceSession(str(shipped_path(name, ".onnx")), providers=["CPUExecutionProvider"])
    (image,), (logits,) = session.get_inputs(), session.get_outputs()
    assert (image.name, image.shape) == ("image", ["n", 3, card["size_px"], card["size_px"]])
    assert (logits.name, logits.shape) == ("logits", ["n", 10])


@pytest.mark.slow
def test_accuracy_rises_with_capacity() -> None:
    images, labels = draw_split("profile", 40)
    accuracies = {
        name: (_onnx_logits(shipped_path(name, ".onnx"), _inputs(name, images)).argmax(1) == labels).mean()
        for name in NAMES
    }
    # Wide bands: 400 images leave two points of standard error for the weakest.
    assert 0.60 < accuracies["tiny:xs"] < 0.85
    assert 0.78 < accuracies["tiny:s"] < 0.93
    assert 0.87 < accuracies["tiny:m"] < 0.97
    assert 0.91 < accuracies["tiny:l"] < 0.995
    assert accuracies["tiny:xs"] + 0.05 < accuracies["tiny:s"] < accuracies["tiny:m"]


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
def test_onnx_file_equals_safetensors_through_torch(name: str) -> None:
    torch = pytest.importorskip("torch")
    from edgewise.zoo.tiny import load
    from edgewise.zoo.tiny.macs import count_macs

    inputs = _inputs(name, draw_split("sample", 3)[0])
    network = load(name)
    with torch.no_grad():
        expected = network(torch.from_numpy(inputs)).numpy()
    np.testing.assert_allclose(_onnx_logits(shipped_path(name, ".onnx"), inputs), expected, atol=1e-4, rtol=1e-4)
    card = tomllib.loads(shipped_path(name, ".toml").read_text(encoding="utf-8"))
    assert card["params"] == sum(weight.numel() for weight in network.parameters())
    assert card["macs"] == count_macs(network, card["size_px"])


@pytest.mark.torch
def test_macs_of_a_hand_counted_network() -> None:
    torch = pytest.importorskip("torch")
    from edgewise.zoo.tiny.macs import count_macs

    convolution = torch.nn.Conv2d(3, 4, 3, stride=2, padding=1)
    network = torch.nn.Sequential(convolution, torch.nn.Flatten(), torch.nn.Linear(64, 5))
    assert count_macs(network, 8) == 4 * 4 * 4 * 27 + 64 * 5


@pytest.mark.torch
@pytest.mark.slow
def test_training_is_seeded_and_writes_all_files(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from edgewise.zoo.tiny import train_tiny

    def train(folder: str, seed: int) -> bytes:
        seen: list[int] = []
        settings = {"per_class": 13, "holdout_per_class": 2, "epochs": 2, "threads": 1, "names": ("tiny:xs",)}
        (result,) = train_tiny(
            tmp_path / folder, seed=seed, progress=lambda what, done, total: seen.append(done), **settings
        )
        assert seen == [1, 2]
        assert 0.0 <= result.holdout_accuracy <= 1.0
        assert {file.name for file in (tmp_path / folder).iterdir()} == {"xs.onnx", "xs.safetensors", "xs.toml"}
        return (tmp_path / folder / "xs.safetensors").read_bytes()

    before = torch.random.get_rng_state()
    first = train("first", 0)
    assert torch.equal(before, torch.random.get_rng_state())
    assert train("again", 0) == first
    assert train("other", 1) != first
