"""The judging of `select_published.py` on drawn ballots, its table of MACs, and the page against the stored results."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
NAMES = ("tiny", "small", "large")


@pytest.fixture
def judge(scripts) -> Any:
    return scripts("select_published_judge")


def _zoo(judge: Any, images: int, seed: int = 0) -> Any:
    """Three networks whose first place is right more often the dearer they are; 50 classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 50, images)
    ballots = rng.random((images, 3, 50)).argsort(axis=2)[:, :, :5].astype(np.int16)
    for network, share in enumerate((0.6, 0.7, 0.85)):
        right = np.flatnonzero(rng.random(images) < share)
        ballots[right, network] = (labels[right, None] + np.arange(5)) % 50
    return judge.Zoo(NAMES, np.array([1.0, 2.0, 10.0]), ballots, labels)


def test_sharing_counts_changes_nothing(judge: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "CLASSES", 50)
    path, held = judge.Ranked(3, 3)(_zoo(judge, 600)), _zoo(judge, 300, seed=1)
    answers = judge.routed(path, held)
    for position in (0, 15, 30):
        own = held.only(path[position].models)
        ran, _, top = path[position].walk(own.ballots.astype(np.int64))
        assert (answers.right[position] == (top[:, 0] == held.labels)).all()
        assert answers.gmacs[position] == pytest.approx(ran @ own.gmacs)


def test_votes_and_single_networks_cost_what_ran(judge: Any) -> None:
    zoo = _zoo(judge, 500)
    answers = judge.routed(judge.agreement(zoo), zoo)
    assert set(np.unique(answers.gmacs)) <= {1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0}
    alone = judge.routed(judge.singles(zoo), zoo)
    assert alone.gmacs.mean(axis=1).tolist() == [1.0, 2.0, 10.0]
    assert (alone.right == zoo.right().T).all()


def test_the_rule_leaves_a_margin(judge: Any) -> None:
    """Of four positions: one clearly too bad, one within 1 point only by luck, one safely, one safely but dearer."""
    goal = np.arange(1000) < 800
    right = np.stack([np.arange(1000) < 500, np.arange(1000) < 792, goal, goal])
    right[1, 800:1000:2], right[1, 0:200:2] = True, False  # many disagreements, which make the margin large
    gmacs = np.repeat(np.float32([[1], [2], [3], [4]]), 1000, axis=1)
    answers = {"path": judge.Answers(right, gmacs)}
    assert judge.Rule("large", points_under=1.0).choose(answers, goal) == ("path", 2)
    assert judge.Rule("large", points_under=1.0, standard_errors=0.0).choose(answers, goal) == ("path", 1)


def test_where_nothing_keeps_to_the_rule_the_most_accurate_runs(judge: Any) -> None:
    goal = np.ones(100, bool)
    right = np.stack([np.arange(100) < 50, np.arange(100) < 90])
    assert judge.Rule("large", 0.1).choose({"path": judge.Answers(right, np.ones((2, 100)))}, goal) == ("path", 1)


def test_nested_judging_holds_every_image_out_once(judge: Any) -> None:
    zoo, steps = _zoo(judge, 400), list[tuple[int, int]]()
    paths = {"single networks": judge.singles, "agreement": judge.agreement}
    rules = {"": judge.Rule("large", 0.5), " (bold)": judge.Rule("large", 0.5, standard_errors=0.0)}
    judged = judge.judge(zoo, paths, rules, 0, lambda *step: steps.append(step))
    assert steps[-1][0] == steps[-1][1]
    assert len(judged.chosen) == 2 * 3
    assert judged.chosen["single networks"].right.mean() == zoo.right()[:, 2].mean()  # no other keeps to the rule
    assert set(judged.chosen["agreement"].picks) != {"large alone"}
    assert judged.chosen["agreement"].gmacs.mean() < 10
    assert set(judged.chosen[judge.ANY].picks) == {"agreement"}


def test_networks_and_sources_are_complete(scripts) -> None:
    table = scripts("select_published_macs").load()
    assert len(table.networks) + len(table.left_out) == 67
    assert {one.source for one in table.networks.values()} == set(table.sources)
    assert all((one.architecture is not None) == (one.source == "counted") for one in table.networks.values())
    published = scripts("premodel_published").GMACS
    assert {name: table.networks[name].gmacs for name in published} == published
    gmacs = [one.gmacs for one in table.networks.values()]
    assert gmacs == sorted(gmacs)


@pytest.mark.slow  # imports two libraries of networks
@pytest.mark.torch
@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet18", "dpn68"])
def test_counted_figures_are_counted(scripts, name: str) -> None:
    macs = scripts("select_published_macs")
    published = macs.load().networks[name]
    assert macs.count(published) == pytest.approx(published.gmacs, abs=6e-4)


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "select_published.json").read_text())
    text = (BENCHMARKS.parent / "docs" / "select_published.md").read_text()
    page = scripts("select_published_page")
    assert page.words(stored) == stored["in_words"]
    pictures = [line for line in text.splitlines() if line.startswith("![")]
    assert text == "\n\n".join(page.page(stored, pictures)) + "\n"
    for picture in pictures:
        assert (BENCHMARKS.parent / "docs" / picture.split("(")[1].rstrip(")")).is_file()


def test_perfect_choice_grows_by_what_the_next_network_repairs(scripts, judge: Any) -> None:
    zoo_script, zoo = scripts("select_published_zoo"), _zoo(judge, 1000)
    steps = zoo_script.perfect_choice_by_size(zoo, 3)
    assert [step["size"] for step in steps] == [1, 2, 3]
    assert steps[0]["network"] == "large"
    assert sum(step["gain_points"] for step in steps) == pytest.approx(steps[-1]["ceiling_points"])
    assert steps[-1]["ceiling_points"] == pytest.approx(100 * zoo.right().any(axis=1).mean())
    best = zoo_script.best_by_size(zoo, 3)
    assert best[2] == pytest.approx(steps[-1]["ceiling_points"])
    assert best[1] >= steps[1]["ceiling_points"]
