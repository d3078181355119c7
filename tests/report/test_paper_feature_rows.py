"""The order of elimination and the price of every candidate, as the page prints them."""

from dataclasses import replace

from edgewise.report.paper_feature_rows import candidate_rows, importance_rows, lasting
from edgewise.select.features.elimination import Elimination, Removal
from tests.report.small_study import HOSTILE, NAMES, small_study


def test_every_candidate_is_there_once_what_outlasted_the_others_first() -> None:
    rows = candidate_rows(small_study())
    assert sorted(row.name for row in rows) == sorted(NAMES)
    assert rows[0].name == "tells"
    assert [row.place for row in rows] == ["1", "2", "3", "\N{EN DASH}"]
    assert {row.name for row in rows if row.of_the_paper} == {"tells", "noise"}


def test_what_the_filter_dropped_says_why_and_what_never_varies_has_no_other() -> None:
    found = small_study()
    last = candidate_rows(found)[-1]
    assert (last.name, last.why) == ("copy", "-1.00 with tells")
    constant = replace(found.features.filter.dropped[0], because="", r=0.0)
    filtered = replace(found.features, filter=replace(found.features.filter, dropped=(constant,)))
    assert candidate_rows(replace(found, features=filtered))[-1].why == "it never varies"


def test_alone_counts_shared_steps_and_together_counts_them_once() -> None:
    rows = {row.name: row for row in candidate_rows(small_study())}
    assert (rows["noise"].alone_ms, rows["noise"].alone_percent) == ("0.300", 100)
    assert (rows[HOSTILE].alone_ms, rows["copy"].alone_ms) == ("0.100", "0.000")
    third = next(row for row in rows.values() if row.place == "3")
    assert third.with_those_above_ms == "0.300", "both steps, each once"


def test_the_share_beside_a_place_is_that_of_the_set_down_to_it() -> None:
    found = small_study()
    removals = (Removal("noise", 0.9, 0.25), Removal(HOSTILE, 0.8, 0.2))
    elimination = Elimination(("tells", "noise", HOSTILE), 0.7, 0.3, removals, ("tells",))
    assert lasting(elimination) == ("tells", HOSTILE, "noise")
    rows = candidate_rows(replace(found, features=replace(found.features, elimination=elimination)))
    assert [(row.name, row.with_those_above) for row in rows[:3]] == [
        ("tells", "80%"), (HOSTILE, "90%"), ("noise", "70%"),
    ]  # fmt: skip
    assert [row.with_those_above_ms for row in rows[:3]] == ["0.200", "0.250", "0.300"]


def test_importances_stand_on_one_scale_around_no_loss() -> None:
    rows = importance_rows(small_study().features.importances)
    assert rows[0].name == "tells"
    assert len({row.removed_track.zero for row in rows} | {row.shuffled_track.zero for row in rows}) == 1
    assert rows[0].removed_track.value > (rows[0].removed_track.zero or 0)
