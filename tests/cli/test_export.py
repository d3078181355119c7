"""`edgewise export`: files of other runtimes, and what is said of those that cannot be."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from edgewise.errors import GuardRefused, ModelError, StoreError, UsageError
from edgewise.zoo.sources import find
from tests.cli.conftest import Here
from tests.privileges import without_the_rights_of_root

Run = Callable[..., CompletedProcess[str]]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_writes_a_file_and_its_card(here: Here, tmp_path: Path) -> None:
    shown = here("export", "tiny:xs", "--out", tmp_path / "my out")
    assert names(tmp_path / "my out") == {"tiny-xs.onnx", "tiny-xs.toml"}
    assert "tiny-xs.onnx" in "".join(shown.split())
    (source,) = find([str(tmp_path / "my out" / "tiny-xs.onnx")])
    assert source.name == "tiny-xs"


@pytest.mark.openvino
def test_every_classifier_for_every_target(here: Here, tmp_path: Path, drawn_folder: Path) -> None:
    asked = ("--to", "onnxruntime", "--to", "openvino")
    judged = ("--data", drawn_folder, "--limit", 40, "--min-agreement", 0.3)
    found = json.loads(here("export", "tiny:xs", "tiny:s", *asked, *judged, "--out", tmp_path, "--json"))
    assert not found["failed"]
    made = [(Path(one["model"]).name, one["target"]["precision"]) for one in found["written"]]
    assert made == [
        (f"{name}{tail}", precision)
        for name in ("tiny-xs", "tiny-s")
        for tail, precision in (
            (".onnx", "fp32"),
            ("-openvino.xml", "fp32"),
        )
    ]
    for one in found["written"]:
        assert one["agreement"]["images"] == 8
        assert one["agreement"]["same"] == 1
        assert Path(one["card"]).is_file()
        assert one["bytes"] > 0


def test_what_fails_does_not_stop_the_others(here: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="int8 needs images"):
        here("export", "tiny:xs", "--precision", "fp32", "--precision", "int8", "--out", tmp_path, "--quiet")
    assert "tiny-xs.onnx" in "".join(capsys.readouterr().out.split())
    assert names(tmp_path) == {"tiny-xs.onnx", "tiny-xs.toml"}


def test_json_says_what_failed(here: Here, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError):
        here("export", "tiny:xs", "--precision", "int8", "--out", tmp_path, "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["written"] == []
    assert "int8 needs images" in found["failed"][0]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("tiny:xs", "--to", "tensorrt"), "is no runtime to export to"),
        (("tiny:xs", "--precision", "fp16"), "ONNX Runtime has no fp16"),
        (("tiny:xs", "--precision", "int4"), "is no precision"),
        (("tiny:nothing",), "There is no tiny:nothing"),
        (("tiny:xs", "tiny:xs"), "Two classifiers are called"),
        (("ensemble:tiny:xs+tiny:s",), "is several networks"),
    ],
)
def test_odd_arguments(here: Here, tmp_path: Path, arguments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        here("export", *arguments, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_data_without_images(here: Here, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds 0 images that can be used"):
        here("export", "tiny:xs", "--data", tmp_path / "empty", "--out", tmp_path / "out")


def test_two_whose_files_would_have_one_name(here: Here, tmp_path: Path) -> None:
    zoo = tmp_path / "zoo.toml"
    zoo.write_text("".join(f'[[model]]\nsource = "tiny:xs"\nname = "{name}"\n' for name in ("a b", "a-b")))
    with pytest.raises(UsageError, match="would have one name"):
        here("export", zoo, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_guard_refuses(here: Here, tmp_path: Path, drawn_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgewise.export.write.agreement", _disagreeing)
    with pytest.raises(GuardRefused, match="answers as the original does on 50% of 8 images; 90% is asked for"):
        here("export", "tiny:xs", "--data", drawn_folder, "--min-agreement", 0.9, "--out", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))


def _disagreeing(*_: object) -> object:
    from edgewise.export.agreement import Agreement

    return Agreement(8, 0.5, 0.0)


def test_a_folder_that_cannot_be_written(here: Here, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        here("export", "tiny:xs", "--out", tmp_path / "file")


def test_a_read_only_folder(edgewise: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o555)
    done = edgewise("export", "tiny:xs", "--out", tmp_path / "out", preexec_fn=without_the_rights_of_root)
    assert done.returncode == 3
    assert "cannot be written: Permission denied" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_broken_original(here: Here, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match="cannot be loaded"):
        here("export", tmp_path / "a.onnx", "--out", tmp_path / "out")
