"""`edgewise classify` on everything that can be answered."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import cv2
import pytest

from edgewise.images.capture import quiet_opencv
from edgewise.profile.outcomes import open_profile
from edgewise.select.cascade.cascade import Cascade
from edgewise.serve.deployment import save_deployment
from edgewise.zoo.tiny import WEIGHTS

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def video(tmp_path: Path, drawn_folder: Path) -> Path:
    """Twelve drawn cars, one frame each."""
    path = tmp_path / "cars.avi"
    with quiet_opencv():  # FFmpeg reads how much it may print once, at its first use in the process
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 96))
    for image in sorted((drawn_folder / "car").glob("*.png")):
        writer.write(cv2.resize(cv2.imread(str(image)), (96, 96)))
    writer.release()
    return path


def test_a_folder_is_answered_image_by_image(edgewise: Run, drawn_folder: Path) -> None:
    done = edgewise("classify", drawn_folder / "car", "--json", "--quiet")
    replies = json.loads(done.stdout)
    assert [Path(reply["image"]).name for reply in replies] == sorted(p.name for p in (drawn_folder / "car").iterdir())
    assert sum(reply["label"] == "car" for reply in replies) > 6
    assert done.stderr == ""


def test_failures_stand_among_the_answers(edgewise: Run, tmp_path: Path, drawn_folder: Path) -> None:
    (tmp_path / "bad.jpg").write_text("no")
    good = next(drawn_folder.rglob("*.png"))
    done = edgewise("classify", good, tmp_path / "bad.jpg", good, "--json")
    assert done.returncode == 3
    first, second, third = json.loads(done.stdout)
    assert "error" not in first
    assert (first["label"], first["top"]) == (third["label"], third["top"])
    assert "is not an image" in second["error"]
    assert second["hint"]


def test_json_lines_are_one_object_each(edgewise: Run, drawn_folder: Path) -> None:
    done = edgewise("classify", drawn_folder / "car", "--json-lines", "--quiet")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 12
    assert {"image", "label", "total_ms"} <= set(lines[0])


def test_a_video_is_answered_frame_by_frame(edgewise: Run, video: Path) -> None:
    done = edgewise("classify", video, "--every", "5", "--json")
    replies = json.loads(done.stdout)
    assert len(replies) == 3, "frames 0, 5 and 10"
    assert all("cars.avi" in reply["image"] for reply in replies)
    plain = edgewise("classify", video, "--limit", "2", "--quiet")
    assert plain.returncode == 0, plain.stderr
    assert len(plain.stdout.splitlines()) == 2
    assert plain.stderr == ""


def test_a_video_that_breaks_off_is_answered_up_to_there(edgewise: Run, video: Path) -> None:
    content = video.read_bytes()
    video.write_bytes(content[: (content.index(b"movi") + content.index(b"idx1")) // 2])
    done = edgewise("classify", video, "--json-lines", "--quiet")
    assert done.returncode == 3
    *answered, last = (json.loads(line) for line in done.stdout.splitlines())
    assert 2 <= len(answered) < 12
    assert all("label" in reply for reply in answered)
    assert f"breaks off after {len(answered)} of 12 frames" in last["error"]
    assert done.stderr.count("error:") == 1


@pytest.mark.slow
def test_a_model_that_has_gone_does_not_take_the_answers_with_it(
    edgewise: Run, tmp_path: Path, drawn_folder: Path
) -> None:
    """The cascade's first network answers sure images; the second is missing when the first unsure one comes."""
    for name in ("xs", "m"):
        shutil.copy(WEIGHTS / f"{name}.onnx", tmp_path)
        shutil.copy(WEIGHTS / f"{name}.toml", tmp_path)
    zoo = ("--zoo", tmp_path / "xs.onnx", "--zoo", tmp_path / "m.onnx")
    assert edgewise("profile", *zoo, "--data", drawn_folder, "--out", tmp_path / "p").returncode == 0
    cascade = Cascade(("tiny:xs", "tiny:m"), (1.0, 1.0), (0.5,), average=False)
    save_deployment(tmp_path / "s", cascade, open_profile(tmp_path / "p").manifest, {})
    (tmp_path / "m.onnx").rename(tmp_path / "away.onnx")
    done = edgewise("classify", drawn_folder, "--selector", tmp_path / "s", "--json")
    assert done.returncode == 3
    assert "error: The model tiny:m is not there" in " ".join(done.stderr.split())
    assert "--models DIR" in done.stderr
    assert len(json.loads(done.stdout)) > 0


@pytest.mark.slow
def test_selector_and_models_move_together(edgewise: Run, tmp_path: Path, drawn_folder: Path) -> None:
    home = tmp_path / "here"
    (home / "models").mkdir(parents=True)
    for suffix in ("onnx", "toml"):
        shutil.copy(WEIGHTS / f"xs.{suffix}", home / "models")
    edgewise("profile", "--zoo", home / "models" / "xs.onnx", "--data", drawn_folder, "--out", home / "p")
    fit = ("select", "fit", home / "p", "--out", home / "selector", "--method", "single", "--folds", "2")
    assert edgewise(*fit).returncode == 0
    image = next(drawn_folder.rglob("*.png"))
    home.rename(tmp_path / "there")
    moved = edgewise("classify", image, "--selector", tmp_path / "there" / "selector")
    assert moved.returncode == 0, moved.stderr
    (tmp_path / "there" / "models").rename(tmp_path / "elsewhere")
    lost = edgewise("classify", image, "--selector", tmp_path / "there" / "selector")
    assert lost.returncode == 3
    named = edgewise(
        "classify", image, "--selector", tmp_path / "there" / "selector", "--models", tmp_path / "elsewhere"
    )
    assert named.returncode == 0, named.stderr


@pytest.mark.torch
@pytest.mark.slow
def test_a_selector_does_not_run_code_unasked(edgewise: Run, tmp_path: Path, drawn_folder: Path) -> None:
    code = """import pathlib, torch
pathlib.Path({flag!r}).touch()
def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 10))
"""
    flag, source = tmp_path / "ran", tmp_path / "net.py"
    source.write_text(code.format(flag=str(flag)))
    names = sorted(folder.name for folder in drawn_folder.iterdir())
    (tmp_path / "net.toml").write_text(f"size_px = 32\nclasses = {names}\n")
    made = edgewise("profile", "--zoo", f"torch:{source}:net", "--data", drawn_folder, "--out", tmp_path / "p")
    assert made.returncode == 0, made.stderr
    edgewise("select", "fit", tmp_path / "p", "--out", tmp_path / "s", "--method", "single", "--folds", "2")
    flag.unlink()
    image = next(drawn_folder.rglob("*.png"))
    refused = edgewise("classify", image, "--selector", tmp_path / "s")
    assert refused.returncode == 2
    assert "wants to run the Python code" in " ".join(refused.stderr.split())
    assert not flag.exists()
    allowed = edgewise("classify", image, "--selector", tmp_path / "s", "--trust-code")
    assert allowed.returncode == 0, allowed.stderr
    assert flag.exists()


def test_a_folder_without_images_is_said(edgewise: Run, tmp_path: Path) -> None:
    done = edgewise("classify", tmp_path, "--quiet")
    assert done.returncode == 3
    assert "holds no images" in done.stderr
