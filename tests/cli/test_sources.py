"""Every kind of classifier through the real command: profiled, fitted and answering; or refused in one clear error."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
from PIL import Image

Run = Callable[..., CompletedProcess[str]]
slow = pytest.mark.slow  # each command takes over a second
DATA = 3
SIDE, CLASSES = 8, 4
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four class folders, "0" to "3", with three images of one colour each, none far from grey."""
    data = tmp_path_factory.mktemp("colours")
    random = np.random.default_rng(1)
    for label in range(CLASSES):
        (data / str(label)).mkdir()
        for i in range(3):
            colour = tuple(random.integers(96, 160, 3).tolist())
            Image.new("RGB", (40, 30), colour).save(data / str(label) / f"{i}.png")
    return data


@pytest.fixture
def off_line(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine without a network, and with nothing in any cache."""
    homes = {"HF_HOME": str(tmp_path / "hf"), "TORCH_HOME": str(tmp_path / "torch"), "HF_ENDPOINT": NOWHERE}
    return os.environ | homes | {"https_proxy": NOWHERE, "HTTPS_PROXY": NOWHERE}


@pytest.fixture
def profile(edgewise: Run, tmp_path: Path, colours: Path) -> Run:
    """`profile(*zoo)`: the command on the colours; options may follow the names of the zoo."""

    def run(*zoo: str | Path, more: tuple[str | Path, ...] = (), **options: Any) -> CompletedProcess[str]:
        named = [word for name in zoo for word in ("--zoo", name)]
        return edgewise("profile", *named, "--data", colours, "--out", tmp_path / "out", "--json", *more, **options)

    return run


def answers(done: CompletedProcess[str], out: Path) -> dict[str, np.ndarray]:
    """Each model's logits float32 [12, 4], the best of an image 0, in the profile that the command made in silence."""
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    models = json.loads((out / "manifest.json").read_text())["data"]["models"]
    files = sorted((out / "logits").iterdir())
    assert len(files) == len(models)
    return {model["name"]: np.load(file).astype(np.float32) for model, file in zip(models, files, strict=True)}


def mean_colours(colours: Path) -> np.ndarray:
    """Mean RGB float32 [12, 3], 0..255, of the images in the order of a profile."""
    files = sorted(colours.rglob("*.png"))
    return np.stack([np.asarray(Image.open(file), np.float32).mean((0, 1)) for file in files])


def below_best(logits: np.ndarray) -> np.ndarray:
    """Logits as a profile keeps them: the best of an image is 0."""
    return logits - logits.max(axis=1, keepdims=True)


def refused(done: CompletedProcess[str], out: Path, *parts: str) -> None:
    """The command failed with one error and one hint that hold `parts`, and left nothing behind."""
    flat = " ".join(done.stderr.split())
    assert done.returncode == DATA, flat
    assert flat.count("error:") == flat.count("hint:") == 1
    assert "Traceback" not in flat
    for part in parts:
        assert part in flat
    assert not out.exists()


def fit_and_classify(edgewise: Run, tmp_path: Path, image: Path) -> dict[str, Any]:
    """The answer of the best single model of the profile."""
    fitted = edgewise("select", "fit", tmp_path / "out", "--method", "single", "--out", tmp_path / "selector")
    assert fitted.returncode == 0, fitted.stderr
    answered = edgewise("classify", image, "--selector", tmp_path / "selector", "--json")
    assert answered.returncode == 0, answered.stderr
    return json.loads(answered.stdout)[0]


@pytest.mark.torch  # building the files needs its package onnx
class TestOnnx:
    """Four classes: each image's mean colour, normalised or not, times a matrix."""

    def test_other_names_layouts_sizes_and_numbers(self, profile: Run, colours: Path, tmp_path: Path) -> None:
        from edgewise.images.preprocess import Preprocess
        from tests.onnx_files import WEIGHTS, channel_means

        channel_means(tmp_path / "nhwc.onnx", [1, SIDE, SIDE, 3], layout="nhwc", input_name="serving_default_Bild:0")
        channel_means(tmp_path / "open batch.onnx", ["n", 3, SIDE, SIDE])
        channel_means(tmp_path / "open.onnx", ["n", 3, "h", "w"])
        channel_means(tmp_path / "open_nhwc.onnx", ["n", "h", "w", 3], layout="nhwc")
        channel_means(tmp_path / "pixels.onnx", [1, SIDE, SIDE, 3], layout="nhwc", number="uint8")
        channel_means(tmp_path / "two.onnx", [1, 3, SIDE, SIDE], extra_output=True)
        (tmp_path / "two.toml").write_text('output_name = "scores"')
        found = answers(profile(f"onnx:{tmp_path}/*.onnx"), tmp_path / "out")
        colour = mean_colours(colours)
        usual = Preprocess(SIDE, SIDE)
        normalised = (colour / 255 - usual.mean) / usual.std @ WEIGHTS
        for name in ("nhwc", "open batch", "open", "open_nhwc", "two"):
            np.testing.assert_allclose(found.pop(name), below_best(normalised), atol=2e-2)
        np.testing.assert_allclose(found.pop("pixels"), below_best(colour @ WEIGHTS), rtol=2e-3, atol=0.5)
        assert not found

    @slow
    def test_answers_with_one(self, edgewise: Run, profile: Run, colours: Path, tmp_path: Path) -> None:
        from tests.onnx_files import channel_means

        channel_means(tmp_path / "a.onnx", [1, SIDE, SIDE, 3], layout="nhwc", input_name="Bild:0")
        (logits,) = answers(profile(tmp_path / "a.onnx"), tmp_path / "out").values()
        image = sorted(colours.rglob("*.png"))[5]
        answer = fit_and_classify(edgewise, tmp_path, image)
        assert (answer["model"], answer["label"]) == ("a", str(logits[5].argmax()))

    @slow
    def test_ensemble(self, edgewise: Run, profile: Run, colours: Path, tmp_path: Path) -> None:
        from edgewise.zoo.ensemble import softmax
        from tests.onnx_files import channel_means

        channel_means(tmp_path / "a.onnx", [1, 3, SIDE, SIDE])
        channel_means(tmp_path / "b.onnx", [1, 12, 12, 3], layout="nhwc", number="uint8")
        found = answers(profile(f"onnx:{tmp_path}/*.onnx", "ensemble:a+b"), tmp_path / "out")
        mean = (softmax(found["a"]) + softmax(found["b"])) / 2
        np.testing.assert_allclose(softmax(found["a+b"]), mean, atol=5e-3)
        assert fit_and_classify(edgewise, tmp_path, next(colours.rglob("*.png")))["model"] in found

    @pytest.mark.parametrize(
        ("options", "card", "parts"),
        [
            ({"extra_input": True}, "", ("2 inputs: x tensor(float) [1, 3, 8, 8], bias", "a classifier has one")),
            ({"extra_output": True}, "", ("2 outputs: scores", "means", 'output_name = "scores"')),
            pytest.param({"extra_output": True}, 'output_name = "logits"', ("no output 'logits'; it has",), marks=slow),
            pytest.param({}, 'input_name = "image"', ("no input 'image'; its input is x",), marks=slow),
            ({}, "size_px = 224", ("size_px = 224, but the network takes 8", "Correct the card")),
            pytest.param({}, 'classes = ["cat", "dog"]', ("2 classes, but the network has 4 outputs",), marks=slow),
            pytest.param({}, 'layout = "nhwc"', ('its card says layout = "nhwc"', "Correct the card"), marks=slow),
            pytest.param({}, 'output = "probabilities"', ("but the network gives outputs from",), marks=slow),
            pytest.param({}, "std = [0.5, 0.5, 0.0]", ("std", "three positive numbers"), marks=slow),
            pytest.param({}, "mean = [nan, 0, 0]", ("mean", "three numbers"), marks=slow),
            pytest.param({"shape": [4, 3, 8, 8]}, "", ("takes 4 images at once",), marks=slow),
            pytest.param({"shape": [1, 3, 8, 12]}, "", ("takes 8 x 12 pixels",), marks=slow),
        ],
    )
    def test_what_cannot_work_is_refused(
        self, profile: Run, tmp_path: Path, options: dict[str, Any], card: str, parts: tuple[str, ...]
    ) -> None:
        from tests.onnx_files import channel_means

        channel_means(tmp_path / "a.onnx", **{"shape": [1, 3, SIDE, SIDE]} | options)
        if card:
            (tmp_path / "a.toml").write_text(card)
        refused(profile(tmp_path / "a.onnx"), tmp_path / "out", *parts)

    @slow
    def test_a_size_that_an_open_network_cannot_take(self, profile: Run, tmp_path: Path) -> None:
        from onnx import TensorProto, helper

        from tests.onnx_files import save

        taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])
        given = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])
        nodes = [
            helper.make_node("Flatten", ["x"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["y"]),
        ]
        stored = {"weights": np.ones((3 * SIDE * SIDE, 4), np.float32)}
        path = save(tmp_path / "a.onnx", nodes, [taken], [given], stored)
        refused(profile(path), tmp_path / "out", "a.onnx failed while running", "size_px")
        path.with_suffix(".toml").write_text(f"size_px = {SIDE}")
        answers(profile(path), tmp_path / "out")

    def test_outputs_that_are_no_numbers_lose_their_model_alone(self, profile: Run, tmp_path: Path) -> None:
        from tests.onnx_files import channel_means

        channel_means(tmp_path / "good.onnx", [1, 3, SIDE, SIDE])
        channel_means(tmp_path / "log.onnx", [1, 3, SIDE, SIDE], end="Log")  # of negative numbers
        done = profile(f"onnx:{tmp_path}/*.onnx")
        assert list(answers(done, tmp_path / "out")) == ["good"]
        (failed,) = json.loads(done.stdout)["failed"]
        assert failed["name"] == "log"
        assert "gives outputs that are not numbers" in failed["reason"]
        again = profile(f"onnx:{tmp_path}/*.onnx")
        assert json.loads(again.stdout) == json.loads(done.stdout)

    @slow
    def test_no_model_gives_numbers(self, profile: Run, tmp_path: Path) -> None:
        from tests.onnx_files import channel_means

        channel_means(tmp_path / "log.onnx", [1, 3, SIDE, SIDE], end="Log")
        refused(profile(tmp_path / "log.onnx"), tmp_path / "out", "No model is left: log", "not numbers")


@slow
@pytest.mark.litert
@pytest.mark.parametrize("number", ["float32", "int8", "uint8"])
def test_litert(edgewise: Run, profile: Run, colours: Path, tmp_path: Path, number: str) -> None:
    from tests.litert_files import float_net, write_net

    write_net(tmp_path / "a.tflite", number)
    (found,) = answers(profile(tmp_path / "a.tflite"), tmp_path / "out").values()
    pixels = np.broadcast_to(mean_colours(colours)[:, None, None], (12, SIDE, SIDE, 3))
    scale = 127.5 if number == "float32" else 64  # a step of the quantised input is 1/64
    offset = 127.5 if number == "float32" else 128
    expected = below_best(float_net((pixels - offset) / scale))
    np.testing.assert_allclose(found, expected, atol=0.02 if number == "float32" else 0.6)
    image = sorted(colours.rglob("*.png"))[7]
    answer = fit_and_classify(edgewise, tmp_path, image)
    assert (answer["model"], answer["label"]) == ("a", str(found[7].argmax()))


def local_weights(path: Path, seed: int = 0, classes: int = CLASSES) -> Path:
    """Weights of timm's miniature test_resnet."""
    import torch
    from safetensors.torch import save_file

    from edgewise.zoo.timm_catalogue import import_timm

    torch.manual_seed(seed)
    network = import_timm("this test").create_model("test_resnet", num_classes=classes)
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, path)
    return path


