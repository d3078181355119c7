"""A profile from end to end: what it holds, what it survives, what it refuses."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import DataError, ModelError, StoreError, UsageError
from edgewise.images.decode import decode, read_file
from edgewise.images.features import STEPS
from edgewise.profile.outcomes import open_profile
from edgewise.profile.run import Settings, make_or_resume, profile
from edgewise.select.trials import top_classes
from edgewise.store import check_files, read_table
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find
from edgewise.zoo.tiny import WEIGHTS
from tests.crashing import torch_factories

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


def test_killed_profile_resumes_to_the_same_table(tmp_path: Path, drawn_folder: Path, outcomes_folder: Path) -> None:
    """Kill a profiling process with a real signal after some shards; then let it finish."""
    command = [sys.executable, "-c", _KILLABLE, str(drawn_folder)]
    whole, killed = outcomes_folder, tmp_path / "killed"
    process = subprocess.Popen([*command, str(killed)])
    shards = killed / "shards"
    deadline = time.monotonic() + 60
    while len(list(shards.glob("0*.safetensors"))) < 6:
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
    for name in ("logits/00.npy", "logits/01.npy", "embeddings/00.npy", "embeddings/01.npy"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    first, second = (json.loads((p / "manifest.json").read_text())["data"] for p in (killed, whole))
    assert first["data_sha256"] == second["data_sha256"]


_KILLABLE = """
import sys
from pathlib import Path
from edgewise.profile.run import Settings, profile
profile(Settings(("tiny:xs", "tiny:s"), Path(sys.argv[1]), Path(sys.argv[2]), shard_images=5))
"""


def test_shards_done_before_an_interrupt_are_not_computed_again(tmp_path: Path, drawn_folder: Path) -> None:
    out = tmp_path / "out"

    def stop_half_way(what: str, done: int, total: int) -> None:
        if what == "profiling images" and done >= 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        profile(settings(drawn_folder, out), stop_half_way)
    before = {path.name: path.stat().st_mtime_ns for path in (out / "shards").iterdir()}
    assert len(before) >= 2
    with pytest.raises(KeyboardInterrupt):  # right at the start: progress begins at what is done
        profile(settings(drawn_folder, out), stop_half_way)
    after = {path.name: path.stat().st_mtime_ns for path in (out / "shards").iterdir()}
    assert {name: after[name] for name in before} == before


def test_a_broken_shard_is_computed_again(tmp_path: Path, drawn_folder: Path, outcomes_folder: Path) -> None:
    out = tmp_path / "out"

    def stop_at_the_end(what: str, done: int, total: int) -> None:
        if what == "measuring latency":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        profile(settings(drawn_folder, out), stop_at_the_end)
    shards = sorted((out / "shards").iterdir())
    shards[1].write_bytes(shards[1].read_bytes()[:-5])
    shutil.copy(shards[3], shards[2])
    profile(settings(drawn_folder, out))
    assert (out / "outcomes.parquet").read_bytes() == (outcomes_folder / "outcomes.parquet").read_bytes()


@pytest.mark.parametrize("kind", ["onnx", "order"])
def test_a_finished_profile_is_opened_without_a_worker(
    outcomes_folder: Path, drawn_folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def no_worker() -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr("edgewise.profile.run.Worker", no_worker)
    if kind == "order":
        with pytest.raises(StoreError, match="another order of the zoo: tiny:xs, tiny:s there, tiny:s, tiny:xs here"):
            make_or_resume(replace(settings(drawn_folder, outcomes_folder), zoo=ZOO[::-1]))
        return
    run = make_or_resume(settings(drawn_folder, outcomes_folder))
    assert run.was_complete
    assert run.outcomes.models == ZOO


@pytest.mark.torch
@pytest.mark.slow
def test_a_finished_profile_of_networks_in_code_is_compared_by_a_worker(tmp_path: Path, drawn_folder: Path) -> None:
    from edgewise.drawn import CLASSES

    module = torch_factories(tmp_path, CLASSES, 10**9)
    wanted = Settings((f"torch:{module}:nan",), drawn_folder, tmp_path / "out")
    assert not make_or_resume(wanted).was_complete
    assert make_or_resume(wanted).was_complete
    module.write_text(module.read_text().replace("manual_seed(0)", "manual_seed(1)"))
    with pytest.raises(StoreError, match="nan changed since"):
        make_or_resume(wanted)


def test_another_version_is_said(outcomes_folder: Path, drawn_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgewise.__version__", "9.9")
    with pytest.raises(StoreError, match=r"made with another version: edgewise .* there, 9\.9 here"):
        profile(settings(drawn_folder, outcomes_folder))


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        ("plan.json", ('"schema": 2', '"schema": 1'), "made by an older edgewise"),
        ("manifest.json", ('"schema": 2', '"schema": 1'), "made by an older edgewise"),
        ("manifest.json", ('"schema": 2', '"schema": 99'), "made by a newer edgewise"),
        ("plan.json", ('"classes": {', '"klasses": {'), "has no 'classes'"),
        ("plan.json", ('"labels": {', '"labels": {"car ": "x",'), "labels.car  is 'x'; expected a whole number"),
        ("plan.json", ('"outputs": [', '"outputs": [3,'), r"outputs\[0\] is 3; expected a list"),
        ("plan.json", ('"outputs": [', '"outputs": [null,'), "2 models and 3 outputs"),
        ("plan.json", ('"bicycle": 0', '"bicycle": 10'), "a label means none of its 10 classes"),
        ("manifest.json", ('"seed": 0', '"seed": NaN'), "NaN is no number"),
        ("manifest.json", ('"cores": ', '"kernels": '), "machine has no 'cores'"),
        ("manifest.json", ('"images.parquet"', '"pictures.parquet"'), "does not name images.parquet"),
        ("manifest.json", ('"embeddings/01.npy"', '"embeddings/02.npy"'), "does not name embeddings/01.npy"),
        ("manifest.json", ('"embedding_width": ', '"embedding_width": "long", "was": '), "is 'long'; expected a whole"),
        ("manifest.json", ('"outputs": [', '"outputs": [null,'), "has 2 models, but not as many outputs"),
        ("plan.json", ('"models": [', '"models": [1,'), r"models\[0\] is 1; expected an object"),
        ("plan.json", ('"name": "tiny:xs"', '"name": null'), "name is None; expected a text"),
    ],
)
def test_a_store_changed_by_hand_is_refused(
    outcomes_folder: Path, drawn_folder: Path, tmp_path: Path, name: str, edit: tuple[str, str], message: str
) -> None:
    out = tmp_path / "out"
    shutil.copytree(outcomes_folder, out)
    text = (out / name).read_text()
    assert edit[0] in text
    (out / name).write_text(text.replace(*edit, 1))
    with pytest.raises(StoreError, match=message):
        profile(settings(drawn_folder, out))


def test_duplicates_are_counted(tmp_path: Path, drawn_folder: Path) -> None:
    data = tmp_path / "data"
    for folder in sorted(drawn_folder.iterdir())[:2]:
        shutil.copytree(folder, data / folder.name)
    first = sorted(data.rglob("*.png"))[0]
    for copy in ("b.png", "c.png"):
        shutil.copy(first, first.with_name(copy))
    assert profile(settings(data, tmp_path / "out")).manifest["duplicates"] == 2


def test_files_are_described(outcomes_folder: Path) -> None:
    manifest = open_profile(outcomes_folder).manifest
    assert set(manifest["files"]) == {
        "logits/00.npy", "logits/01.npy", "embeddings/00.npy", "embeddings/01.npy",
        "outcomes.parquet", "images.parquet", "latency.parquet",
    }  # fmt: skip
    check_files(outcomes_folder, manifest["files"], outcomes_folder / "manifest.json", contents=True)
    assert manifest["failed"] == []


def test_errors_of_the_worker_are_raised_here(tmp_path: Path, drawn_folder: Path) -> None:
    (tmp_path / "broken.onnx").write_text("no network")
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        profile(Settings((str(tmp_path / "broken.onnx"),), drawn_folder, tmp_path / "out"))
    with pytest.raises(UsageError, match="names no classifier"):
        profile(Settings(("resnet50",), drawn_folder, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_worker_that_cannot_begin_says_why(
    tmp_path: Path, drawn_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import filelock  # noqa: F401 - found before the path is taken away

    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(DataError, match=r"ended the process .*No module named 'edgewise'"):
        profile(settings(drawn_folder, tmp_path / "out"))
    assert not (tmp_path / "out").exists()
