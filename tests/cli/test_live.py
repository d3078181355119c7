"""`edgewise live`: the real service as a process of its own, over a real socket."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from edgewise.errors import DataError, MissingExtra, UsageError
from edgewise.store import read_json
from tests.cli.conftest import Here
from tests.cli_errors import DATA, USAGE, said

pytestmark = [pytest.mark.torch, pytest.mark.serve]
Run = Callable[..., CompletedProcess[str]]
INTERRUPTED = 130
_START_S, _END_S = 240.0, 30.0


def services(state: Path) -> list[int]:
    """The processes that were given a state folder, and what they started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(state) in words and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def gone(state: Path, besides: int = 0) -> bool:
    until = time.monotonic() + _END_S
    while [pid for pid in services(state) if pid != besides]:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture(scope="module")
def opened_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tiny_generic import opened

    return opened(tmp_path_factory.mktemp("opened"))


@pytest.mark.slow
def test_a_user_is_learned_and_served(edgewise: Run, tmp_path: Path) -> None:
    """With a smaller network beside the generic one; in one test, so that it is played once."""
    out, state = tmp_path / "a.html", tmp_path / "state"
    asked = ["--smaller", "tiny:s", "--classes", "car,key,sailboat", "--inputs", "1200", "--max-drop", "3"]
    done = edgewise("live", *asked, "--out", out, "--state", state)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [str(out), str(out.with_suffix(".json"))]
    assert "learned: The user's classes are" in done.stderr
    assert "</html>" in out.read_text()
    assert services(state) == []
    story = read_json(out.with_suffix(".json"), "live story", 1)
    _see_that_the_user_was_learned_and_served(story)
    _see_that_figures_are_those_of_the_inputs(story)
    assert "tiny:s among the user's classes alone" in {way["name"] for way in story["attempts"][0]["ways"]}
    again = edgewise("live", "--inputs", "50", "--state", state, "--out", tmp_path / "b.html")
    said(again, USAGE, "knows the user of an earlier play", "--state")
    assert not (tmp_path / "b.html").exists()