@slow
@pytest.mark.torch
class TestPyTorch:
    @pytest.mark.long
    def test_timm_with_local_weights(self, edgewise: Run, profile: Run, colours: Path, tmp_path: Path) -> None:
        """Made, made again from the middle, answering; and refused with other weights, by place or by content."""
        weights = local_weights(tmp_path / "w.safetensors")
        first = answers(profile("timm:test_resnet", more=("--weights", weights)), tmp_path / "out")["test_resnet"]
        (tmp_path / "out" / "manifest.json").unlink()  # as after a kill at the end
        again = profile("timm:test_resnet", more=("--weights", f"test_resnet={weights}"))
        np.testing.assert_array_equal(answers(again, tmp_path / "out")["test_resnet"], first)
        image = sorted(colours.rglob("*.png"))[2]
        assert fit_and_classify(edgewise, tmp_path, image)["label"] == str(first[2].argmax())

        other = local_weights(tmp_path / "other.safetensors", seed=1)
        elsewhere = profile("timm:test_resnet", more=("--weights", other))
        assert elsewhere.returncode == DATA
        assert "made with another zoo: test_resnet changed since, its card or its place" in elsewhere.stderr
        other.replace(weights)
        replaced = profile("timm:test_resnet", more=("--weights", weights))
        assert replaced.returncode == DATA
        assert "test_resnet changed since, its weights" in replaced.stderr

    def test_weights_are_found_again_by_the_worker_that_replaces_a_crashed_one(
        self, profile: Run, tmp_path: Path
    ) -> None:
        from tests.crashing import torch_factories

        module = torch_factories(tmp_path, [str(label) for label in range(CLASSES)], 6)
        weights = local_weights(tmp_path / "w.safetensors")
        done = profile("timm:test_resnet", f"torch:{module}:abort", more=("--weights", f"test_resnet={weights}"))
        assert list(answers(done, tmp_path / "out")) == ["test_resnet"]
        assert [row["name"] for row in json.loads(done.stdout)["failed"]] == ["abort"]

    def test_torchvision_with_local_weights(self, edgewise: Run, profile: Run, colours: Path, tmp_path: Path) -> None:
        import torch
        from safetensors.torch import save_file

        from edgewise.zoo.loaders.torchvision import import_models

        torch.manual_seed(0)
        state = import_models("this test").get_model("squeezenet1_1", num_classes=CLASSES).state_dict()
        save_file(state, tmp_path / "w.safetensors")
        done = profile("torchvision:squeezenet1_1", more=("--weights", tmp_path / "w.safetensors"))
        found = answers(done, tmp_path / "out")["squeezenet1_1"]
        image = sorted(colours.rglob("*.png"))[2]
        assert fit_and_classify(edgewise, tmp_path, image)["label"] == str(found[2].argmax())

    @pytest.mark.parametrize(
        ("name", "parts"),
        [
            ("timm:test_resnet", ("not in the local cache", "--weights FILE.safetensors")),
            ("torchvision:squeezenet1_1", ("cannot be reached", "--weights FILE.safetensors")),
            ("hf:timm/test_resnet.r160_in1k", ("not in the local cache", "Fill the cache where there is a network")),
            ("hf:owner/nets/a.onnx", ("not in the local cache", "Fill the cache where there is a network")),
        ],
    )
    def test_without_a_network(
        self, profile: Run, tmp_path: Path, off_line: dict[str, str], name: str, parts: tuple[str, ...]
    ) -> None:
        refused(profile(name, env=off_line), tmp_path / "out", *parts)

    def test_weights_of_another_network(self, profile: Run, tmp_path: Path) -> None:
        weights = local_weights(tmp_path / "w.safetensors")
        done = profile("timm:test_convnext", more=("--weights", weights))
        refused(done, tmp_path / "out", "do not fit timm:test_convnext", "are missing")


def test_weights_that_no_model_takes(profile: Run, tmp_path: Path) -> None:
    done = profile("tiny:xs", more=("--weights", tmp_path / "w.safetensors"))
    assert done.returncode == 2
    assert "no such classifier could take them" in done.stderr
    assert not (tmp_path / "out").exists()
