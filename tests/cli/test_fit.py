"""`edgewise select fit`: every method fits, is stored, loaded and answers; what contradicts itself is refused."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from edgewise.errors import UsageError
from edgewise.profile.outcomes import open_profile
from edgewise.select.saved import DESCRIPTION, load_selector
from edgewise.serve.engine import Engine
from tests.cli_errors import DATA, said

Run = Callable[..., CompletedProcess[str]]
Here = Callable[..., str]

METHODS = ("cascade", "agreement", "deferral", "utility", "router", "ridge", "hybrid", "premodel", "single")


@pytest.mark.parametrize(
    "method", [name if name == "cascade" else pytest.param(name, marks=pytest.mark.slow) for name in METHODS]
)
def test_every_method_fits_is_stored_and_answers_as_it_was_judged(
    here: Here, steady: Path, drawn_folder: Path, tmp_path: Path, method: str
) -> None:
    found = json.loads(
        here("select", "fit", steady, "--out", tmp_path / "s", "--method", method, "--folds", 2, "--json")
    )
    outcomes = open_profile(steady)
    trials = outcomes.trials()
    engine = Engine(tmp_path / "s")
    selector = engine.deployment.selector
    assert tuple(found["models"]) == selector.models
    assert found["fair_table"]["images"] == len(trials)
    assert method in {row["name"] for row in found["fair_table"]["rows"]}
    routes = selector.route(trials)
    for i in range(0, len(trials), 17):
        reply = engine.classify(drawn_folder / outcomes.images["image"][i])
        assert set(reply.ran) == {m for m, ran in zip(trials.models, routes.ran[i], strict=True) if ran}
        assert reply.label == (None if routes.chosen[i] < 0 else engine.deployment.classes.short_name(routes.top[i, 0]))
        assert reply.why


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--max-loss", 0.05), "--max-loss is a promise, and --guarantee is missing"),
        (("--guarantee", 0.1), "guarantee is of one promise; given: nothing"),
        (("--guarantee", 0.1, "--max-loss", 0.1, "--max-risk", 0.1), "given: --max-loss and --max-risk"),
        (("--guarantee", 0.1, "--max-loss", 0.1, "--max-mean-ms", 9), "takes no limits on cost"),
        (("--guarantee", 0.1, "--max-loss", 0.1, "--method", "single"), "nothing can be certified of it"),
        (("--guarantee", 2, "--max-loss", 0.1, "--method", "cascade"), "Delta is 2"),
        (("--guarantee", 0.1, "--max-loss", 5, "--method", "cascade"), "loss asked for is 5"),
        (("--guarantee", 0.1, "--min-accuracy", 0.9, "--criterion", "macro-f1"), "cannot be certified"),
        (("--false-alarms", 0.1), "nothing is done with such"),
        (("--unfamiliar", "refuse", "--false-alarms", 0, "--method", "cascade"), "rate of false alarms is 0"),
        (("--unfamiliar", "refuse", "--false-alarms", 0.001, "--method", "cascade"), "cannot show a rate"),
        (("--max-stages", 2), "'auto' knows no max-stages"),
        (("--method", "router", "--neighbors", 3), "'router' knows no neighbors"),
        (("--method", "single", "--model", "nope"), "'nope'"),
        (("--method", "cascade", "--max-stages", 9), "--max-stages is 9; it must be 1 to 4"),
        (("--method", "cascade", "--max-stages", 0), "--max-stages is 0"),
        (("--max-mean-ms", "nan"), "--max-mean-ms is nan"),
        (("--max-p90-ms", -1), "--max-p90-ms is -1"),
        (("--max-energy-mj", 0), "--max-energy-mj is 0"),
        (("--min-accuracy", 90), "For 90% write 0.9"),
        (("--margin", 2, "--max-mean-ms", 9), "limits on cost are kept without one"),
        (("--margin", 2, "--guarantee", 0.1, "--max-loss", 0.1), "a guarantee has its own"),
    ],
)
def test_contradictions_and_nonsense_are_usage_errors(
    here: Here, steady: Path, tmp_path: Path, options: tuple[object, ...], message: str
) -> None:
    with pytest.raises(UsageError) as raised:
        here("select", "fit", steady, "--out", tmp_path / "s", "--quiet", *options)
    assert message in str(raised.value)
    assert not (tmp_path / "s").exists()


def test_a_selector_is_not_written_among_other_files(here: Here, steady: Path, tmp_path: Path) -> None:
    fit = ("select", "fit", steady, "--method", "single", "--folds", 2, "--quiet", "--out")
    before = sorted(steady.iterdir())
    with pytest.raises(UsageError, match=r"other files than a selector's, [a-z0-9_.-]+ for one.*\n.*--out"):
        here(*fit, steady)
    assert sorted(steady.iterdir()) == before
    out = tmp_path / "s"
    out.mkdir()
    (out / ".hidden").touch()
    (out / "selector.safetensors").touch()  # what a fit leaves that was killed between its two files
    for _ in range(2):
        here(*fit, out)
    (out / "photo.png").touch()
    here(*fit, out)
    assert load_selector(out).kind


def test_json_is_alone_on_stdout_and_the_words_are_in_it(in_process: Run, steady: Path, tmp_path: Path) -> None:
    fit = ("select", "fit", steady, "--out", tmp_path / "s", "--method", "single", "--folds", "2")
    done = in_process(*fit, "--min-accuracy", "0.7", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["choice"]["why"].startswith("Asked for: an accuracy of 70%. ")
    assert all(other["lacks"] for other in found["choice"]["runners_up"])
    assert [one["name"] for one in found["budget_kept"]] == ["min_accuracy"]
    assert found["unjudged"] is None


@pytest.mark.parametrize("columns", [80, 160])
def test_tables_fit_the_terminal(
    here: Here, steady: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    from edgewise.cli.console import out

    monkeypatch.setattr(out, "width", columns)
    said = here(
        "select", "fit", steady, "--out", tmp_path / "s", "--method", "single", "--max-mean-ms", 9, "--folds", 2, "-q"
    )
    assert max(map(len, said.splitlines())) <= columns
    assert "chosen" in said
    assert "at most 9" in said


@pytest.mark.slow
@pytest.mark.parametrize("promise", [("--max-loss", 0.15), ("--min-accuracy", 0.75), ("--max-risk", 0.15)])
def test_a_guarantee_is_certified_and_said(
    here: Here, steady: Path, tmp_path: Path, promise: tuple[object, ...]
) -> None:
    fit = ("select", "fit", steady, "--out", tmp_path / "s", "--method", "cascade", "--folds", 2, "--guarantee", 0.1)
    found = json.loads(here(*fit, *promise, "--json"))
    assert found["certificate"].startswith("With 90% confidence")
    assert "calibration images" in found["certificate"]
    assert load_selector(tmp_path / "s").kind == "guaranteed"
    with pytest.raises(UsageError, match="nothing can be certified"):
        here(
            *fit,
            "--min-accuracy" if promise[0] != "--max-risk" else "--max-risk",
            0.9999 if promise[0] != "--max-risk" else 1e-6,
            "--quiet",
        )


def test_a_budget_that_held_out_images_break_is_warned_of() -> None:
    from edgewise.cli.choices import missed
    from edgewise.select.budget.kept import Kept
    from edgewise.select.judge.fair_table import Interval

    slow = Kept("max_mean_ms", 2.0, Interval(2.5, 2.3, 2.7), False)
    assert missed(slow).startswith("Warning: a mean of 2 ms was asked for, and held-out images say a mean of 2.5 ms.")
    assert "ask for --max-mean-ms 1.6, or profile more images" in missed(slow)
    poor = Kept("min_accuracy", 0.9, Interval(0.85, 0.8, 0.89), False)
    assert "ask for --min-accuracy 0.95," in missed(poor)
    assert missed(Kept("max_mean_ms", 2.0, Interval(1.9, 1.8, 2.1), True)) == ""


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["escalate", "refuse"])
def test_unfamiliar_images_are_escalated_or_refused(here: Here, steady: Path, tmp_path: Path, policy: str) -> None:
    import numpy as np

    fit = ("select", "fit", steady, "--out", tmp_path / "s", "--method", "cascade", "--folds", 2, "--json")
    watch = ("--unfamiliar", policy, "--false-alarms", 0.1)  # half of the images are too few to show 0.05
    found = json.loads(here(*fit, *watch, "--max-mean-ms", 15))
    assert [one["name"] for one in found["budget_kept"]] == ["max_mean_ms"], (
        "what is watched is still held to its budget"
    )
    assert found["choice"]["chosen"]["mean_ms"] <= 15, "with what watching adds"
    engine = Engine(tmp_path / "s")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    reply = engine.classify(noise)
    assert "unfamiliar" in reply.why
    assert reply.refused == (policy == "refuse")


@pytest.mark.slow
def test_what_cannot_be_judged_on_fewer_images_says_so(here: Here, steady: Path, tmp_path: Path) -> None:
    fit = ("select", "fit", steady, "--out", tmp_path / "s", "--method", "single", "--folds", 2, "--json")
    found = json.loads(here(*fit, "--unfamiliar", "refuse", "--false-alarms", 0.05))
    assert "cannot show a rate of 0.05 false alarms" in found["unjudged"]
    assert {row["kind"] for row in found["fair_table"]["rows"]}.isdisjoint({"selector"})


@pytest.mark.slow
def test_a_killed_fit_leaves_no_selector_and_an_earlier_one_as_it_was(
    in_process: Run, steady: Path, tmp_path: Path
) -> None:
    def killed(out: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "edgewise",
            "select",
            "fit",
            str(steady),
            "--out",
            str(out),
            "--method",
            "hybrid",
        ]
        fitting = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert fitting.stderr is not None
        fitting.stderr.readline()  # the inner cross-validation is over, the judge's goes on
        assert fitting.poll() is None
        os.kill(fitting.pid, signal.SIGKILL)
        fitting.wait()
        fitting.stderr.close()

    killed(tmp_path / "new")
    assert not (tmp_path / "new" / DESCRIPTION).exists()
    said(in_process("classify", tmp_path, "--selector", tmp_path / "new"), DATA, "hint:")
    assert in_process("select", "fit", steady, "--out", tmp_path / "old", "--method", "single").returncode == 0
    before = {path: path.read_bytes() for path in (tmp_path / "old").iterdir()}
    killed(tmp_path / "old")
    assert {path: path.read_bytes() for path in (tmp_path / "old").iterdir()} == before
