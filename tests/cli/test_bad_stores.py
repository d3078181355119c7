"""Profiles, evaluations and selectors that are old, torn or changed by hand, given to the real commands."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from edgewise.profile.run import Settings, profile
from edgewise.report.record import save_evaluation
from edgewise.select.judge.evaluate import evaluate
from edgewise.select.named import Options, method_named
from edgewise.serve.deployment import save_deployment

Run = Callable[..., CompletedProcess[str]]
DATA = 3


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """A folder with `profile`, evaluated, and `selector`."""
    home = tmp_path_factory.mktemp("good")
    outcomes = profile(Settings(("tiny:xs",), drawn_folder, home / "profile"))
    method = method_named("single", Options(), outcomes.trials())
    save_deployment(home / "selector", method.fit(outcomes.trials()), outcomes.manifest, {})
    save_evaluation(outcomes, evaluate(outcomes.trials(), {"single": method}, folds=2, bootstrap=20), {})
    return home


@pytest.fixture
def home(good: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return shutil.copytree(good, tmp_path / "home")


def run(in_process: Run, what: str, home: Path, data: Path) -> CompletedProcess[str]:
    arguments: dict[str, tuple[str | Path, ...]] = {
        "profile": ("profile", "--data", data, "--out", home / "profile", "--zoo", "tiny:xs"),
        "report": ("report", home / "profile"),
        "evaluate": ("select", "evaluate", home / "profile"),
        "paper": ("select", "paper", home / "profile", "--no-cnn"),
        "fit": ("select", "fit", home / "profile", "--out", home / "new"),
        "classify": ("classify", data, "--selector", home / "selector"),
    }
    return in_process(*arguments[what], "--quiet")


def refused(done: CompletedProcess[str], *parts: str) -> None:
    """One error with a hint and nothing else."""
    assert done.returncode == DATA, done.stderr
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert second.startswith(" hint: ")
    for part in parts:
        assert part in done.stderr


def set_schema(path: Path, schema: int) -> None:
    stored = json.loads(path.read_text())
    path.write_text(json.dumps({**stored, "schema": schema}))


@pytest.mark.parametrize(
    ("what", "file", "hint"),
    [
        ("profile", "profile/plan.json", "Profile again, into another --out."),
        ("report", "profile/manifest.json", "Profile again, into another --out."),
        ("evaluate", "profile/manifest.json", "Profile again"),
        ("paper", "profile/manifest.json", "Profile again"),
        ("fit", "profile/manifest.json", "Profile again"),
        ("report", "profile/evaluation.json", "Run `edgewise select evaluate` again."),
        ("classify", "selector/selector.json", "or fit it again"),
    ],
)
def test_an_older_schema(in_process: Run, home: Path, drawn_folder: Path, what: str, file: str, hint: str) -> None:
    set_schema(home / file, 0)
    refused(run(in_process, what, home, drawn_folder), file, "was made by an older edgewise", hint)


@pytest.mark.parametrize(
    ("what", "file"),
    [
        ("profile", "profile/manifest.json"),
        ("evaluate", "profile/manifest.json"),
        ("report", "profile/evaluation.json"),
        ("classify", "selector/selector.json"),
    ],
)
def test_a_newer_schema(in_process: Run, home: Path, drawn_folder: Path, what: str, file: str) -> None:
    set_schema(home / file, 99)
    refused(run(in_process, what, home, drawn_folder), file, "was made by a newer edgewise", "Update edgewise.")


def test_an_unfinished_profile_of_an_older_schema(in_process: Run, home: Path, drawn_folder: Path) -> None:
    (home / "profile" / "manifest.json").unlink()
    set_schema(home / "profile" / "plan.json", 1)
    before = sorted((home / "profile").rglob("*"))
    refused(run(in_process, "profile", home, drawn_folder), "its profile-plan has schema 1", "into another --out")
    assert sorted((home / "profile").rglob("*")) == before


@pytest.mark.parametrize(
    ("what", "file"),
    [
        ("profile", "profile/plan.json"),
        ("report", "profile/manifest.json"),
        ("report", "profile/evaluation.json"),
        ("report", "profile/decisions.parquet"),
        ("evaluate", "profile/images.parquet"),
        ("paper", "profile/latency.parquet"),
        ("fit", "profile/logits/00.npy"),
        ("classify", "selector/selector.json"),
        ("classify", "selector/selector.safetensors"),
    ],
)
@pytest.mark.parametrize("how", ["torn", "empty", "gone"])
def test_a_file_that_is_not_whole(
    in_process: Run, home: Path, drawn_folder: Path, what: str, file: str, how: str
) -> None:
    path = home / file
    content = path.read_bytes()
    path.unlink() if how == "gone" else path.write_bytes(content[: len(content) // 2] if how == "torn" else b"")
    done = run(in_process, what, home, drawn_folder)
    if how == "gone" and file in ("profile/plan.json", "profile/evaluation.json"):
        return  # without a plan it is somebody's folder, without an evaluation a profile that was not judged
    name = Path(file).name
    refused(done, "an unfinished profile" if (how, name) == ("gone", "manifest.json") else name)


@pytest.mark.parametrize(
    ("what", "file", "edit", "part"),
    [
        ("classify", "selector/selector.json", ('"mean": [', '"mean": ["x",'), "mean"),
        ("classify", "selector/selector.json", ('"names": [', '"names": [3,'), "classes.names[0] is 3"),
        ("report", "profile/manifest.json", ('"cores"', '"kernels"'), "machine has no 'cores'"),
        ("report", "profile/evaluation.json", ('"folds": 2', '"folds": "2"'), "folds is '2'"),
        ("report", "profile/evaluation.json", ('"seed": 0', '"seed": NaN'), "NaN is no number"),
        ("evaluate", "profile/manifest.json", ('"duplicates"', '"images": 121, "d"'), "121"),
    ],
)
def test_a_file_changed_by_hand(
    in_process: Run, home: Path, drawn_folder: Path, what: str, file: str, edit: tuple[str, str], part: str
) -> None:
    text = (home / file).read_text()
    assert edit[0] in text
    (home / file).write_text(text.replace(*edit, 1))
    refused(run(in_process, what, home, drawn_folder), part)
