"""The page of a play."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.report import live_words as words
from edgewise.report.live import render_live, write_live
from edgewise.report.live_chart import WINDOW, draw_live, rolling
from edgewise.report.live_rows import NONE, attempt_facts, stretch_rows, way_rows
from edgewise.store import read_json
from tests.live.small_story import small_story, unlearned_story
from tests.report.test_page import HOSTILE, Page, assert_self_contained


def test_the_page_is_whole_and_loads_nothing() -> None:
    html = render_live(small_story())
    assert_self_contained(html)
    page = Page(html)
    assert len(page.of("svg")) == 3, "one picture, for three widths of page"
    assert all(drawing.get("aria-label") for drawing in page.of("svg"))
    assert all(header.get("scope") in {"row", "col", "rowgroup"} for header in page.of("th"))
    assert "agreement needs none, and says nothing of who is right" in page.text
    assert "640 MB" in page.text


def test_all_figures_lie_beside_it(tmp_path: Path) -> None:
    story = small_story()
    values = write_live(tmp_path / "play.html", story)
    assert values == tmp_path / "play.json"
    stored = read_json(values, "live story", 1)
    assert stored == json.loads(json.dumps(stored))
    assert stored["changes"][0]["delay"] == 30
    assert stored["attempts"][0]["break_even"] == 2500
    assert len(stored["inputs"]["ms"]) == sum(part["inputs"] for part in stored["parts"]) == 1800


def test_hostile_names_stay_text() -> None:
    story = small_story(model=HOSTILE, data=HOSTILE, skipped=((HOSTILE, HOSTILE),))
    story = replace(
        story,
        parts=tuple(replace(part, classes=(HOSTILE, "b")) for part in story.parts),
        events=tuple(replace(event, text=HOSTILE) for event in story.events),
    )
    html = render_live(story)
    assert_self_contained(html)
    assert Page(html).text.count(HOSTILE) >= 5


def test_the_headline() -> None:
    story = small_story()
    (change,) = story.changes
    assert words.headline(story) == (
        "From input 500 on the user's own network served, 2.00 times as fast as the generic one; the change was "
        "noticed after 30 inputs."
    )
    unnoticed = replace(story, changes=(replace(change, delay=None),))
    assert words.headline(unnoticed).endswith("; the change was not noticed.")
    (attempt,) = story.attempts
    slow = replace(story, attempts=(replace(attempt, own_ms=10.0, break_even=None),), changes=())
    assert words.headline(slow) == "From input 500 on the user's own network served, no faster than the generic one."
    turned_down = replace(attempt, swapped_at=None, turned_down="It is not let in.")
    assert "no network of the user's came to serve in 1,800 inputs" in words.headline(
        replace(story, attempts=(turned_down,))
    )


def test_the_story_in_words() -> None:
    learned, cost, worth, change, unlearned = words.told(small_story())
    assert learned == (
        "After 300 inputs of the user the classes were taken for car and key: all of them, and no others."
    )
    assert cost == (
        "Making network-1 took 12 s, 640 MB of memory, 9.5 MB kept of inference and 1.2 MB on the disk; the guard let "
        "it in 160 inputs later."
    )
    assert worth == (
        "An input of its own user takes 5.00 ms in the place of 10.0, measured by turns after the play, what is turned "
        "away and audits counted in: it has paid for the seconds of its making after 2,500 inputs; here it served 700."
    )
    assert change == (
        "The change at input 800 was noticed after 30 inputs, by how foreign inputs looked to it. Until then 30 of 30 "
        "answers were wrong, where the generic network gets 2 wrong."
    )
    assert unlearned.startswith(
        "When the part of another user ended, after 500 inputs, no network of the user's served"
    )


def test_the_device_stands_beside_each_half_alone() -> None:
    story = small_story()
    assert way_rows(story.attempts[0]) == (
        ("the generic network alone", "10.0", "1.00x", "98%", "93 to 99%"),
        ("tail 1 alone, 2.1x the generic one", "4.5", "2.22x", "89%", "81 to 94%"),
        ("the first that is sure, else the generic network", "5.0", "2.00x", "90%", "83 to 94%"),
    )
    assert "tail 1 alone, 2.1x the generic one" in Page(render_live(story)).text


def test_classes_that_were_not_the_users_are_named() -> None:
    story = small_story()
    (attempt,) = story.attempts
    learned, *_ = words.told(
        replace(story, attempts=(replace(attempt, classes=("car", "fish"), missed=("key",), beyond=("fish",)),))
    )
    assert learned.endswith("taken for car and fish: key missing and fish too many.")


def test_a_stream_that_never_settles_has_an_honest_page() -> None:
    story = unlearned_story()
    html = render_live(story)
    assert_self_contained(html)
    assert words.headline(story) == "Nothing was learned in 500 inputs."
    assert "In 500 inputs no two classes stood out." in Page(html).text
    assert "What was made" not in html


def test_rows_say_nothing_of_a_network_that_did_not_serve() -> None:
    first, *_, last = stretch_rows(small_story())
    assert (first.name, first.inputs, first.accuracy) == ("the user: the classes are learned", "300", "100.0%")
    assert {first.agreement, first.own, first.turned_away, first.audited} == {NONE}
    assert (last.user, last.accuracy, last.agreement, last.own) == ("the user again", "90.0%", "90.0%", "100%")
    assert last.accuracy_range == "86.7 to 92.6%"


def test_accuracy_and_agreement_are_told_apart() -> None:
    """A device that differs from the generic network where that is wrong is right, and does not agree."""
    story = small_story()
    inputs = replace(story.inputs, generic=tuple(1 - label for label in story.inputs.truth))
    drawing = str(draw_live(replace(story, inputs=inputs), 992))
    device, generic, agreement = (
        re.findall(rf'class="course {kind}" d="M([^"]+)"', drawing) for kind in ("device", "generic", "agreement")
    )
    assert (len(device), len(generic), len(agreement)) == (1, 1, 3), "agreement where a user's network serves"
    assert device != generic != agreement


def test_what_is_not_known_of_a_network_is_left_out() -> None:
    (attempt,) = small_story().attempts
    bare = replace(attempt, seconds=None, peak_bytes=None, own_ms=None, break_even=None, swapped_at=None, verdict="")
    names = [name for name, _ in attempt_facts(bare)]
    assert "Break-even" not in names
    assert "Memory of the process" not in names
    assert dict(attempt_facts(bare))["Learned, made, let in"] == f"300, 340, {NONE} (inputs)"


@pytest.mark.parametrize("inputs", [1, WINDOW, 5000])
def test_rolling_figures_are_of_the_inputs_around(inputs: int) -> None:
    values = np.arange(inputs, dtype=float)
    found = dict(rolling(values, np.median, 7))
    assert len(found) == len({*range(0, inputs, 7), inputs - 1})
    assert all(abs(value - at) <= WINDOW // 4 + 1 for at, value in found.items())
    assert min(found) == 0


@pytest.mark.parametrize("room_px", [328, 992])
def test_events_that_come_together_stand_in_rows(room_px: int) -> None:
    story = small_story()
    crowd = tuple(replace(story.events[0], at=300 + place) for place in range(6))
    drawing = str(draw_live(replace(story, events=crowd), room_px))
    marks = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawing)]
    assert len(marks) == 6
    for place, (x, y) in enumerate(marks):
        assert all(abs(x - other_x) >= 15 or abs(y - other_y) >= 15 for other_x, other_y in marks[place + 1 :])
