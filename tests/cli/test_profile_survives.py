"""What the real `edgewise profile` survives: crashes, kills, full disks, and a second one in the same folder."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from edgewise.store import read_table
from tests.cli_errors import DATA, said
from tests.crashing import decoder_that_crashes, engine_that_crashes, torch_factories
from tests.privileges import without_the_rights_of_root

Run = Callable[..., CompletedProcess[str]]
INTERRUPTED = 130


def command(data: Path, out: Path, *more: str) -> list[str]:
    zoo = ("--zoo", "tiny:xs", "--zoo", "tiny:s")
    return [sys.executable, "-m", "edgewise", "profile", "--data", str(data), "--out", str(out), *zoo, *more]


def manifest(out: Path) -> dict[str, Any]:
    return json.loads((out / "manifest.json").read_text())["data"]


def failed(out: Path) -> dict[str, str]:
    return {row["name"]: row["reason"] for row in manifest(out)["failed"]}


def tables(out: Path) -> dict[str, Any]:
    """All that must not depend on how often a run was interrupted; only times may differ."""
    images = read_table(out / "images.parquet")
    del images["decode_ms"]
    arrays = {path.name: path.read_bytes() for path in sorted((out / "logits").iterdir())}
    kept = {key: manifest(out)[key] for key in ("models", "skipped", "failed", "data_sha256", "images")}
    return {"outcomes": read_table(out / "outcomes.parquet"), "images": images, **arrays, **kept}


def data_error(done: CompletedProcess[str], *parts: str) -> None:
    """One error with a hint, no traceback."""
    said(done, DATA, *parts)
    assert done.stderr.count("hint:") == 1


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def times_over(times: int, images: Path, data: Path) -> Path:
    """A folder of images several times over."""
    for path in images.rglob("*.png"):
        (data / path.parent.name).mkdir(exist_ok=True)
        for copy in range(times):
            os.link(path, data / path.parent.name / f"{copy}-{path.name}")
    return data


def wait_for(what: Callable[[], object], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return found


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """Three classes of the drawn images."""
    data = tmp_path_factory.mktemp("few")
    for folder in sorted(drawn_folder.iterdir())[:3]:
        shutil.copytree(folder, data / folder.name)
    return data


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """So many that there is time to kill what profiles them."""
    return times_over(5, drawn_folder, tmp_path_factory.mktemp("many"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, many: Path) -> Path:
    """The profile of `many` that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole") / "out"
    subprocess.run(command(many, out), check=True, capture_output=True, timeout=120)
    return out


class TestCrashes:
    @pytest.mark.parametrize("how", ["SIGSEGV", pytest.param("SIGKILL", marks=pytest.mark.slow)])
    def test_a_model_that_crashes_its_engine(self, edgewise: Run, tmp_path: Path, few: Path, how: str) -> None:
        environment = engine_that_crashes(tmp_path / "site", "/s.onnx", how, 30)
        done = edgewise(*command(few, tmp_path / "out")[3:], env=environment)
        assert done.returncode == 0, done.stderr
        assert [model["name"] for model in manifest(tmp_path / "out")["models"]] == ["tiny:xs"]
        assert list(failed(tmp_path / "out")) == ["tiny:s"]
        assert how in failed(tmp_path / "out")["tiny:s"]

    @pytest.mark.slow
    def test_a_model_that_crashes_when_it_is_loaded(self, edgewise: Run, tmp_path: Path, few: Path) -> None:
        environment = engine_that_crashes(tmp_path / "site", "/xs.onnx", "SIGABRT", -1)
        done = edgewise(*command(few, tmp_path / "out")[3:], env=environment)
        assert done.returncode == 0, done.stderr
        assert failed(tmp_path / "out") == {"tiny:xs": "crashed (SIGABRT) while it was loaded"}

    @pytest.mark.slow
    def test_an_image_that_crashes_the_decoder(self, edgewise: Run, tmp_path: Path, few: Path) -> None:
        victim = sorted(few.rglob("*.png"))[20]
        environment = decoder_that_crashes(tmp_path / "site", victim, "SIGABRT")
        done = edgewise(*command(few, tmp_path / "out")[3:], env=environment)
        assert done.returncode == 0, done.stderr
        name = victim.relative_to(few).as_posix()
        skipped = [{"image": name, "reason": "reading it crashed (SIGABRT)"}]
        assert manifest(tmp_path / "out")["skipped"] == skipped
        assert manifest(tmp_path / "out")["images"] == 35
        assert failed(tmp_path / "out") == {}

    @pytest.mark.slow
    def test_no_model_is_left(self, edgewise: Run, tmp_path: Path, few: Path) -> None:
        environment = engine_that_crashes(tmp_path / "site", ".onnx", "exit code 7", 30)
        arguments = command(few, tmp_path / "out")[3:]
        data_error(
            edgewise(*arguments, env=environment), "No model is left", "tiny:xs ended the process", "tiny:s ended"
        )
        data_error(edgewise(*arguments), "No model is left")  # what crashed is not tried again in the same folder

    @pytest.mark.torch
    @pytest.mark.slow
    def test_networks_that_go_wrong_in_every_way(self, edgewise: Run, tmp_path: Path, drawn_folder: Path) -> None:
        from edgewise.drawn import CLASSES

        module = torch_factories(tmp_path, CLASSES, 40)
        names = ("abort", "segfault", "nan", "leave", "memory", "abort_at_once")
        zoo = [word for name in names for word in ("--zoo", f"torch:{module}:{name}")]
        done = edgewise(*command(drawn_folder, tmp_path / "out", *zoo)[3:])
        assert done.returncode == 0, done.stderr
        reasons = failed(tmp_path / "out")
        assert set(reasons) == set(names)
        assert reasons["abort"].startswith("crashed (SIGABRT) on ")
        assert reasons["segfault"].startswith("crashed (SIGSEGV) on ")
        assert "not numbers" in reasons["nan"]
        assert "SystemExit" in reasons["leave"]
        assert "memory" in reasons["memory"]
        assert reasons["abort_at_once"] == "crashed (SIGABRT) while it was loaded"
        judged = edgewise("select", "evaluate", tmp_path / "out", "--folds", "2")
        assert judged.returncode == 0, judged.stderr


