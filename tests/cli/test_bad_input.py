"""Bad input to the real command: one clear error with a hint, the right exit code, nothing half written."""

import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from PIL import Image

from tests.cli_errors import DATA, USAGE, said
from tests.image_files import encoded, huge_png

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["alpha", "sixteen bit", "grey", "exif"])
def test_unusual_but_good_images_are_answered(in_process: Run, tmp_path: Path, noise: Image.Image, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    content, note = {
        "alpha": (encoded(noise.convert("RGBA"), "PNG"), "alpha"),
        "sixteen bit": (
            encoded(Image.fromarray(np.arange(6400, dtype=np.uint16).reshape(80, 80) * 10), "PNG"),
            "16-bit",
        ),
        "grey": (encoded(noise.convert("L"), "JPEG"), "grey"),
        "exif": (encoded(noise, "JPEG", exif=exif), "EXIF"),
    }[kind]
    (tmp_path / "a.img").write_bytes(content)
    done = in_process("classify", tmp_path / "a.img", "--json")
    assert done.returncode == 0, done.stderr
    assert note in done.stdout


def test_one_bad_image_does_not_lose_the_others(in_process: Run, tmp_path: Path, drawn_folder: Path) -> None:
    (tmp_path / "bad.jpg").write_text("no")
    good = next(drawn_folder.rglob("*.png"))
    done = in_process("classify", tmp_path / "bad.jpg", good)
    said(done, DATA, "bad.jpg")
    assert good.name in done.stdout


def test_profile_of_bad_images_counts_them(
    in_process: Run, tmp_path: Path, drawn_folder: Path, noise: Image.Image
) -> None:
    data = tmp_path / "data"
    shutil.copytree(drawn_folder, data)
    jpeg = encoded(noise, "JPEG")
    (data / "car" / "cut.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (data / "car" / "text.jpg").write_text("hello")
    (data / "car" / "bomb.png").write_bytes(huge_png())
    (data / "car" / "grey.png").write_bytes(encoded(noise.convert("L"), "PNG"))
    done = in_process("profile", "--data", data, "--out", tmp_path / "out", "--zoo", "tiny:xs")
    assert done.returncode == 0, done.stderr
    assert "121 images" in done.stdout
    for name in ("cut.jpg", "text.jpg", "bomb.png"):
        assert f"skipped car/{name}" in done.stderr


@pytest.mark.slow
def test_empty_folder(in_process: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    done = in_process("profile", "--data", tmp_path / "data", "--out", tmp_path / "out")
    said(done, DATA, "holds no images", "hint: Put images into one folder per class")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_one_class_only(in_process: Run, tmp_path: Path, drawn_folder: Path) -> None:
    shutil.copytree(drawn_folder / "car", tmp_path / "data" / "car")
    done = in_process("profile", "--data", tmp_path / "data", "--out", tmp_path / "out")
    said(done, DATA, "one label 'car'", "at least two classes")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_labels_that_no_model_knows(in_process: Run, tmp_path: Path, drawn_folder: Path) -> None:
    for name, source in (("carr", "car"), ("tree", "tree")):
        shutil.copytree(drawn_folder / source, tmp_path / "data" / name)
    done = in_process("profile", "--data", tmp_path / "data", "--out", tmp_path / "out", "--zoo", "tiny:xs")
    said(done, DATA, "No class is called 'carr'", "'car'", "hint: Rename")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_models_with_different_class_sets(in_process: Run, tmp_path: Path, drawn_folder: Path) -> None:
    from edgewise.drawn import CLASSES
    from edgewise.zoo.tiny import WEIGHTS

    shutil.copy(WEIGHTS / "xs.onnx", tmp_path / "other.onnx")
    card = (WEIGHTS / "xs.toml").read_text().replace(f'"{CLASSES[0]}"', '"zebra"').replace("tiny:xs", "other")
    (tmp_path / "other.toml").write_text(card)
    arguments = (
        "profile",
        "--data",
        drawn_folder,
        "--out",
        tmp_path / "out",
        "--zoo",
        "tiny:s",
        "--zoo",
        tmp_path / "other.onnx",
    )
    said(in_process(*arguments), DATA, "tiny:s knows 10 classes", "other another 10", "--classes data")
    assert not (tmp_path / "out").exists()
    restricted = in_process(*arguments, "--classes", ",".join(CLASSES[1:]))
    said(restricted, DATA, f"'{CLASSES[0]}', which is not among the 9 asked for", "Add it to --classes")


@pytest.mark.slow
def test_profile_made_with_another_zoo(in_process: Run, tmp_path: Path, drawn_folder: Path) -> None:
    first = in_process("profile", "--data", drawn_folder, "--out", tmp_path / "out", "--zoo", "tiny:xs")
    assert first.returncode == 0, first.stderr
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    second = in_process("profile", "--data", drawn_folder, "--out", tmp_path / "out", "--zoo", "tiny:s")
    said(second, DATA, "made with another zoo: tiny:xs there, tiny:s here", "hint: Choose another --out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "command",
    [
        ("select", "evaluate"),
        pytest.param(("select", "fit", "--out", "selector"), marks=pytest.mark.slow),
        pytest.param(("report",), marks=pytest.mark.slow),
    ],
)
def test_no_profile_there(
    in_process: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    said(in_process(*command, tmp_path), DATA, "holds no profile", "edgewise profile --zoo")


@pytest.mark.slow
def test_fit_refuses_before_it_computes(in_process: Run, tmp_path: Path, drawn_folder: Path) -> None:
    in_process("profile", "--data", drawn_folder, "--out", tmp_path / "out", "--zoo", "tiny:xs", "--zoo", "tiny:s")
    done = in_process(
        "select", "fit", tmp_path / "out", "--out", tmp_path / "s", "--method", "premodel", "--max-stages", "3"
    )
    said(done, USAGE, "'premodel' knows no max-stages", "hint:")
    infeasible = in_process("select", "fit", tmp_path / "out", "--out", tmp_path / "s", "--max-mean-ms", "0.000001")
    said(infeasible, USAGE, "can promise a mean of 1e-06 ms", "hint: The nearest feasible is --max-mean-ms")
    assert "comparing" not in infeasible.stderr, "what no model alone keeps is refused before anything is fitted"
    assert not (tmp_path / "s").exists()
    nowhere = in_process("select", "fit", tmp_path / "out", "--out", "/dev/null/s")
    said(nowhere, DATA, "/dev/null/s cannot be written", "hint:")
    assert "fitting" not in nowhere.stderr, "it is said before anything is computed"


def test_unknown_classifier(in_process: Run, tmp_path: Path, drawn_folder: Path) -> None:
    done = in_process("profile", "--data", drawn_folder, "--out", tmp_path / "out", "--zoo", "resnet50")
    said(done, USAGE, "'resnet50' names no classifier", "timm:NAME")
