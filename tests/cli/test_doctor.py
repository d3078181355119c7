"""`edgewise doctor`: the real command beside packages that are there, absent, broken, or crash when imported."""

import json
import os
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Run = Callable[..., CompletedProcess[str]]
DATA = 3
NEEDS = """Metadata-Version: 2.4
Name: edgewise
Version: 0.1.0
Requires-Dist: numpy>=2.0
Requires-Dist: onnxruntime>=1.20
Requires-Dist: filelock>=4.2
Requires-Dist: jinja2>=3.1
Requires-Dist: ruff>=0.12; extra == 'dev'
Requires-Dist: an-engine-of-tomorrow>=1; extra == "future"
"""


def environment(folder: Path, packages: dict[str, str], needs: str = NEEDS) -> dict[str, str]:
    """An environment where `folder` goes before what is installed: edgewise's `needs`, and modules with their code."""
    about = folder / "edgewise-0.1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(needs)
    for name, code in packages.items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(code)
    return {**os.environ, "PYTHONPATH": str(folder)}


def checks(done: CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {check["package"]: check for check in json.loads(done.stdout)["packages"]}


def test_what_is_here_works(edgewise: Run, tmp_path: Path) -> None:
    done = edgewise("doctor", "--json", env=environment(tmp_path / "site", {}) | {"HF_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = checks(done)
    assert {name for name, check in found.items() if check["state"] == "ok"} == set(found) - {"an-engine-of-tomorrow"}
    assert found["onnxruntime"]["version"] == metadata.version("onnxruntime")
    assert found["onnxruntime"]["note"].startswith("runs: tiny:xs in ")
    assert "ruff" not in found
    whole = json.loads(done.stdout)
    assert whole["ok"] is True
    assert whole["machine"]["cores"] >= 1
    assert set(whole["energy"]) == {"counters", "reason", "hint", "power_files"}
    assert bool(whole["energy"]["counters"]) != bool(whole["energy"]["reason"])
    assert whole["hub_cache"] == {"folder": str(tmp_path / "hub"), "models": None, "offline": False}


def test_an_absent_engine_is_no_fault_and_says_how_to_get_it(edgewise: Run, tmp_path: Path) -> None:
    done = edgewise("doctor", env=environment(tmp_path / "site", {}) | {"COLUMNS": "80"})
    assert done.returncode == 0, done.stderr
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("an-engine-of-tomorrow ")]
    assert row.split() == ["an-engine-of-tomorrow", "future", "absent", "not", "installed"]
    assert "an-engine-of-tomorrow: Install it in the checkout: " in done.stdout
    assert "-e '.[future]'" in done.stdout
    assert "\nEnergy: " in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.partition("\n\nan-engine")[0].splitlines())) <= 80


def test_a_broken_need_fails_the_doctor_alone(edgewise: Run, tmp_path: Path) -> None:
    site = environment(tmp_path / "site", {"jinja2": "print('hello')\nraise OSError('libfoo.so: no such file\\nmore')"})
    done = edgewise("doctor", "--json", env=site)
    assert done.returncode == DATA
    assert json.loads(done.stdout)["ok"] is False
    broken = checks(done)["jinja2"]
    assert (broken["state"], broken["note"]) == ("broken", "OSError: libfoo.so: no such file")
    assert broken["hint"].startswith("Install edgewise again")
    assert checks(done)["numpy"]["state"] == "ok"


def test_a_package_that_ends_its_process_does_not_hide_the_others(edgewise: Run, tmp_path: Path) -> None:
    crash = {"jinja2": "import os; os.abort()", "filelock": "raise SystemExit(0)"}
    found = checks(edgewise("doctor", "--json", env=environment(tmp_path / "site", crash)))
    assert found["jinja2"]["state"] == found["filelock"]["state"] == "broken"
    assert "signal 6" in found["jinja2"]["note"]
    assert "SystemExit" in found["filelock"]["note"]
    assert found["onnxruntime"]["state"] == found["numpy"]["state"] == "ok"


@pytest.mark.litert
def test_a_broken_runtime_is_said(edgewise: Run, tmp_path: Path) -> None:
    needs = NEEDS.partition("Requires-Dist")[0] + "Requires-Dist: ai-edge-litert>=2; extra == 'litert'\n"
    whole = edgewise("doctor", "--json", env=environment(tmp_path / "whole", {}, needs))
    assert checks(whole)["ai-edge-litert"]["note"] == "runs: a network of one operator"
    shadow = {"ai_edge_litert": "raise RuntimeError('made for another processor')"}
    done = edgewise("doctor", env=environment(tmp_path / "broken", shadow, needs) | {"COLUMNS": "120"})
    assert done.returncode == 0, done.stderr
    assert "broken  RuntimeError: made for another processor" in done.stdout
    assert "-e '.[litert]'" in done.stdout


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.litert
def test_all_that_edgewise_asks_for_is_listed_and_works(edgewise: Run) -> None:
    """As installed here, with every extra but one; the list is the metadata's own, which pip reads too."""
    done = edgewise("doctor", "--json")
    found = checks(done)
    assert {"filelock", "onnxruntime", "huggingface-hub", "ai-edge-litert", "torch", "timm", "torchvision"} <= set(
        found
    )
    troubled = {name: check["state"] for name, check in found.items() if check["state"] != "ok"}
    assert troubled in ({}, {"executorch": "absent"}), "scripts/test-runtimes has it in an environment of its own"
    assert not {"pytest", "ruff"} & set(found)
