"""Networks in one file and in two: their fingerprints, and where they are found."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise import Engine
from edgewise.errors import ModelError, StoreError
from edgewise.profile.finished import is_the_same_by_files
from edgewise.profile.run import Settings, profile
from edgewise.select.named import Options, method_named
from edgewise.serve.carried import Carried
from edgewise.serve.deployment import save_deployment
from edgewise.zoo.card import CardFile
from edgewise.zoo.loaders import load
from edgewise.zoo.model_files import SUFFIXES, file_bytes, file_fingerprint, files_of, kind_of
from edgewise.zoo.sources import Source, find_one
from edgewise.zoo.tiny.shipped import shipped_path


def change(path: Path) -> None:
    """Its last byte, which is one of a weight's."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def external(path: Path) -> Path:
    """A bundled network with its weights in files beside it."""
    onnx: Any = pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    model = onnx.load(shipped_path("tiny:xs", ".onnx"))
    onnx.save(model, path, save_as_external_data=True, location="weights of it.bin", size_threshold=500)
    shutil.copy(shipped_path("tiny:xs", ".toml"), path.with_suffix(".toml"))
    return path


@pytest.fixture(scope="module")
def openvino_xs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a bundled network in OpenVINO's files."""
    from edgewise.export.write import Target, write
    from edgewise.runtime.engines import Engine as Runtime

    folder = tmp_path_factory.mktemp("openvino")
    write(load(find_one("tiny:xs")), Target(Runtime.OPENVINO, "fp32"), folder)
    return folder


@pytest.mark.parametrize(("kind", "suffix"), list(SUFFIXES.items()))
def test_a_name_tells_its_kind(kind: str, suffix: str) -> None:
    assert kind_of(Path(f"a.b{suffix}")) == kind_of(Path(f"A{suffix.upper()}")) == kind
    assert kind_of(Path("a.bin")) == ""


def test_weights_lie_beside_some() -> None:
    assert files_of(Path("m/a.xml")) == (Path("m/a.xml"), Path("m/a.bin"))
    assert files_of(Path("m/a.param")) == (Path("m/a.param"), Path("m/a.bin"))
    assert files_of(Path("m/a.tflite")) == (Path("m/a.tflite"),)
    path = shipped_path("tiny:xs", ".onnx")
    assert files_of(path) == (path,)
    assert file_bytes(path) == path.stat().st_size


@pytest.mark.parametrize("changed", [".xml", ".bin"])
def test_a_fingerprint_is_of_both_files(tmp_path: Path, changed: str) -> None:
    for suffix in (".xml", ".bin"):
        (tmp_path / f"a{suffix}").write_bytes(b"some" + suffix.encode())
    path = tmp_path / "a.xml"
    before = file_fingerprint(path)
    assert file_bytes(path) == 16
    change(path.with_suffix(changed))
    assert file_fingerprint(path) != before
    path.with_suffix(changed).unlink()
    assert file_bytes(path) is None
    with pytest.raises(ModelError, match=f"No such file or directory: .*a{changed}"):
        file_fingerprint(path)


def test_onnx_weights_in_a_file_of_any_name(tmp_path: Path) -> None:
    path = external(tmp_path / "a.onnx")
    assert [part.name for part in files_of(path)] == ["a.onnx", "weights of it.bin"]
    before = load(find_one(str(path))).fingerprint
    change(tmp_path / "weights of it.bin")
    assert load(find_one(str(path))).fingerprint != before
    (tmp_path / "weights of it.bin").unlink()
    with pytest.raises(ModelError, match="weights of it"):
        load(find_one(str(path)))


@pytest.mark.openvino
def test_a_changed_bin_is_another_classifier(tmp_path: Path, openvino_xs: Path) -> None:
    shutil.copytree(openvino_xs, tmp_path / "m")
    path = tmp_path / "m" / "tiny-xs-openvino.xml"
    before = load(find_one(str(path)))
    change(path.with_suffix(".bin"))
    after = load(find_one(str(path)))
    assert after.fingerprint != before.fingerprint


@pytest.mark.openvino
def test_a_finished_profile_knows_a_changed_bin(tmp_path: Path, openvino_xs: Path, drawn_folder: Path) -> None:
    shutil.copytree(openvino_xs, tmp_path / "m")
    path = tmp_path / "m" / "tiny-xs-openvino.xml"
    settings = Settings((str(path),), drawn_folder, tmp_path / "profile")
    profile(settings)
    assert is_the_same_by_files(settings)
    change(path.with_suffix(".bin"))
    with pytest.raises(StoreError, match="tiny-xs-openvino"):
        is_the_same_by_files(settings)


@pytest.mark.openvino
def test_a_moved_selector_finds_both_files(tmp_path: Path, openvino_xs: Path, drawn_folder: Path) -> None:
    home = tmp_path / "here"
    shutil.copytree(openvino_xs, home / "models")
    path = home / "models" / "tiny-xs-openvino.xml"
    outcomes = profile(Settings((str(path),), drawn_folder, tmp_path / "profile"))
    trials = outcomes.trials()
    selector = method_named("single", Options(), trials).fit(trials)
    save_deployment(home / "selector", selector, outcomes.manifest, {})
    image = np.zeros((40, 40, 3), np.uint8)
    expected = Engine(home / "selector").classify(image)
    home.rename(tmp_path / "there")
    moved = tmp_path / "there" / "selector"
    assert Engine(moved).classify(image).top == expected.top
    (tmp_path / "there" / "models").rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match=r"is not there: no .*tiny-xs-openvino\.xml"):
        Engine(moved).classify(image)
    assert Engine(moved, models=tmp_path / "elsewhere").classify(image).top == expected.top
    (tmp_path / "elsewhere" / "tiny-xs-openvino.bin").unlink()
    with pytest.raises(ModelError, match=r"is not there: no .*elsewhere/tiny-xs-openvino\.bin"):
        Engine(moved, models=tmp_path / "elsewhere").classify(image)


def test_half_a_network_is_passed_over_for_a_whole_one(tmp_path: Path) -> None:
    for name in ("lonely/a.xml", "made/models/a.xml", "made/models/a.bin"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    made = tmp_path / "made"
    source = Source("openvino", str(made / "models" / "a.xml"), CardFile({}, ""))
    found = Carried(made / "selector", made / "selector", tmp_path / "lonely").find(source)
    assert os.path.normpath(found.where) == str(made / "models" / "a.xml")
