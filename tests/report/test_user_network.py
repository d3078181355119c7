"""The page of a user's network."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from edgewise.errors import StoreError
from edgewise.prune.cost import Cost, StepCost
from edgewise.prune.guard import Guard
from edgewise.prune.user_record import UserRecord, read_user_record
from edgewise.report import user_network_words as words
from edgewise.report.user_network import layer_rows, render_user_network, write_report
from tests.prune.stored_network import evidence, int8, stored, write
from tests.report.test_page import HOSTILE, Page, assert_self_contained


def record_of(folder: Path, *args: Any, **changes: Any) -> UserRecord:
    return read_user_record(write(folder, stored(*args, **changes)))


def test_the_page_is_whole_and_loads_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "user", stored())
    assert write_report(folder) == folder / "report.html"
    other = write_report(folder, tmp_path / "elsewhere.html")
    html = other.read_text()
    assert html == (folder / "report.html").read_text()
    assert_self_contained(html)
    page = Page(html)
    assert len(page.of("svg")) - html.count('class="sign"') == 3 * 3, "three pictures, each for three widths of page"
    assert all(d.get("aria-label") or d.get("aria-hidden") == "true" for d in page.of("svg"))
    assert all(header.get("scope") in {"row", "col"} for header in page.of("th"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    layers = [{"layer": HOSTILE, "channels": 4, "kept": 2, "generic_macs": 9, "macs": 4}] * 2
    record = record_of(tmp_path, classes=[HOSTILE, "bee"], generic=HOSTILE, layers=layers)
    assert_self_contained(render_user_network(record))


def test_a_record_that_knows_little_has_a_page_too(tmp_path: Path) -> None:
    cost = asdict(Cost((StepCost("ranking channels", 60.0), StepCost("solving layers", 30.0))))
    html = render_user_network(record_of(tmp_path, cost=cost, layers=None, candidates=None, solved=[]))
    assert_self_contained(html)
    text = Page(html).text
    assert "What was cut" not in text
    assert "What recovery gave back" not in text
    assert "tried, and" not in text
    assert "G MACs" not in text
    assert "after 9,000 inferences" in text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"base": "net", "replaces": "net", "cut": True}, "It was cut out of the generic network with"),
        ({"base": "small", "replaces": "net", "cut": True}, "It was cut out of small with"),
        ({"base": "small", "replaces": "net", "cut": False}, "It is small at"),
    ],
)
def test_what_it_was_made_of(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    said = words.setting(record_of(tmp_path, **changes))
    assert said.startswith(says)
    assert ("Nothing was cut" in said) != changes["cut"]


def test_int8_stands_beside_float32_and_beside_the_generic_network_at_int8(tmp_path: Path) -> None:
    assert words.precision(record_of(tmp_path)) == ""
    record = record_of(tmp_path, evidence(wrong=40), **int8(evidence(wrong=20)))
    assert words.precision(record) == (
        "It works on integers of 8 bits, for which it was quantised with images that it was made from. At float32 the "
        "same network takes 25.0 ms, 2.50 times as long, and 40 MB in place of 10 MB; the guard, on the same images, "
        "expects it to lose 1.0 point in place of 2.0 points. The generic network would take 9.00 ms at int8: against "
        "that, this one is 0.90 times as fast."
    )
    html = render_user_network(record)
    assert_self_contained(html)
    assert "<title>the same at float32: 1.00 points" in html


def test_a_folder_without_a_network(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("found", "headline", "judged"),
    [
        (
            evidence(),
            "2.00 times as fast, and expected to lose 0.0 points of accuracy, 0.2 at most.",
            "It passes the guard",
        ),
        (
            evidence(inputs=40),
            "2.00 times as fast, and expected to lose 0.0 points of accuracy: an estimate, for 40 images are too few "
            "to be sure.",
            "The guard cannot tell yet",
        ),
        (
            evidence(inputs=40, guard=Guard(when_undecided="estimate")),
            "2.00 times as fast, and expected to lose 0.0 points of accuracy: an estimate, for 40 images are too few "
            "to be sure.",
            "The guard lets it in by its estimate",
        ),
        (
            evidence(wrong=400),
            "2.00 times as fast, and expected to lose 20.0 points of accuracy, which the guard refuses.",
            "The guard refuses it",
        ),
    ],
)
def test_the_words_follow_the_evidence(tmp_path: Path, found: Any, headline: str, judged: str) -> None:
    record = record_of(tmp_path, found)
    assert words.headline(record) == headline
    assert words.judged(record).startswith(f"{judged}, on images that it was not made from: an expected drop of ")


def test_what_it_cost_and_when_it_is_paid_for(tmp_path: Path) -> None:
    record = record_of(tmp_path)
    assert words.paid_back(record) == (
        "Making it took 90 seconds, reading the images and writing the files aside. Each inference saves 10.0 ms, so "
        "it has paid for itself after 9,000 inferences. 12 G multiply-accumulates were computed for it: as many as "
        "84 inferences save."
    )
    assert words.memory(record.cost) == (
        "At most 1.5 GiB of memory were in use at once. Kept meanwhile, at most: 200 MiB of activations."
    )


def test_one_that_is_no_faster_never_pays(tmp_path: Path) -> None:
    record = record_of(tmp_path, ms=21.0)
    assert words.headline(record).startswith("No faster than the generic network, and ")
    assert words.paid_back(record).endswith("No inference is faster for it, so it never pays for itself.")


def test_recovery_in_a_sentence(tmp_path: Path) -> None:
    assert "fell from 40% to 10% in the median of 5 layers, and to half or less in 5 of them." in words.recovered(
        record_of(tmp_path)
    )


def test_every_layer_has_its_row(tmp_path: Path) -> None:
    first, *_, last = layer_rows(record_of(tmp_path))
    assert (first.layer, first.channels, first.macs, first.missed) == (
        "stem",
        "64 of 64",
        "1.00 of 10.00",
        "40.0, then 10.0",
    )
    assert (last.layer, last.channels) == ("head", "4 of 1000")


def test_the_chosen_candidate_stands_once_as_it_was_measured(tmp_path: Path) -> None:
    html = render_user_network(record_of(tmp_path))
    (drawing, *_) = re.findall(r'<svg class="plane" .*?</svg>', html)
    titles = re.findall(r"<title>(.*?)</title>", drawing)
    assert titles == [
        "1 points may be lost at most",
        "the generic network: 0.00 points in 20.0 ms",
        "1.5x: 0.10 points (0.00 to 0.40) in 14.0 ms",
        "3x: 6.00 points (4.00 to 9.00) in 7.00 ms",
        "the user&#39;s network: 0.00 points (0.00 to 0.18) in 10.0 ms",
    ]