@pytest.mark.slow
class TestKills:
    @pytest.mark.parametrize("victim", ["parent", "worker", "both"])
    def test_killed_at_some_shard(self, tmp_path: Path, many: Path, whole: Path, victim: str) -> None:
        """SIGKILL after a seeded number of shards; given again, the command makes what an undisturbed run makes."""
        out = tmp_path / "out"
        process = subprocess.Popen(command(many, out), stderr=subprocess.PIPE, text=True)
        shards = random.Random(victim).randint(1, 6)
        wait_for(lambda: len(list((out / "shards").glob("0*"))) >= shards)
        (worker,) = children(process.pid)
        for pid in {"parent": [process.pid], "worker": [worker], "both": [worker, process.pid]}[victim]:
            os.kill(pid, signal.SIGKILL)
        _, stderr = process.communicate(timeout=120)
        if victim == "worker":
            assert process.returncode == 0, stderr
        else:
            assert process.returncode == -signal.SIGKILL
            wait_for(lambda: not Path(f"/proc/{worker}").exists())  # no orphan
            assert not (out / "manifest.json").exists()
            subprocess.run(command(many, out), check=True, capture_output=True, timeout=120)
        assert tables(out) == tables(whole)
        assert not (out / "shards").exists()

    @pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 6))])
    def test_killed_at_any_moment(self, tmp_path: Path, many: Path, whole: Path, seed: int) -> None:
        """SIGKILL three times at seeded moments, at start, in the shards, in the latency, in the merge."""
        out, dice = tmp_path / "out", random.Random(seed)
        for _ in range(3):
            process = subprocess.Popen(command(many, out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            time.sleep(dice.uniform(0.2, 4.0))
            if process.poll() is None:
                os.kill(dice.choice([process.pid, *children(process.pid)]), signal.SIGKILL)
            process.wait(timeout=120)
        subprocess.run(command(many, out), check=True, capture_output=True, timeout=120)
        assert tables(out) == tables(whole)

    @pytest.mark.parametrize("stage", ["outcomes.parquet", "manifest.json"])
    def test_killed_at_its_end(self, tmp_path: Path, many: Path, whole: Path, stage: str) -> None:
        """The moment at which a table or the manifest has just been written, frozen by taking away what comes after."""
        out = tmp_path / "out"
        process = subprocess.Popen(command(many, out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_for((out / stage).exists)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        (out / f".{stage}.abcdefgh.part").write_text("half")
        subprocess.run(command(many, out), check=True, capture_output=True, timeout=120)
        assert tables(out) == tables(whole)

    @pytest.mark.parametrize("whom", ["the command", "the whole group"])
    def test_interrupted(self, tmp_path: Path, many: Path, whole: Path, whom: str) -> None:
        """SIGINT to the command alone, as `kill -INT`, or to all of the foreground's processes, as Ctrl-C."""
        out = tmp_path / "out"
        process = subprocess.Popen(
            command(many, out), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        wait_for(lambda: list((out / "shards").glob("0*")))
        (worker,) = children(process.pid)
        (os.kill if whom == "the command" else os.killpg)(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
        assert (process.returncode, stdout) == (INTERRUPTED, "")
        last = stderr.splitlines()[-1]
        assert last == "interrupted: give the same command again, and it goes on where it stopped"
        assert "Traceback" not in stderr
        assert not Path(f"/proc/{worker}").exists()
        assert sorted(path.name for path in out.iterdir()) == ["plan.json", "shards"]
        subprocess.run(command(many, out), check=True, capture_output=True, timeout=120)
        assert tables(out) == tables(whole)

    def test_terminated(self, tmp_path: Path, many: Path, whole: Path) -> None:
        """SIGTERM, as a service manager sends it."""
        out = tmp_path / "out"
        process = subprocess.Popen(command(many, out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_for(lambda: list((out / "shards").glob("0*")))
        (worker,) = children(process.pid)
        process.terminate()
        assert process.wait(timeout=60) == -signal.SIGTERM
        wait_for(lambda: not Path(f"/proc/{worker}").exists())  # no orphan
        subprocess.run(command(many, out), check=True, capture_output=True, timeout=120)
        assert tables(out) == tables(whole)
        assert not any(path.name.startswith(".") for path in out.iterdir())

    def test_resumed_progress_starts_at_what_is_done(self, edgewise: Run, tmp_path: Path, many: Path) -> None:
        from edgewise.profile.run import Settings, make_or_resume

        out = tmp_path / "out"
        process = subprocess.Popen(command(many, out), stderr=subprocess.DEVNULL)
        wait_for(lambda: len(list((out / "shards").glob("0*"))) >= 3)
        process.kill()
        process.wait()
        there = 50 * len(list((out / "shards").glob("0*")))
        seen: list[int] = []

        def note(what: str, done: int, total: int) -> None:
            if what == "profiling images":
                seen.append(done)

        run = make_or_resume(Settings(("tiny:xs", "tiny:s"), many, out), note)
        assert seen == list(range(there, 601, 50))
        assert (run.was_complete, run.images_before) == (False, there)
        assert make_or_resume(Settings(("tiny:xs", "tiny:s"), many, out), note).was_complete


@pytest.mark.slow
class TestOneWriter:
    def test_the_second_is_told_at_once(self, edgewise: Run, tmp_path: Path, many: Path) -> None:
        out = tmp_path / "out"
        first = subprocess.Popen(command(many, out), stderr=subprocess.PIPE, text=True)
        wait_for((out / ".writer.json").exists)
        data_error(edgewise(*command(many, out)[3:]), f"Another edgewise profile (pid {first.pid}, since 20", str(out))
        _, stderr = first.communicate(timeout=120)
        assert first.returncode == 0, stderr
        assert {path.name for path in out.iterdir() if path.name.startswith(".")} == set()


def limited(bytes_: int) -> Callable[[], None]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))

    return limit


class TestWhereNothingCanBeWritten:
    @pytest.mark.parametrize(
        ("kib", "stopped"),
        [(9, "shards/000000.safetensors"), (18, "images.parquet")],
    )
    @pytest.mark.slow
    def test_files_may_not_grow(self, edgewise: Run, tmp_path: Path, few: Path, kib: int, stopped: str) -> None:
        """The limit is the kernel's own; when it is lifted, the same command ends what it began."""
        arguments = command(few, tmp_path / "out", "--embeddings", "none")[3:]
        done = edgewise(*arguments, preexec_fn=limited(1024 * kib))
        data_error(done, f"{stopped} cannot be written: File too large", "ulimit -f")
        assert edgewise(*arguments).returncode == 0
        assert manifest(tmp_path / "out")["images"] == 36

    @pytest.fixture
    def tiny_disk(self, tmp_path: Path) -> Iterator[Path]:
        disk = tmp_path / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40k", "none", disk], capture_output=True).returncode:
            pytest.skip("mounting a tiny file system needs root")
        try:
            yield disk
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_full_disk(self, edgewise: Run, tmp_path: Path, few: Path, tiny_disk: Path) -> None:
        arguments = command(few, tiny_disk / "out")[3:]
        data_error(edgewise(*arguments), "cannot be written: No space left on device", "Free some space")
        before = sorted(path.name for path in (tiny_disk / "out" / "shards").iterdir())
        assert before
        assert not any(name.endswith(".part") for name in before)
        subprocess.run(["mount", "-o", "remount,size=4m", tiny_disk], check=True)
        assert edgewise(*arguments).returncode == 0
        assert manifest(tiny_disk / "out")["images"] == 36

    def test_read_only_folder(self, edgewise: Run, tmp_path: Path, few: Path, tiny_disk: Path) -> None:
        subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
        data_error(edgewise(*command(few, tiny_disk)[3:]), "cannot be written: Read-only file system")

    def test_forbidden_folder(self, edgewise: Run, tmp_path: Path, few: Path) -> None:
        out = tmp_path / "out"
        out.mkdir(mode=0o555)
        done = edgewise(*command(few, out)[3:], preexec_fn=without_the_rights_of_root)
        data_error(done, "out cannot be written: Permission denied", "Choose a folder with space and write permission")
        assert list(out.iterdir()) == []

    @pytest.mark.parametrize("kind", ["too long", "loop", "proc", "file", "under a file", "dangling"])
    def test_places_that_are_none(self, edgewise: Run, tmp_path: Path, few: Path, kind: str) -> None:
        (tmp_path / "loop").symlink_to(tmp_path / "loop")
        (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "at all")
        (tmp_path / "file").write_text("precious")
        out = {
            "too long": tmp_path / ("x" * 300),
            "loop": tmp_path / "loop" / "out",
            "proc": Path("/proc/edgewise/out"),
            "file": tmp_path / "file",
            "under a file": tmp_path / "file" / "out",
            "dangling": tmp_path / "dangling",
        }[kind]
        before = sorted(tmp_path.iterdir())
        data_error(edgewise(*command(few, out)[3:]))
        assert sorted(tmp_path.iterdir()) == before
        assert (tmp_path / "file").read_text() == "precious"
