"""The page of proof: lines are counted rightly, verdicts say what the figures say, and the page what is stored."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
STORED = BENCHMARKS / "results" / "proof.json"


def test_lines_are_those_with_code(scripts, tmp_path: Path) -> None:
    python = tmp_path / "script.py"
    python.write_text(
        '"""A docstring\n\nof three lines."""\n\n# A comment.\nimport os  # and one behind code\n\n\n'
        'def run(\n    name,\n):\n    """Said."""\n    text = """two\nlines"""\n    return text + name\n'
    )
    assert scripts("proof_lines").lines_of(python) == 1 + 3 + 2 + 1
    shell = tmp_path / "script.sh"
    shell.write_text("#!/bin/sh\n# What it does\n\nedgewise prune \\\n  --out mine/\n")
    assert scripts("proof_lines").lines_of(shell) == 2


def test_every_rival_has_lines(scripts) -> None:
    lines_of = scripts("proof_lines").lines_of
    files = [path for path in (BENCHMARKS / "rivals").iterdir() if path.suffix in (".py", ".sh")]
    assert len(files) >= 8
    for path in files:
        text = path.read_text().splitlines()
        assert 0 < lines_of(path) < len(text)


@pytest.mark.parametrize(
    ("figures", "outcome"),
    [
        ((0.03, 0.01, 0.05), "wins"),
        ((-0.03, -0.05, -0.01), "loses"),
        ((0.03, -0.01, 0.05), "undecided"),
        ((-0.03, -0.05, 0.01), "undecided"),
        ((0.0, 0.0, 0.0), "even"),
    ],
)
def test_points_are_won_or_lost_where_the_interval_leaves_out_nothing(scripts, figures, outcome) -> None:
    found = scripts("proof_verdict").of_points(*figures)
    assert found.outcome == outcome
    assert f"{100 * figures[0]:+.1f} points" in found.by


def test_speed_is_judged_against_one(scripts) -> None:
    verdict = scripts("proof_verdict")
    assert verdict.of_speed(2.0, 1.5, 2.5).outcome == "wins"
    assert verdict.of_speed(0.4, 0.3, 0.5).outcome == "loses"
    assert verdict.of_speed(1.1, 0.9, 1.2).outcome == "undecided"
    assert verdict.of_speed(0.99, 0.98, 1.0).outcome == "even"


def test_costs_lose_where_they_are_higher(scripts) -> None:
    verdict = scripts("proof_verdict")
    assert verdict.of_cost(100, 50, "s").outcome == "loses"
    assert verdict.of_cost(50, 100, "s").outcome == "wins"
    assert verdict.of_cost(100, 95, "s").outcome == "even"
    assert verdict.of_cost(1.0, 0.0, "GB", 1).outcome == "loses"
    assert verdict.of_count(3, 2, "lines").outcome == "loses"
    assert verdict.of_having(False, True, "").outcome == "loses"


def test_a_loss_is_as_plain_as_a_win(scripts) -> None:
    verdict = scripts("proof_verdict")
    assert str(verdict.of_points(-0.03, -0.05, -0.01)).startswith("**loses**")
    assert str(verdict.of_points(0.03, 0.01, 0.05)).startswith("**wins**")
    won, lost = verdict.of_points(0.03, 0.01, 0.05), verdict.of_speed(0.5, 0.4, 0.6)
    assert verdict.tally([won, lost, lost]) == "wins 1, loses 2, undecided 0, even 0"


def test_a_loss_in_one_thing_without_a_win_in_the_other_is_a_loss_to_that_rival(scripts) -> None:
    words, verdict = scripts("proof_words"), scripts("proof_verdict")
    undecided = verdict.of_points(-0.01, -0.03, 0.01)
    rivals = {
        "better": {"right": undecided, "fast": verdict.of_speed(0.5, 0.4, 0.6)},
        "worse": {"right": verdict.of_points(0.03, 0.01, 0.05), "fast": verdict.of_speed(1.0, 0.9, 1.1)},
        "other": {"right": verdict.of_points(0.03, 0.01, 0.05), "fast": verdict.of_speed(0.5, 0.4, 0.6)},
        "alike": {"right": undecided, "fast": verdict.of_speed(1.0, 0.9, 1.1)},
    }
    said = words._sentences(rivals)
    assert said[0].startswith("**edgewise loses to better** in speed, accuracy undecided: -1.0 points")
    assert len(said) == 4
    assert any(one.startswith("edgewise wins against worse in accuracy, speed undecided") for one in said)
    assert any("against other it trades: it loses speed and wins accuracy" in one for one in said)
    assert any("against alike nothing is won or lost, accuracy and speed undecided" in one for one in said)


def test_two_networks_are_compared_pair_by_pair(scripts) -> None:
    compared = scripts("proof_compared")
    own = {"right": [True] * 90 + [False] * 10, "ms": [10.0] * 6}
    other = {"right": [True] * 80 + [False] * 20, "ms": [20.0] * 6}
    found = compared.beside([{"rows": {"own": own, "other": other}}], "own", "other")
    assert found["speed"] == {"value": 2.0, "low": 2.0, "high": 2.0}
    assert found["points"]["value"] == pytest.approx(0.1)
    assert 0 < found["points"]["low"] < 0.1 < found["points"]["high"]
    turned = compared.beside([{"rows": {"own": own, "other": other}}], "other", "own")
    assert turned["speed"]["value"] == 0.5
    assert turned["points"]["high"] < 0


def test_a_command_is_measured_and_its_failure_ends_the_run(scripts, tmp_path: Path) -> None:
    cost = scripts("proof_cost")
    busy = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', len(bytearray(60_000_000)))"
    found = cost.run_and_measure([sys.executable, "-c", busy], tmp_path / "log")
    assert found.wall_s >= found.cpu_s * 0.5 > 0.1
    assert found.peak_bytes > 60_000_000
    assert "done" in (tmp_path / "log").read_text()
    once = [cost.measured_once(tmp_path / "cost.json", [sys.executable, "-c", busy], tmp_path / "log") for _ in "ab"]
    assert once[0] == once[1]
    refuses = [sys.executable, "-c", "raise SystemExit(5)"]
    assert cost.run_and_measure(refuses, tmp_path / "log", allowed=(0, 5)).code == 5
    with pytest.raises(SystemExit, match="ended with 3"):
        cost.run_and_measure([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log")


def _made_up() -> dict[str, Any]:
    """A result with one user, two networks of each kind, two ways to answer, and one array."""
    even = {"value": 0.9, "low": 0.86, "high": 0.94}
    cost = {"cpu_s": 300.0, "wall_s": 400.0, "peak_bytes": 3e9}
    half = {"points": {"value": -0.03, "low": -0.05, "high": -0.01}, "speed": {"value": 0.5, "low": 0.4, "high": 0.6}}
    whole = {"points": {"value": 0.0, "low": 0.0, "high": 0.0}, "speed": {"value": 2.0, "low": 1.9, "high": 2.1}}
    guard = {"low_points": 1.0, "high_points": 5.0, "drop_points": 3.0, "verdict": "undecided"}
    ours = {"cost": cost, "accuracy": 0.87, "ms": 50.0, "guard": guard, "base": "resnet50", "cut": True, "macs": 2e9}
    plain = {"cost": cost, "accuracy": 0.9, "ms": 100.0}
    over = {"accuracy": even, "ms": 50.0, "to_generic": whole, "cpu_s": 300.0, "wall_s": 400.0, "peak_bytes": 3e9}
    names = {"ours": True, "small": False, "ResNet-50, restricted": False}
    users = {
        "users": [
            {"pool": "dogs", "classes": ["a"], "rows": {"ours": ours, "small": plain, "ResNet-50, restricted": plain}}
        ],
        "over_users": dict.fromkeys(names, over),
        "compared": {"ours": {"small": half, "ResNet-50, restricted": whole}},
        "ways": [
            {"name": name, "ours": own, "known": "nothing", "lines": 2 if own else 9} for name, own in names.items()
        ],
        "speedup": 2.0,
        "size_px": 192,
        "longer": 3,
        "images": 200,
    }
    answering = {"accuracy": even, "mean_ms": 50.0, "p90_ms": 90.0}
    selector = "edgewise: profile, select fit, classify"
    inputs = {
        "rows": {selector: {**answering, "cost": cost, "lines": 3}, "alone": answering},
        "compared": {"alone": whole},
        "cascades": {},
        "said": "Run one.",
        "classes": 20,
        "images_tuned_on": 200,
        "images_judged_on": 200,
        "lines_of_the_zoo": 31,
    }
    array = {"dataflow": "weight", "layers": 21, "agree": 20, "in_blocks": 1, "agree_but_for_blocks": 21}
    array |= {"agree_as_reported": 13, "cycles": 103, "scale_sim_cycles": 100}
    array |= {"cost": {"edgewise": [{**cost, "cpu_s": 9.0}] * 3, "SCALE-Sim": cost}}
    accelerator = {"arrays": [array], "lines": {"edgewise": 1, "SCALE-Sim": 37}, "network": "resnet18", "px": 64}
    accelerator |= {"rows": 32, "columns": 32, "sram_kib": 64, "rounds": 3}
    contests = {"users": users, "inputs": inputs, "accelerator": accelerator}
    machine = {"cpu": "a processor", "cores": 2}
    return {"seed": 0, "options": "--rapid", "left_out": ["a long one"], "machine": machine, "contests": contests}


def test_the_page_says_what_is_lost_won_and_left_out(scripts) -> None:
    page, result = scripts("proof_page"), _made_up()
    text = "\n\n".join(page.page(result, "the picture"))
    assert "**edgewise loses to small** in accuracy and speed: -3.0 points (-5.0 to -1.0), 0.50 times as fast" in text
    assert "edgewise wins against ResNet-50, restricted in speed, accuracy even" in text
    assert "| A, ours | small |  |  | ResNet-50, restricted |" in text
    assert "held for 1 of 1, and certified 0" in text
    assert "it would have written 0, at one point, and refused 1" in text
    assert "20 of 21 layers agree to the cycle" in text
    assert "**wins**: 9 against 300 s" in text
    assert "**loses**: only SCALE-Sim simulates them" in text
    assert "Left out of this run, for they take long: a long one." in text
    assert "was not run" not in text
    assert max(map(len, text.splitlines())) < 1500


def test_a_refusal_is_told_and_counted(scripts) -> None:
    page, result = scripts("proof_page"), _made_up()
    row = result["contests"]["users"]["users"][0]["rows"]["ours"]
    del row["guard"]
    row["refused"] = "The smaller network is refused."
    text = "\n\n".join(page.page(result, "the picture"))
    assert "its guard wrote nothing, so that the user stays with ResNet-50: The smaller network is refused." in text
    assert "A, ours: **edgewise made nothing**: its guard refused for all 1 users, after 300 s of CPU" in text
    assert "against small" not in text
    assert "loses to small" not in text
    assert "ours" not in scripts("proof_picture").draw(result["contests"]["users"])


def test_what_was_refused_for_some_is_told_before_it_is_compared(scripts) -> None:
    words, result = scripts("proof_words"), _made_up()
    (user,) = result["contests"]["users"]["users"]
    refused = {key: value for key, value in user["rows"]["ours"].items() if key != "guard"}
    rows = {**user["rows"], "ours": {**refused, "refused": "The smaller network is refused."}}
    result["contests"]["users"]["users"].append({**user, "rows": rows})
    first, *rest = words.words(result)
    assert first.startswith("A, ours: **edgewise made nothing for 1 of 2 users**")
    assert any("loses to small" in one for one in rest)


def test_a_contest_that_was_not_run_is_named(scripts) -> None:
    page, result = scripts("proof_page"), _made_up()
    del result["contests"]["users"], result["contests"]["inputs"]
    text = "\n\n".join(page.page(result, ""))
    assert "A was not run, B was not run" in text
    assert "## C. A network on an accelerator" in text
    assert "## A." not in text


def test_worse_figures_turn_the_words_of_the_page(scripts) -> None:
    words, result = scripts("proof_words"), _made_up()
    for other in (others := result["contests"]["users"]["compared"]["ours"]).values():
        other["points"] = {"value": -0.2, "low": -0.25, "high": -0.15}
        other["speed"] = {"value": 0.5, "low": 0.4, "high": 0.6}
    said = [one for one in words.words(result) if "A, ours" in one]
    for other in others:
        assert any(f"**edgewise loses to {other}** in accuracy and speed" in one for one in said)
    assert not any("edgewise wins against" in one for one in said)


@pytest.mark.skipif(not STORED.is_file(), reason="benchmarks/proof.py has not been run to its end yet")
def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored, page = json.loads(STORED.read_text()), scripts("proof_page")
    assert scripts("proof_words").words(stored) == stored["in_words"]
    shown = f"![{page.PICTURE}](pictures/proof.svg)" if "users" in stored["contests"] else ""
    assert (BENCHMARKS.parent / "docs" / "proof.md").read_text() == "\n\n".join(page.page(stored, shown)) + "\n"


def test_the_picture_names_every_network(scripts) -> None:
    users = _made_up()["contests"]["users"]
    drawn = scripts("proof_picture").draw(users)
    assert drawn.startswith("<svg")
    for name in users["over_users"]:
        assert name in drawn


def test_a_guard_that_did_not_hold_is_lost(scripts) -> None:
    words = scripts("proof_words")

    def users(low: float, high: float, verdict: str) -> dict[str, Any]:
        guard = {"low_points": low, "high_points": high, "verdict": verdict}
        rows = {"ResNet-50, restricted": {"accuracy": 0.9}, "own": {"accuracy": 0.87, "guard": guard}}
        return {"users": [{"rows": rows}]}

    assert words._foretold(users(1.0, 5.0, "passes"), "own").outcome == "wins"
    assert words._foretold(users(1.0, 5.0, "undecided"), "own").outcome == "undecided"
    assert words._foretold(users(0.0, 2.0, "passes"), "own").outcome == "loses"
