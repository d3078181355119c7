"""Settings from a TOML file: the defaults of every command, beaten by what is typed."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import typer

from edgewise.cli.app import app
from edgewise.cli.settings import read_settings
from edgewise.errors import DataError, UsageError

Run = Callable[..., CompletedProcess[str]]
ROOT = typer.main.get_command(app)


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_keys_are_the_options_as_they_are_typed(tmp_path: Path) -> None:
    text = '[profile]\nzoo = "tiny:xs"\ndata = "photos"\n'
    text += '[select.fit]\nmax-mean-ms = 3\nfail_model = "a"\naverage = false\n'
    assert read_settings(written(tmp_path, text), ROOT) == {
        "profile": {"zoo": ["tiny:xs"], "data": "photos"},
        "select": {"fit": {"max_mean_ms": 3, "fail_model": "a", "average": False}},
    }


def test_a_command_with_sub_commands_takes_its_own(tmp_path: Path) -> None:
    text = '[prune]\nmax-drop = 2.0\nzoo = "tiny:s"\n[prune.apply]\nout = "again"\n'
    assert read_settings(written(tmp_path, text), ROOT) == {
        "prune": {"max_drop": 2.0, "zoo": ["tiny:s"], "apply": {"out": "again"}}
    }


def test_a_command_with_sub_commands_is_run_with_them(edgewise: Run, tmp_path: Path) -> None:
    path = written(tmp_path, '[prune]\nmodel = "tiny:s"\ndata = "none"\n')
    done = edgewise("--settings", path, "prune", "--quiet")
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: --out is missing.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[prune]\nseeed = 3\n", r"`edgewise prune` has no option 'seeed'"),
        ("[profil]\n", r"profil is no table of a command\.\nKnown here: .*\[profile\]"),
        ("seed = 3\n", "seed is no table of a command"),
        ("[select]\nseed = 3\n", r"select\.seed is no table of a command\.\nKnown here: .*\[select\.fit\]"),
        ("[select.fit]\nmax-ms = 3\n", r"`edgewise select fit` has no option 'max-ms'\.\nIt has: .*max-mean-ms"),
    ],
)
def test_what_no_command_knows_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_settings(written(tmp_path, text), ROOT)


@pytest.mark.parametrize("text", ["[profile\n", "\ud800"])
def test_what_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(DataError, match="cannot be read"):
        read_settings(path, ROOT)
    with pytest.raises(DataError, match="cannot be read"):
        read_settings(tmp_path / "none.toml", ROOT)


@pytest.mark.slow
def test_the_command_takes_them_and_stores_what_it_resolved(edgewise: Run, tmp_path: Path, drawn_folder: Path) -> None:
    out = tmp_path / "out"
    text = f'[profile]\nzoo = ["tiny:xs", "tiny:s"]\ndata = "{drawn_folder}"\nseed = 7\n[select.evaluate]\nfolds = 3\n'
    path = written(tmp_path, text)
    made = edgewise("--settings", path, "profile", "--out", out, "--seed", "8", "--quiet")
    assert made.returncode == 0, made.stderr
    resolved = json.loads((out / "manifest.json").read_text())["data"]
    assert [model["source"] for model in resolved["models"]] == ["tiny:xs", "tiny:s"]
    assert (resolved["seed"], resolved["threads"], resolved["mode"]) == (8, 1, "rapid")
    judged = edgewise("select", "evaluate", out, "--json", env={"EDGEWISE_SETTINGS": str(path)})
    assert json.loads(judged.stdout)["folds"] == 3, judged.stderr
    stored = json.loads((out / "evaluation.json").read_text())["data"]["settings"]
    budget = {"max_mean_ms": None, "max_p90_ms": None, "max_energy_mj": None, "min_accuracy": None}
    assert stored == {"criterion": "top1", "folds": 3, **budget, "seed": 0}


def test_a_wrong_value_is_one_error(edgewise: Run, tmp_path: Path) -> None:
    done = edgewise("--settings", written(tmp_path, "[profile]\nthreads = 0\n"), "profile")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
