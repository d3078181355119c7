"""The section "Why this selector": what a selector folder tells, on the page of the profile that it was fitted on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from edgewise.cli.fitted import Fitted, fit_and_judge
from edgewise.cli.report import command
from edgewise.errors import StoreError, UsageError
from edgewise.profile.outcomes import Outcomes
from edgewise.progress import silent
from edgewise.report import render
from edgewise.report.choice import give_reasons
from edgewise.report.choice_rows import limit_rows, offer_rows
from edgewise.report.fair_rows import NONE
from edgewise.report.record import load_budget, save_evaluation, write_profile_report
from edgewise.report.selected import Selected, read_selected
from edgewise.select.budget.auto import AutoMethod
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.kept import Kept
from edgewise.select.feature_costs import FeatureCosts
from edgewise.select.judge.evaluate import Evaluation
from edgewise.select.judge.fair_table import FairTable, Interval
from edgewise.select.paths import path_named
from edgewise.select.trials import Trials
from edgewise.serve.deployment import save_deployment
from edgewise.store import read_json, write_json
from tests.report.conftest import MODELS, TIMES_MS
from tests.report.test_page import HOSTILE, Page, assert_self_contained

Fit = Callable[[Outcomes], Path]


@pytest.fixture(scope="module")
def found() -> Fitted:
    """A method or a single model, whichever is better under a budget, as `edgewise select fit --method auto` has it."""
    rng = np.random.default_rng(0)
    difficulty, labels = rng.random(60), rng.integers(0, 3, 60)
    logits = [
        5.0 * np.eye(3, dtype=np.float32)[np.where(difficulty < reach, labels, (labels + 1) % 3)]
        for reach in (0.5, 0.7, 0.9)
    ]
    trials = Trials(MODELS, tuple(logits), labels, np.empty((60, 0)), (), np.array(TIMES_MS), 1.0, FeatureCosts({}, {}))
    method = AutoMethod({"agreement": path_named("agreement")}, Budget(max_mean_ms=9.0), folds=2)
    return fit_and_judge("auto", method, trials, "top1", 2, 0, silent)


@pytest.fixture
def fit(found: Fitted, tmp_path: Path) -> Fit:
    """Store the selector as one that was fitted on a profile."""

    def stored(outcomes: Outcomes) -> Path:
        about = {"method": "auto", **found.to_json()}
        save_deployment(tmp_path / "selector", found.selector, outcomes.manifest, about)
        return tmp_path / "selector"

    return stored


def change(folder: Path, alter: Callable[[dict[str, Any]], object]) -> None:
    """Change the notes of a stored selector."""
    data = read_json(folder / "selector.json", "selector", 1)
    alter(data["about"])
    write_json(folder / "selector.json", "selector", 1, data)


def candidate(method: str, models: list[str], **changes: Any) -> dict[str, Any]:
    figures = {"accuracy": Interval(0.8, 0.78, 0.82), "mean_ms": 6.0, "p90_ms": 12.0, "energy_mj": None, "refused": 0.0}
    differences = {"over_best": Interval(-0.01, -0.02, 0.004), "gain": Interval(0.03, 0.01, 0.05)}
    return {"method": method, "models": models, **figures, **differences, **changes}


def chosen(*runners_up: dict[str, Any]) -> Any:
    return {
        "chosen": candidate("cascade", ["small_net", "large_net"], refused=0.1, energy_mj=1.25),
        "runners_up": list(runners_up),
        "best_single": "large_net",
        "budget": Budget(max_mean_ms=9),
        "criterion": "top1",
        "images": 1000,
        "folds": 5,
        "why": "Asked for: a mean of 9 ms.",
    }


def test_the_page_says_what_was_chosen_why_and_what_came_next(profile, fit):
    outcomes = profile()
    selected = read_selected(fit(outcomes), outcomes)
    html = render(outcomes, None, [], title="t", selected=selected)
    assert_self_contained(html)
    text = " ".join(Page(html).text.split())
    assert selected.choice is not None
    assert selected.choice["why"] in text
    assert selected.choice["why"].startswith("Asked for: a mean of 9 ms.")
    offered = {one["method"] for one in (selected.choice["chosen"], *selected.choice["runners_up"])}
    assert offered == {"one model", "agreement"}
    for words in ("Why this selector", "agreement", "alone", "chosen", "at most 9", "with --method auto"):
        assert words in text
    assert f"edgewise report {outcomes.folder} --selector {selected.folder}" in text
    assert html.count('<svg class="plane"') == 3


def test_without_a_selector_the_page_says_nothing_of_one(profile, full_table):
    html = render(profile(), full_table, [], title="t")
    assert "Why this selector" not in html
    assert "--selector" not in html.partition("</style>")[2]


def test_both_pictures_of_a_page_cut_their_own_lines(profile, fit, full_table):
    outcomes = profile()
    html = render(outcomes, full_table, [], title="t", selected=read_selected(fit(outcomes), outcomes))
    ids = [attributes["id"] for _, attributes in Page(html).tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_offers_in_texts(full_table):
    rows = offer_rows(
        chosen(
            candidate("one model", ["small_net"], lacks="kept as runner-up"),
            candidate("router", ["middle_net"], p90_ms=120.0, lacks="over the budget"),
        ),
        full_table,
    )
    first, alone, router, best = rows
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert [row.kind for row in rows] == ["selector", "single", "selector", "single"]
    assert (first.chosen, first.lacks, first.models) == (True, "chosen", "small_net, large_net")
    assert (first.right, first.right_range, first.refused, first.energy) == ("80.0%", "78.0 to 82.0%", "10.0%", "1.25")
    assert (first.mean, first.p90) == ("6", "12"), "decimals suit the largest time of the column"
    assert (first.over_best, first.over_coin) == ("\N{MINUS SIGN}1.0", "+3.0")
    assert (first.over_best_range, first.over_coin_range) == ("\N{MINUS SIGN}2.0 to +0.4", "+1.0 to +5.0")
    assert (alone.name, alone.over_best, alone.over_coin, alone.lacks) == (
        "small_net alone", "\N{MINUS SIGN}1.0", NONE, "kept as runner-up",
    )  # fmt: skip
    assert (router.name, router.lacks, router.refused, router.energy) == ("router", "over the budget", NONE, "")
    assert (best.name, best.right, best.mean_ms, best.over_best) == ("large_net alone", "80.0%", 17.0, NONE)


def test_the_best_model_is_not_listed_twice_and_not_compared_with_itself(full_table):
    rows = offer_rows(chosen(candidate("one model", ["large_net"], lacks="kept as runner-up")), full_table)
    assert [row.name for row in rows] == ["cascade", "large_net alone"]
    assert (rows[1].over_best, rows[1].over_best_range) == (NONE, "")
    assert [row.name for row in offer_rows(chosen(), None)] == ["cascade"], "without a table nobody knows it"


def test_limits_in_texts():
    rows = limit_rows(
        (
            Kept("max_mean_ms", 2.0, Interval(1.9324, 1.9, 1.95), True),
            Kept("min_accuracy", 0.9, Interval(0.871, 0.86, 0.88), False),
        )
    )
    assert [(row.name, row.asked, row.reached, row.reached_range, row.kept) for row in rows] == [
        ("mean ms", "at most 2", "1.932", "1.9 to 1.95", True),
        ("accuracy", "at least 90%", "87.1%", "86% to 88%", False),
    ]


def test_energies_and_refusals_have_a_column_where_there_are_any(profile, full_table: FairTable, tmp_path):
    outcomes = profile()
    selected = Selected(tmp_path, "cascade", ("small_net", "large_net"), chosen(), (), "", full_table)
    text = Page(render(outcomes, None, [], title="t", selected=selected)).text
    assert "mean mJ" not in text, "the table does not say whether it is measured or modelled"
    assert "refused" in text
    whole = chosen()
    whole["chosen"]["refused"] = 0.0
    selected = Selected(tmp_path, "cascade", ("small_net", "large_net"), whole, (), "", None)
    reasons = give_reasons(selected, outcomes)
    assert (reasons.refusing, reasons.judged, reasons.mixing) == (False, "", False)
    assert "Why this selector" in render(outcomes, None, [], title="t", selected=selected)


def test_what_was_not_judged_is_said(profile, fit):
    outcomes = profile()
    folder = fit(outcomes)

    def leave_the_models(about: dict[str, Any]) -> None:
        about["fair_table"]["rows"] = [row for row in about["fair_table"]["rows"] if row["kind"] == "single"]

    change(folder, leave_the_models)
    assert "it had nothing to offer" in give_reasons(read_selected(folder, outcomes), outcomes).judged
    change(folder, lambda about: about.update(unjudged="It takes 900 images."))
    assert give_reasons(read_selected(folder, outcomes), outcomes).judged.endswith("not judged. It takes 900 images.")


def test_a_certificate_is_printed(profile, fit):
    outcomes = profile()
    folder = fit(outcomes)
    change(folder, lambda about: about.update(certificate="With 90% confidence, it holds.", choice=None))
    text = Page(render(outcomes, None, [], title="t", selected=read_selected(folder, outcomes))).text
    assert "What is certified" in text
    assert "With 90% confidence, it holds." in text
    assert "What each method offers" not in text


def test_a_selector_of_an_earlier_version_says_how_it_was_fitted(profile, fit):
    outcomes = profile()
    folder = fit(outcomes)
    old = {"models", "outputs", "classes", "profile", "method", "seed"}
    change(folder, lambda about: [about.pop(key) for key in about.keys() - old])
    selected = read_selected(folder, outcomes)
    reasons = give_reasons(selected, outcomes)
    assert (reasons.why, reasons.offers, reasons.limits, reasons.judged, reasons.certificate) == ("", (), (), "", "")
    html = render(outcomes, None, [], title="t", selected=selected)
    assert "fitted to all 12 images of this profile with --method auto" in html
    assert '<svg class="plane"' not in html


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        (lambda about: about["profile"].update(data_sha256="ef" * 32), "other images than those of"),
        (lambda about: about["models"][0].update(fingerprint="00" * 32), "_net is not the model"),
        (lambda about: about["models"][0].update(name="stranger"), "stranger is not the model"),
    ],
)
def test_a_selector_of_another_profile_is_refused(profile, fit, alter, says):
    outcomes = profile()
    folder = fit(outcomes)
    change(folder, alter)
    with pytest.raises(UsageError, match=says) as caught:
        read_selected(folder, outcomes)
    assert "edgewise select fit" in caught.value.hint


@pytest.mark.parametrize(
    ("alter", "says"),
    [
        (lambda about: about["choice"]["chosen"].update(mean_ms="fast"), r"choice\.chosen\.mean_ms is 'fast'"),
        (lambda about: about["choice"]["budget"].update(max_mean_ms=-1.0), "--max-mean-ms is -1.0"),
        (lambda about: about.pop("profile"), "has no 'profile'"),
    ],
)
def test_notes_changed_by_hand_are_refused(profile, fit, alter, says):
    outcomes = profile()
    folder = fit(outcomes)
    change(folder, alter)
    with pytest.raises(StoreError, match=says):
        read_selected(folder, outcomes)


def test_hostile_notes_stay_text(profile, fit):
    outcomes = profile()
    folder = fit(outcomes)

    def spoil(about: dict[str, Any]) -> None:
        about["choice"] |= {"why": HOSTILE}
        about["choice"]["chosen"] |= {"method": HOSTILE, "models": [HOSTILE]}
        about["choice"]["runners_up"][0] |= {"lacks": HOSTILE}
        about |= {"certificate": HOSTILE, "method": HOSTILE}

    change(folder, spoil)
    html = render(outcomes, None, [], title="t", selected=read_selected(folder, outcomes))
    assert_self_contained(html)
    assert Page(html).text.count(HOSTILE) >= 6


def test_the_stored_budget_of_an_evaluation_is_part_of_the_command(profile, full_table, tmp_path):
    outcomes = profile()
    assert load_budget(outcomes) == Budget()
    save_evaluation(
        outcomes,
        Evaluation(full_table, {}, {}, np.zeros(12, np.int64)),
        {"seed": 0, "max_mean_ms": 8.5, "min_accuracy": None},
    )
    assert load_budget(outcomes) == Budget(max_mean_ms=8.5)
    page = write_profile_report(outcomes.folder, tmp_path / "report.html", title="t", show_images=False)
    assert "--max-mean-ms 8.5" in page.read_text(encoding="utf-8")
    path = outcomes.folder / "evaluation.json"
    path.write_text(path.read_text().replace('"max_mean_ms": 8.5', '"max_mean_ms": -8.5'))
    with pytest.raises(StoreError, match=r"--max-mean-ms is -8\.5"):
        load_budget(outcomes)


def test_the_command_explains_a_selector_and_refuses_what_is_none(profile, fit, tmp_path):
    outcomes = profile()
    app = Typer()
    app.command()(command)
    page = tmp_path / "why.html"
    asked = [str(outcomes.folder), "--no-images", "--out", str(page), "--selector"]
    done = CliRunner().invoke(app, [*asked, str(fit(outcomes)), "--json"])
    assert json.loads(done.stdout) == {"report": str(page)}
    assert "Why this selector" in page.read_text(encoding="utf-8")
    page.unlink()
    done = CliRunner().invoke(app, [*asked, str(tmp_path / "nowhere")])
    assert isinstance(done.exception, StoreError)
    assert not page.exists()
