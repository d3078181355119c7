"""What is written for a runtime is a classifier like any other, answers as the original does, or is not there."""

import errno
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import GuardRefused, MissingExtra, ModelError, StoreError, UsageError
from edgewise.export.images import user_images
from edgewise.export.network import Precision
from edgewise.export.write import RUNTIMES, Target, UserImages, see_that_names_differ, targets, write
from edgewise.runtime.engines import Engine
from edgewise.runtime.session import Ends
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.model_files import files_of
from edgewise.zoo.sources import find, find_one

onnx = pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
from onnx import TensorProto, helper  # noqa: E402

from tests.onnx_files import channel_means, save  # noqa: E402

ONNX, OPENVINO = Engine.ONNX_RUNTIME, Engine.OPENVINO
NOISE = np.random.default_rng(3).normal(size=(40, 3, 12, 12)).astype(np.float32)


def user(images: np.ndarray) -> UserImages:
    """Four fifths to calibrate with, the others to judge by."""

    def some(part: np.ndarray) -> Iterator[np.ndarray]:
        return (image[None] for image in part)

    return UserImages(lambda: some(images[8:]), lambda: some(images[:8]))


def loaded(path: Path, card: str = "") -> Classifier:
    if card:
        path.with_suffix(".toml").write_text(card)
    return load(find_one(str(path)))


def small(path: Path, scales: tuple[float, ...] = (1.0,) * 8, *, shape: tuple[int | str, ...] = ("n", 3, 12, 12),
          number: int = TensorProto.FLOAT, end: str = "") -> Path:  # fmt: skip
    """A convolution of eight channels, each so large, whose means the head weighs as if they were alike."""
    rng = np.random.default_rng(1)
    factor = np.array(scales, np.float32)
    stored = {
        "kernel": rng.normal(size=(8, 3, 3, 3)).astype(np.float32) * factor[:, None, None, None],
        "weights": rng.normal(size=(8, 4)).astype(np.float32) / factor[:, None],
    }
    nhwc = shape[-1] == 3
    nodes = [
        helper.make_node("Cast", ["x"], ["real"], to=TensorProto.FLOAT),
        *([helper.make_node("Transpose", ["real"], ["first"], perm=[0, 3, 1, 2])] if nhwc else []),
        helper.make_node("Conv", ["first" if nhwc else "real", "kernel"], ["maps"]),
        helper.make_node("Relu", ["maps"], ["bent"]),
        helper.make_node("GlobalAveragePool", ["bent"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["scores" if end else "y"]),
        *([helper.make_node(end, ["scores"], ["y"], axis=1)] if end else []),
    ]
    taken = helper.make_tensor_value_info("x", number, list(shape))
    given = helper.make_tensor_value_info("y", TensorProto.FLOAT, [shape[0], 4])
    return save(path, nodes, [taken], [given], stored)


@pytest.mark.parametrize(
    ("engine", "precision"),
    [
        (ONNX, "fp32"),
        (ONNX, "int8"),
        pytest.param(OPENVINO, "fp32", marks=pytest.mark.openvino),
        pytest.param(OPENVINO, "int8", marks=pytest.mark.openvino),
        pytest.param(Engine.NCNN, "fp32", marks=pytest.mark.ncnn),
        pytest.param(Engine.EXECUTORCH, "fp32", marks=[pytest.mark.executorch, pytest.mark.torch]),
    ],
)
def test_what_is_written_is_a_classifier_with_the_same_answers(
    tmp_path: Path, drawn_folder: Path, engine: Engine, precision: Precision
) -> None:
    original = load(find_one("tiny:s"))
    images = user_images(str(drawn_folder), original.card.preprocess, 60, 0)
    written = write(original, Target(engine, precision), tmp_path / "new" / "folder", images)
    source = find_one(str(written.model))
    copy = load(source)
    judged = np.concatenate(list(images.judge()))
    expected, found = (one.predict(judged) for one in (original, copy))
    assert written.agreement.images == len(judged) == 12
    assert written.agreement.same == np.mean(expected.argmax(1) == found.argmax(1))
    assert written.agreement.same >= 0.8
    assert written.bytes == sum(part.stat().st_size for part in files_of(written.model))
    assert (copy.card.classes, copy.card.preprocess) == (original.card.classes, original.card.preprocess)
    assert source.name == Target(engine, precision).stem("tiny:s")
    if precision == "fp32":
        np.testing.assert_allclose(found, expected, atol=1e-3)
    made = {path.name for path in written.model.parent.iterdir()}
    assert made == {written.card.name, *(part.name for part in files_of(written.model))}


@pytest.mark.openvino
def test_names_do_not_collide_in_one_folder(tmp_path: Path, drawn_folder: Path) -> None:
    original = load(find_one("tiny:xs"))
    images = user_images(str(drawn_folder), original.card.preprocess, 40, 0)
    wanted = targets(["onnxruntime", "openvino"], ["fp32", "int8"])
    assert [str(target) for target in wanted] == [
        "ONNX Runtime fp32",
        "ONNX Runtime int8",
        "OpenVINO fp32",
        "OpenVINO int8",
    ]
    written = [write(original, target, tmp_path, images, least_agreement=0.5) for target in wanted]
    sources = find([str(one.model) for one in written])
    assert len({source.name for source in sources}) == 4
    assert len({load(source).fingerprint for source in sources}) == 4


def test_names_that_become_one_file_are_refused() -> None:
    see_that_names_differ(["a b", "c", "a b"])
    with pytest.raises(UsageError, match="'a b' and 'A-b' would have one name"):
        see_that_names_differ(["a b", "c", "A-b"])


@pytest.mark.parametrize("name", ["två modeller/ö", "模型", "a:b c"])
def test_names_with_spaces_and_letters_of_any_script(tmp_path: Path, name: str) -> None:
    original = loaded(channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8]), f'name = "{name}"\n')
    written = write(original, Target(ONNX, "fp32"), tmp_path / "out", None)
    assert written.model.parent == tmp_path / "out"
    assert load(find_one(str(written.model))).card.name == written.model.stem


