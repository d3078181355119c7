"""`edgewise fleet simulate`, small."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.fleet.calibration import read_calibration
from tests.cli.conftest import Here

SMALL = ("fleet", "simulate", "--users", 30, "--inputs", 5000, "--left-out", 10)


def test_figures_carry_both_errors(here: Here, tmp_path: Path) -> None:
    found = json.loads(here(*SMALL, "--json", "--html", tmp_path / "page.html"))
    result = found["result"]
    assert result["users"] == 30
    assert found["real_users"] == list(read_calibration().users)
    figures = {one["name"]: one for one in result["figures"]}
    for one in figures.values():
        assert one["over_users"]["low"] <= one["value"] <= one["over_users"]["high"]
        assert set(one["left_out"]) == set(found["real_users"])
    assert len(result["ways"]) == 1 + 2 * len(read_calibration().networks)
    assert figures["times_as_fast"]["value"] == pytest.approx(result["ways"][0]["times_as_fast"])
    assert "30 drawn users of 5,000 inputs each" in (tmp_path / "page.html").read_text()


def test_the_same_in_two_processes_and_after_it_was_kept(here: Here, tmp_path: Path) -> None:
    alone = here(*SMALL, "--json")
    assert here(*SMALL, "--json", "--jobs", 2, "--out", tmp_path / "out") == alone
    assert here(*SMALL, "--json", "--out", tmp_path / "out") == alone
    with pytest.raises(UsageError, match="another fleet"):
        here(*SMALL, "--json", "--out", tmp_path / "out", "--seed", 1)


def test_a_table_and_what_it_rests_on(here: Here) -> None:
    shown = here(*SMALL, "--quiet", "--classes", 5, "--no-guard", "--drift", 0)
    assert "30 users, drawn from 3 real ones" in shown
    assert shown.count("MobileNetV2") >= 2  # told nothing, and told the classes


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (("--classes", "many"), "'many'"),
        (("--classes", "10-3"), "10 to 3 classes"),
        (("--classes", "3-900"), "3 to 900 classes"),
        (("--max-drop", 7), "7 points"),
        (("--network", "by hand"), "'by hand'"),
        (("--device", "nobody's"), "no device"),
        pytest.param(("--device", "accel:nothing"), "no preset", marks=pytest.mark.torch),
        (("--rate", 0), "rate is 0"),
    ],
)
def test_what_cannot_be_is_said(here: Here, tmp_path: Path, options: tuple[object, ...], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        here(*SMALL, "--table", tmp_path, *options)


def test_a_file_that_is_no_calibration_is_refused(here: Here, tmp_path: Path) -> None:
    (tmp_path / "own.json").write_text("{}")
    with pytest.raises(StoreError, match=r"own\.json"):
        here(*SMALL, "--calibration", tmp_path / "own.json")


@pytest.mark.slow
def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "edgewise",
        "fleet",
        "simulate",
        "--users",
        "200000",
        "--out",
        str(tmp_path / "out"),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    blocks = tmp_path / "out" / "blocks"
    while not list(blocks.glob("*.json")):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on where it stopped" in said
