"""A profile from end to end: what it holds, what it survives, what it refuses."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import DataError, StoreError
from edgewise.images.decode import decode, read_file
from edgewise.images.features import STEPS
from edgewise.profile.outcomes import open_profile
from edgewise.profile.run import Settings, profile
from edgewise.select.trials import top_classes
from edgewise.store import read_table
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find
from edgewise.zoo.tiny import WEIGHTS

ZOO = ("tiny:xs", "tiny:s")


def settings(data: Path, out: Path, **options: object) -> Settings:
    return Settings(ZOO, data, out, shard_images=25, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def outcomes_folder(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    out = tmp_path_factory.mktemp("profile") / "out"
    profile(settings(drawn_folder, out))
    return out


def test_tables_hold_what_the_models_answer(outcomes_folder: Path, drawn_folder: Path) -> None:
    outcomes = open_profile(outcomes_folder)
    table = read_table(outcomes_folder / "outcomes.parquet")
    assert len(table["image"]) == 240
    (source,) = find(["tiny:s"])
    model = load(source)
    for row in range(120, 240, 17):
        assert table["model"][row] == "tiny:s"
        logits, _, _ = model.classify(decode(read_file(drawn_folder / table["image"][row])).pixels)
        p = np.exp(logits - logits.max())
        p /= p.sum()
        top = np.argsort(-p)[:5]
        assert table["top5"][row] == top.tolist()
        np.testing.assert_allclose(table["top5_probability"][row], p[top], atol=2e-3)
        assert table["margin"][row] == pytest.approx(p[top[0]] - p[top[1]], abs=3e-3)
        assert table["entropy"][row] == pytest.approx(-(p * np.log(p)).sum(), abs=5e-3)
        assert outcomes.classes.names[table["label"][row]] == Path(table["image"][row]).parent.name


def test_logits_are_memory_mapped_and_agree_with_the_table(outcomes_folder: Path) -> None:
    outcomes = open_profile(outcomes_folder)
    table = read_table(outcomes_folder / "outcomes.parquet")
    for m, name in enumerate(outcomes.models):
        logits = outcomes.logits(name)
        assert isinstance(logits, np.memmap)
        assert logits.dtype == np.float16
        top = top_classes(np.asarray(logits), 5)
        assert top.tolist() == table["top5"][120 * m : 120 * (m + 1)]


def test_latency_holds_every_stage(outcomes_folder: Path) -> None:
    stages = {(time.stage, time.model) for time in open_profile(outcomes_folder).latency}
    steps = {("feature step", step) for steps in STEPS.values() for step in steps}
    of_models = {(stage, model) for stage in ("prepare", "infer", "total") for model in ZOO}
    assert stages == {("decode", ""), ("features", "")} | steps | of_models
    for time_ in open_profile(outcomes_folder).latency:
        assert 0 < time_.p50_ms <= time_.p90_ms


def test_manifest_says_how_it_was_made(outcomes_folder: Path) -> None:
    manifest = open_profile(outcomes_folder).manifest
    assert manifest["images"] == 120
    assert manifest["machine"]["cpu"]
    assert manifest["machine"]["packages"]["onnxruntime"]
    assert len(manifest["data_sha256"]) == 64
    assert not (outcomes_folder / "shards").exists()


def test_trials_are_cheapest_first(outcomes_folder: Path) -> None:
    trials = open_profile(outcomes_folder).trials()
    assert trials.times_ms[0] <= trials.times_ms[1]
    assert trials.features.shape == (120, 7)


def test_running_again_opens_what_is_there(outcomes_folder: Path, drawn_folder: Path) -> None:
    before = (outcomes_folder / "manifest.json").read_bytes()
    profile(settings(drawn_folder, outcomes_folder))
    assert (outcomes_folder / "manifest.json").read_bytes() == before


def test_another_zoo_is_refused(outcomes_folder: Path, drawn_folder: Path) -> None:
    with pytest.raises(StoreError, match=r"made with another zoo: tiny:s, tiny:xs there, tiny:xs here"):
        profile(Settings(("tiny:xs",), drawn_folder, outcomes_folder, shard_images=25))


def test_changed_weights_are_refused(tmp_path: Path, drawn_folder: Path) -> None:
    shutil.copy(WEIGHTS / "xs.onnx", tmp_path / "a.onnx")
    shutil.copy(WEIGHTS / "xs.toml", tmp_path / "a.toml")
    profile(Settings((str(tmp_path / "a.onnx"),), drawn_folder, tmp_path / "out"))
    content = bytearray((tmp_path / "a.onnx").read_bytes())
    place = content.index(b"pytorch")  # the producer's name: the network still loads and answers the same
    content[place : place + 7] = b"PYTORCH"
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(StoreError, match="changed since"):
        profile(Settings((str(tmp_path / "a.onnx"),), drawn_folder, tmp_path / "out"))


def test_another_data_set_is_refused(outcomes_folder: Path, drawn_folder: Path, tmp_path: Path) -> None:
    copied = tmp_path / "data"
    shutil.copytree(drawn_folder, copied)
    with pytest.raises(StoreError, match="another data set"):
        profile(settings(copied, outcomes_folder))


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, drawn_folder: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(StoreError, match="holds other files"):
        profile(settings(drawn_folder, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_broken_images_are_counted_listed_and_skipped(tmp_path: Path, drawn_folder: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(drawn_folder, data)
    victims = sorted(data.rglob("*.png"))[::30]
    for victim in victims:
        victim.write_bytes(victim.read_bytes()[:200])
    outcomes = profile(settings(data, tmp_path / "out"))
    skipped = outcomes.manifest["skipped"]
    assert [row["image"] for row in skipped] == [v.relative_to(data).as_posix() for v in victims]
    assert all("broken or truncated" in row["reason"] for row in skipped)
    assert len(outcomes.labels) == 120 - len(victims)


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    for label in ("car", "tree"):
        (tmp_path / "data" / label).mkdir(parents=True)
        (tmp_path / "data" / label / "a.jpg").write_text("no image")
    with pytest.raises(DataError, match="None of the 2 images"):
        profile(settings(tmp_path / "data", tmp_path / "out"))


def test_unfinished_profile_says_how_to_finish(tmp_path: Path, drawn_folder: Path) -> None:
    shutil.copytree(drawn_folder, tmp_path / "data")
    profile(settings(tmp_path / "data", tmp_path / "out"))
    (tmp_path / "out" / "manifest.json").unlink()
    with pytest.raises(StoreError, match="unfinished"):
        open_profile(tmp_path / "out")


def test_killed_profile_resumes_to_the_same_table(tmp_path: Path, drawn_folder: Path) -> None:
    """Kill a profiling process with a real signal, twice, each time after more shards; then let it finish."""
    command = [sys.executable, "-c", _KILLABLE, str(drawn_folder)]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([*command, str(whole)], check=True, timeout=120)
    for wanted in (3, 8):
        process = subprocess.Popen([*command, str(killed)])
        shards = killed / "shards"
        deadline = time.monotonic() + 60
        while len(list(shards.glob("0*.safetensors"))) < wanted:
            assert process.poll() is None, "the profile ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not (killed / "manifest.json").exists()
        with pytest.raises(StoreError, match="unfinished"):
            open_profile(killed)
    subprocess.run([*command, str(killed)], check=True, timeout=120)
    assert (killed / "outcomes.parquet").read_bytes() == (whole / "outcomes.parquet").read_bytes()
    for name in ("00.npy", "01.npy"):
        assert (killed / "logits" / name).read_bytes() == (whole / "logits" / name).read_bytes()
    first, second = (json.loads((p / "manifest.json").read_text())["data"] for p in (killed, whole))
    assert first["data_sha256"] == second["data_sha256"]


_KILLABLE = """
import sys
from pathlib import Path
from edgewise.profile.run import Settings, profile
profile(Settings(("tiny:xs", "tiny:s"), Path(sys.argv[1]), Path(sys.argv[2]), shard_images=5))
"""


def test_shards_done_before_a_kill_are_not_computed_again(tmp_path: Path, drawn_folder: Path) -> None:
    out = tmp_path / "out"
    profile(settings(drawn_folder, tmp_path / "first"))
    seen: list[int] = []

    def stop_half_way(what: str, done: int, total: int) -> None:
        if what == "profiling images":
            seen.append(done)
            if done >= 50 and len(seen) < 5:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        profile(settings(drawn_folder, out), stop_half_way)
    shards = {path.name: path.stat().st_mtime_ns for path in (out / "shards").iterdir()}
    assert len(shards) == 2
    seen.clear()
    with pytest.raises(KeyboardInterrupt):
        profile(settings(drawn_folder, out), stop_half_way)
    assert {path.name: path.stat().st_mtime_ns for path in (out / "shards").iterdir()} == shards