def test_the_original_is_not_written_over(tmp_path: Path) -> None:
    original = loaded(channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8]), "# mine\n")
    with pytest.raises(UsageError, match="is the original itself"):
        write(original, Target(ONNX, "fp32"), tmp_path)
    assert (tmp_path / "a.toml").read_text() == "# mine\n"


@pytest.mark.parametrize("engine", [ONNX, pytest.param(OPENVINO, marks=pytest.mark.openvino)])
def test_int8_needs_images(tmp_path: Path, engine: Engine) -> None:
    with pytest.raises(UsageError, match="int8 needs images"):
        write(load(find_one("tiny:xs")), Target(engine, "int8"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_one_that_quantises_badly_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    """One channel of activations is so large that all others round to nothing."""
    bad = loaded(small(tmp_path / "bad.onnx", (1e4, *(1.0,) * 7)), "size_px = 12\n")
    out = tmp_path / "out"
    with pytest.raises(GuardRefused, match=r"bad on ONNX Runtime int8 answers .* of 8 images; 90% is asked for"):
        write(bad, Target(ONNX, "int8"), out, user(NOISE), least_agreement=0.9)
    assert not list(out.glob("*"))
    good = loaded(small(tmp_path / "good.onnx"), "size_px = 12\n")
    assert write(good, Target(ONNX, "int8"), out, user(NOISE), least_agreement=0.7).model.is_file()
    allowed = write(bad, Target(ONNX, "int8"), out, user(NOISE), least_agreement=0)
    assert allowed.agreement.same is not None
    assert allowed.agreement.same < 0.9


def test_a_real_precision_that_answers_otherwise_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = small(tmp_path / "other.onnx", (2.0,) * 7 + (1.0,), end="")
    original = loaded(channel_means(tmp_path / "a.onnx", ["n", 3, 12, 12]))
    monkeypatch.setattr("edgewise.export.to_onnx.copy_in_one", lambda _, path: shutil.copyfile(other, path))
    with pytest.raises(ModelError, match="a on ONNX Runtime fp32 gives other outputs than the original"):
        write(original, Target(ONNX, "fp32"), tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize(
    ("engine", "precision"),
    [
        (ONNX, "fp32"),
        (ONNX, "int8"),
        pytest.param(OPENVINO, "fp32", marks=pytest.mark.openvino),
        pytest.param(OPENVINO, "int8", marks=pytest.mark.openvino),
    ],
)
@pytest.mark.parametrize(
    ("shape", "number", "end"),
    [
        (("n", 3, 12, 12), TensorProto.FLOAT, "Softmax"),
        ((1, 12, 12, 3), TensorProto.FLOAT, ""),
        (("n", 12, 12, 3), TensorProto.UINT8, ""),
    ],
)
def test_softmax_nhwc_and_pixels(
    tmp_path: Path, engine: Engine, precision: Precision, shape: tuple[int | str, ...], number: int, end: str
) -> None:
    images = NOISE * 40 + 128 if number == TensorProto.UINT8 else NOISE
    original = loaded(small(tmp_path / "a.onnx", shape=shape, number=number, end=end))
    assert original.card.output == ("probabilities" if end else "logits")
    written = write(original, Target(engine, precision), tmp_path / "out", user(images), least_agreement=0.6)
    copy = load(find_one(str(written.model)))
    assert (copy.card.output, copy.card.preprocess) == (original.card.output, original.card.preprocess)
    expected, found = original.predict(images[:4]), copy.predict(images[:4])
    assert np.abs(expected - found).max() < (0.15 if precision == "int8" else 1e-3) * np.ptp(expected)


@pytest.mark.parametrize("engine", [ONNX, pytest.param(OPENVINO, marks=pytest.mark.openvino)])
def test_what_a_card_says_of_outputs_and_order_goes_along(tmp_path: Path, engine: Engine) -> None:
    path = channel_means(tmp_path / "a.onnx", ["n", "a", "b", "c"], layout="nhwc", extra_output=True)
    original = loaded(path, 'output_name = "means"\nlayout = "nhwc"\nsize_px = 8\n')
    written = write(original, Target(engine, "fp32"), tmp_path / "out")
    copy = load(find_one(str(written.model)))
    image = NOISE[:2, :, :8, :8]
    np.testing.assert_allclose(copy.predict(image), image.mean((2, 3)), atol=1e-5)


def test_weights_in_other_files_come_into_the_one(tmp_path: Path) -> None:
    model = onnx.load(small(tmp_path / "plain.onnx"))
    path = tmp_path / "a.onnx"
    onnx.save(model, path, save_as_external_data=True, location="my weights.bin", size_threshold=200)
    original = loaded(path)
    written = write(original, Target(ONNX, "fp32"), tmp_path / "out")
    assert files_of(written.model) == (written.model,)
    assert write(original, Target(ONNX, "int8"), tmp_path / "out", user(NOISE), least_agreement=0.6).model.is_file()
    np.testing.assert_array_equal(load(find_one(str(written.model))).predict(NOISE), original.predict(NOISE))


@pytest.mark.torch
@pytest.mark.parametrize("engine", [ONNX, pytest.param(OPENVINO, marks=pytest.mark.openvino)])
def test_a_pytorch_network(tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "net.py").write_text(
        "import torch\n"
        "def net():\n"
        "    torch.manual_seed(0)\n"
        "    layers = torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()\n"
        "    return torch.nn.Sequential(*layers, torch.nn.Linear(8, 4))\n"
    )
    (tmp_path / "net.toml").write_text("size_px = 12\n")
    original = load(find_one(f"torch:{tmp_path / 'net.py'}:net"))
    written = write(original, Target(engine, "fp32"), tmp_path / "out")
    copy = load(find_one(str(written.model)))
    np.testing.assert_allclose(copy.predict(NOISE), original.predict(NOISE), atol=1e-5)


@pytest.mark.litert
def test_a_file_of_a_runtime_is_refused(tmp_path: Path) -> None:
    from tests.litert_files import write_net

    with pytest.raises(UsageError, match="is a file of a runtime already"):
        write(loaded(write_net(tmp_path / "a.tflite")), Target(ONNX, "fp32"), tmp_path)


def test_an_ensemble_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is several networks"):
        write(load(find_one("ensemble:tiny:xs+tiny:s")), Target(ONNX, "fp32"), tmp_path)


def test_a_folder_that_cannot_be_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("edgewise.export.write._exporter", lambda _: pytest.fail("worked before it looked"))
    with pytest.raises(StoreError, match="file/out cannot be written"):
        write(load(find_one("tiny:xs")), Target(ONNX, "fp32"), tmp_path / "file" / "out")


@pytest.mark.openvino
@pytest.mark.parametrize("fails", [".toml", ".bin", ".xml"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    original = load(find_one("tiny:xs"))
    copy = shutil.copyfile

    def full(source: Path, to: Path) -> None:
        if source.suffix == fails:
            raise OSError(errno.ENOSPC, "No space left on device")
        copy(source, to)

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(StoreError, match="No space left on device") as raised:
        write(original, Target(OPENVINO, "fp32"), tmp_path)
    assert "Free some space" in raised.value.hint
    assert not list(tmp_path.glob("*.xml")), "the file that names it comes last"
    assert not list(tmp_path.glob(".*")), "nothing half written"


def test_a_full_scratch_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("edgewise.export.to_onnx.copy_in_one", full)
    with pytest.raises(StoreError, match="No space left on device"):
        write(load(find_one("tiny:xs")), Target(ONNX, "fp32"), tmp_path)


@pytest.mark.parametrize(
    ("to", "precisions", "reason", "hint"),
    [
        (["tensorrt"], ["fp32"], "'tensorrt' is no runtime to export to", "onnxruntime, openvino"),
        (["torch"], ["fp32"], "'torch' is no runtime to export to", "onnxruntime, openvino"),
        (["onnxruntime"], ["fp4"], "'fp4' is no precision", "fp32, fp16, bf16, int8"),
        (["onnxruntime"], ["fp16"], "ONNX Runtime has no fp16", "It has fp32, int8"),
        (["ncnn"], ["int8"], "ncnn has no int8", "fp32, fp16"),
    ],
)
def test_targets_that_are_none(to: list[str], precisions: list[str], reason: str, hint: str) -> None:
    with pytest.raises(UsageError, match=reason) as raised:
        targets(to, precisions)
    assert hint in raised.value.hint


def test_precisions_that_one_of_several_runtimes_lacks_are_left_out() -> None:
    found = targets(["onnxruntime", "openvino"], ["fp16", "int8"])
    assert [(one.engine, one.precision) for one in found] == [(ONNX, "int8"), (OPENVINO, "fp16"), (OPENVINO, "int8")]
    assert all(targets([engine.value], ["fp32"]) for engine in RUNTIMES)


def test_a_runtime_that_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(MissingExtra, match=r"\[openvino\]"):
        write(load(find_one("tiny:xs")), Target(OPENVINO, "fp32"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_card_is_toml_that_says_all(tmp_path: Path) -> None:
    written = write(load(find_one("tiny:xs")), Target(ONNX, "fp32"), tmp_path)
    card = tomllib.loads(written.card.read_text())
    assert card["name"] == "tiny-xs"
    assert len(card["classes"]) == 10
    assert not {"output_name", "layout", "input_name"} & set(card), "what the file itself tells"
    assert Ends(card.get("input_name")) == Ends()