@pytest.mark.slow
@pytest.mark.long
def test_a_whole_story(edgewise: Run, tmp_path: Path) -> None:
    """A user is learned, another takes over, the first comes back."""
    out = tmp_path / "a.html"
    done = edgewise("live", "--inputs", "800", "--max-drop", "3", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "The change at input" in done.stdout
    story = read_json(out.with_suffix(".json"), "live story", 1)
    _see_that_the_user_was_learned_and_served(story)
    _see_that_figures_are_those_of_the_inputs(story)
    assert story["events"][3]["kind"] == "alarm"
    change = story["changes"][0]
    assert change["part"] == 1
    assert 0 < change["delay"] < 200
    assert change["wrong"] <= change["inputs"]


def _see_that_the_user_was_learned_and_served(story: dict[str, Any]) -> None:
    kinds = [event["kind"] for event in story["events"]]
    assert kinds[:3] == ["learned", "made", "swapped"], [event["text"] for event in story["events"]]
    attempt = story["attempts"][0]
    assert set(attempt["classes"]) == {"car", "key", "sailboat"} == set(story["parts"][0]["classes"])
    assert attempt["seconds"] > 0
    assert min(attempt[f"{name}_bytes"] for name in ("peak", "kept", "disk")) > 10_000
    assert 0 < attempt["own_ms"] < 2 * attempt["generic_ms"]
    assert [attempt["ways"][end]["ms"] for end in (0, -1)] == [attempt["generic_ms"], attempt["own_ms"]]
    assert min(way["right"]["value"] for way in attempt["ways"]) > 0.8
    assert (attempt["break_even"] is None) == (attempt["own_ms"] >= attempt["generic_ms"])


def _see_that_figures_are_those_of_the_inputs(story: dict[str, Any]) -> None:
    inputs = story["inputs"]
    assert {len(column) for column in inputs.values()} == {sum(part["inputs"] for part in story["parts"])}
    for one in story["stretches"]:
        rows = range(one["first"], one["first"] + one["inputs"])
        right = [inputs["answer"][row] == inputs["truth"][row] for row in rows]
        alike = [inputs["answer"][row] == inputs["generic"][row] for row in rows]
        assert one["accuracy"]["value"] == sum(right) / len(right)
        assert one["agreement"]["value"] == sum(alike) / len(alike)
        if one["serving"] is None:
            assert one["agreement"]["value"] >= (1 if one["phase"] == "observe" else 0.9), "told the user's classes"
            assert one["turned_away"] == 0
    own = next(one for one in story["stretches"] if one["phase"] == "watch")
    assert own["own"] > 0.5
    assert own["accuracy"]["value"] > 0.8


@pytest.mark.slow
class TestShortPlays:
    def test_a_stream_that_never_settles(
        self, opened_state: Path, drawn_folder: Path, edgewise: Run, tmp_path: Path
    ) -> None:
        out = tmp_path / "short.html"
        asked = ["--data", drawn_folder, "--classes", "mug,Tree", "--inputs", "60", "--seed", "1", "--json"]
        done = edgewise("live", *asked, "--state", opened_state, "--out", out)
        assert (done.returncode, done.stderr) == (0, "")
        story = json.loads(done.stdout)
        assert story == read_json(out.with_suffix(".json"), "live story", 1)
        assert (story["attempts"], story["events"]) == ([], [])
        (part,) = story["parts"]
        assert "it looks for classes from 256 on" in part["unlearned"]
        assert "Nothing was learned in 60 inputs." in out.read_text()
        assert gone(opened_state)

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
    def test_no_process_is_left_when_it_is_ended(self, drawn_folder: Path, tmp_path: Path, how: signal.Signals) -> None:
        from tests.tiny_generic import opened

        state, out = opened(tmp_path), tmp_path / "never.html"
        asked = ["--data", drawn_folder, "--classes", "mug,tree", "--inputs", "100000", "--state", state, "--out", out]
        process = subprocess.Popen(
            [sys.executable, "-m", "edgewise", "live", *map(str, asked)], stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        while not re.search(r"\d+ of \d+ inputs", line := process.stderr.readline()):
            assert line, "it ended by itself"
        assert len(services(state)) > 1, "the command and its service"
        process.send_signal(how)
        _, rest = process.communicate(timeout=_END_S)
        if how is signal.SIGINT:
            assert process.returncode == INTERRUPTED
            assert rest.splitlines()[-1] == "interrupted"
        assert gone(state)
        assert not out.exists()

    def test_a_service_that_does_not_start_says_why(
        self, opened_state: Path, drawn_folder: Path, edgewise: Run, tmp_path: Path
    ) -> None:
        asked = ["--data", drawn_folder, "--classes", "mug,tree", "--out", tmp_path / "a.html", "--quiet"]
        done = edgewise("live", *asked, "--state", opened_state, "--memory-mb", "1")
        said(done, DATA, "The service did not start: A network is made of 300 inputs", "1 MB are allowed")

    def test_labels_that_the_network_does_not_know(self, opened_state: Path, tmp_path: Path, edgewise: Run) -> None:
        from edgewise.drawn import write_split

        write_split(tmp_path / "photos", "sample", 2)
        (tmp_path / "photos" / "mug").rename(tmp_path / "photos" / "zebra")
        asked = ["--data", tmp_path / "photos", "--classes", "zebra,tree", "--out", tmp_path / "a.html", "--quiet"]
        said(edgewise("live", *asked, "--state", opened_state), DATA, "No class is called 'zebra'")


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        (["--classes", "car,zebra"], DataError, "no images of 'zebra'"),
        (["--classes", "car"], UsageError, "two classes at least"),
        (["--classes", "car,key", "--then", "key,car"], UsageError, "do not change"),
        ([], UsageError, "--classes is missing"),
        (["--classes", "car,key", "--model", ""], UsageError, "names no classifier"),
        (["--classes", "car,key", "--model", "tiny:*"], UsageError, "means several"),
        (["--classes", "car,key", "--out", "report.txt"], UsageError, "no HTML file"),
    ],
)
def test_what_cannot_be_played(
    here: Here, drawn_folder: Path, asked: list[str], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        here("live", "--model", "tiny:l", "--data", drawn_folder, *asked, "--quiet")


def test_data_without_a_model(here: Here, drawn_folder: Path) -> None:
    with pytest.raises(UsageError, match="--model is missing"):
        here("live", "--data", drawn_folder, "--classes", "car,key")


def test_a_folder_without_images(here: Here, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no images"):
        here("live", "--model", "tiny:l", "--data", tmp_path, "--classes", "car,key", "--quiet")


def test_a_class_that_cannot_be_drawn(here: Here) -> None:
    with pytest.raises(UsageError, match="'zebra' cannot be drawn"):
        here("live", "--classes", "car,zebra", "--quiet")


def test_missing_extras_are_named_together(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgewise.live.service.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"\[serve,torch\]") as missing:
        here("live")
    assert ".[serve,torch]" in missing.value.hint
