"""The story says what the table says: wins, losses and doubt, each in words of its own."""

from __future__ import annotations

from edgewise.report.story import tell
from edgewise.select.judge.fair_table import FairTable

WIN = {"gain": (0.023, 0.008, 0.037), "verdict": "beats the mixing line"}
LOSS = {"gain": (-0.019, -0.032, -0.006), "verdict": "does not"}
DOUBT = {"gain": (0.004, -0.010, 0.019), "verdict": "cannot tell"}


def test_a_winner_is_named_with_its_interval(table, row):
    story = tell(
        table([row("net"), row("cascade", "selector", 0.72, **WIN), row("premodel", "selector", 0.6, **LOSS)]), 10
    )
    assert story.headline == ("1 of 2 selectors beats random mixing: cascade, +2.3 points (95% interval +0.8 to +3.7).")
    assert story.selectors[0].mixing == "Beats random mixing in the same time: +2.3 points (95% interval +0.8 to +3.7)."


def test_an_interval_that_ends_at_nothing_is_barely_a_win(table, row):
    near = {"gain": (0.009, 0.0001, 0.02), "verdict": "beats the mixing line"}
    story = tell(table([row("net"), row("cascade", "selector", **near), row("b", "selector", **DOUBT)]), 10)
    assert story.headline.startswith("1 of 2 selectors barely beats random mixing: cascade, +0.9 points")
    assert story.selectors[0].mixing.startswith("Barely beats random mixing in the same time: +0.9 points")


def test_of_two_winners_the_surer_one_is_named(table, row):
    lucky = {"gain": (0.05, 0.001, 0.1), "verdict": "beats the mixing line"}
    story = tell(table([row("net"), row("lucky", "selector", **lucky), row("sure", "selector", **WIN)]), 10)
    assert story.headline.startswith("2 of 2 selectors beat random mixing: most surely sure, +2.3 points")


def test_a_lone_premodel_that_loses_is_said_to_lose(table, row):
    story = tell(table([row("net"), row("premodel", "selector", 0.6, **LOSS)]), 10)
    assert story.headline == "premodel does not beat random mixing of the single models."
    assert story.selectors[0].mixing == (
        "Does not beat random mixing in the same time: "
        "\N{MINUS SIGN}1.9 points (95% interval \N{MINUS SIGN}3.2 to \N{MINUS SIGN}0.6). "
        "A coin that picks the model does better."
    )


def test_all_losing_and_all_doubtful_are_different_headlines(table, row):
    lost = tell(table([row("net"), row("a", "selector", **LOSS), row("b", "selector", **LOSS)]), 10)
    assert lost.headline == "No selector beats random mixing of the single models."
    unsure = tell(table([row("net"), row("a", "selector", **DOUBT), row("b", "selector", **DOUBT)], images=100), 10)
    assert unsure.headline == "100 images cannot tell whether any selector beats random mixing of the single models."
    assert "100 images cannot tell" in unsure.selectors[0].mixing
    mixed = tell(table([row("net"), row("a", "selector", **LOSS), row("b", "selector", **DOUBT)]), 10)
    assert mixed.headline == "No selector is shown to beat random mixing: 1 does not, 1 cannot be told from it."


def test_a_coin_is_not_called_better_when_the_interval_reaches_zero(table, row):
    near = {"gain": (-0.01, -0.02, 0.0), "verdict": "does not"}
    story = tell(table([row("net"), row("premodel", "selector", **near)]), 10)
    assert "coin" not in story.selectors[0].mixing


def test_without_a_selector_nothing_is_claimed(table, row):
    story = tell(table([row("net")]), 10)
    assert story.headline == "No selector was judged here: these are the single models alone."
    assert story.selectors == ()
    assert story.ceiling == ""


def test_the_best_single_model_is_told_with_its_interval_and_close_ones(table, row):
    best, far = row("best", accuracy=0.75, mean_ms=9.0), row("far", accuracy=0.5, mean_ms=2.0)
    alone = tell(table([far, best]), 10).best
    assert alone == "The best single model is best: 75.0% (72.0 to 78.0%) right in 9.00 ms."
    close = tell(table([far, best, row("close", accuracy=0.74, mean_ms=3.0)]), 10).best
    assert "close at 74.0% in 3.00 ms comes so close that the intervals do not settle the order." in close


def test_a_difference_inside_the_interval_is_no_difference(table, row):
    rows = [row("net", accuracy=0.70, mean_ms=10.0)]
    rows += [row("near", "selector", 0.71, 5.0, **WIN), row("far", "selector", 0.60, 25.0, **LOSS)]
    rows += [row("same", "selector", 0.70, 10.0, refusal_rate=0.125, **DOUBT)]
    near, far, same = tell(table(rows), 10).selectors
    assert near.single.endswith(": +1.0 points against the best single model, too little to tell, in 50% less time.")
    assert far.single.endswith(": 10.0 points less than the best single model, in 2.5 times its time.")
    assert same.single == (
        "70.0% (67.0 to 73.0%) right in 10.0 ms, 12.5% refused: as many as the best single model, in the same time."
    )


def test_few_images_bear_no_decimals(table, row):
    story = tell(table([row("net", accuracy=0.734)], images=100), 10)
    assert "73% (70 to 76%)" in story.best


def test_the_ceiling_and_the_controls_are_told(full_table: FairTable):
    story = tell(full_table, 10)
    assert "A perfect choice (oracle) would get 87.0% (84.0 to 90.0%) in 4.30 ms." in story.ceiling
    assert "More than 7.0 points cannot be gained" in story.ceiling
    assert [finding.name for finding in story.controls] == ["control: file size and shape", "control: chance"]
    assert "1,000 images of 10 classes went through 3 models (small_net, middle_net and large_net)" in story.setting
