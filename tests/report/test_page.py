"""The whole page: complete in itself, safe with hostile names, honest about what is missing."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from edgewise.errors import StoreError
from edgewise.report import render, write_report
from edgewise.report.provenance import provenance
from edgewise.select.budget.budget import Budget

HOSTILE = '<script>alert("x")</script>'


class Page(HTMLParser):
    """Tags with their attributes, and the text of each tag's own content."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def assert_self_contained(html: str) -> None:
    page = Page(html)
    assert not {"script", "iframe", "object", "embed", "base", "form", "audio", "video", "use"} & {
        t for t, _ in page.tags
    }
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "srcset", "data", "poster", "action", "xlink:href"):
            if name in attributes:
                assert str(attributes[name]).startswith(("data:", "#")), (tag, attributes)
    assert all(target.startswith("#") for target in re.findall(r"url\(\s*['\"]?([^)'\"]+)", html))
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_the_page_loads_nothing_and_embeds_small_pictures(profile, decide, full_table):
    outcomes = profile()
    html = render(outcomes, full_table, decide(outcomes), title="Three networks", notices=["Weights: Apache-2.0."])
    assert_self_contained(html)
    page = Page(html)
    pictures = page.of("img")
    assert 8 <= len(pictures) <= 20
    assert all(max(int(p["width"] or 0), int(p["height"] or 0)) == 128 and p["alt"] for p in pictures)
    assert len(html) < 400_000
    assert "Weights: Apache-2.0." in page.text


def test_every_row_of_the_table_is_on_the_page_with_its_verdict(profile, decide, full_table):
    outcomes = profile()
    text = " ".join(Page(render(outcomes, full_table, decide(outcomes), title="t")).text.split())
    for row in full_table.rows:
        assert row.name in text
    assert text.count("cannot tell") >= 4
    assert "▲beats the mixing line" in text
    assert "▼does not" in text


def test_tables_have_scoped_headers_and_drawings_have_names(profile, decide, full_table):
    outcomes = profile()
    page = Page(render(outcomes, full_table, decide(outcomes), title="t"))
    assert all(header.get("scope") in {"row", "col"} for header in page.of("th"))
    drawings = page.of("svg")
    assert all(d.get("aria-label") or d.get("aria-hidden") == "true" for d in drawings)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_hostile_names_stay_text(profile, decide, full_table, row, table):
    outcomes = profile(classes=(f"{HOSTILE}, x", "dog", "bird"), skipped=[(f"{HOSTILE}.jpg", HOSTILE)])
    rows = [*full_table.rows, row(HOSTILE, "selector", 0.7, 6.0, gain=(0.0, -0.1, 0.1), verdict="cannot tell")]
    html = render(outcomes, table(rows), decide(outcomes), title=HOSTILE, notices=[HOSTILE])
    assert_self_contained(html)
    assert Page(html).text.count(HOSTILE) >= 6


def test_a_file_name_that_is_no_text_does_not_stop_the_report(profile, full_table, tmp_path):
    outcomes = profile(skipped=[("caf\udce9.jpg", "is empty (0 bytes)")])
    path = tmp_path / "report.html"
    write_report(path, render(outcomes, full_table, [], title="t"))
    assert "caf?.jpg" in path.read_text(encoding="utf-8")


def test_lost_pictures_are_said_and_named(profile, decide, full_table):
    outcomes = profile()
    shutil.rmtree(outcomes.manifest["data"]["root"])
    page = Page(render(outcomes, full_table, decide(outcomes), title="t"))
    assert page.of("img") == []
    assert "None of the pictures could be loaded" in page.text
    assert "there is no such file" in page.text
    assert re.search(r"photo 0\d\.png", page.text)


def test_a_picture_that_changed_since_is_not_shown(profile, decide, full_table):
    outcomes = profile()
    root = Path(outcomes.manifest["data"]["root"])
    for path in root.rglob("*.png"):
        path.write_bytes(path.read_bytes() + b"more")
    page = Page(render(outcomes, full_table, decide(outcomes), title="t"))
    assert page.of("img") == []
    assert "the file has changed since" in page.text


def test_pictures_can_be_left_out(profile, decide, full_table):
    outcomes = profile()
    page = Page(render(outcomes, full_table, decide(outcomes), title="t", show_images=False))
    assert page.of("img") == []
    assert "left out on request" in page.text


def test_a_profile_without_a_table_shows_the_zoo_and_the_next_command(profile):
    outcomes = profile()
    html = render(outcomes, None, [], title="t")
    assert_self_contained(html)
    text = " ".join(Page(html).text.split())
    assert f"edgewise select evaluate {outcomes.folder}" in text
    assert "large_net gets most right: 9 of 12. On 9 at least one model is right" in text
    assert "The fair table" not in text


def test_a_table_of_one_single_model_is_a_report_too(profile, table, row):
    html = render(profile(), table([row("small_net")]), [], title="t")
    assert "No selector was judged here" in html
    assert "What choosing costs" not in html


def test_the_making_is_recorded(profile, full_table):
    text = Page(render(profile(skipped=[("a.jpg", "is empty (0 bytes)")]), full_table, [], title="t")).text
    for fact in (
        "A CPU, 2 cores",
        "numpy 2",
        "cd" * 32,
        "5, nested",
        "2,000 resamples",
        "Skipped images (1)",
        "is empty",
    ):
        assert fact in text
    assert "edgewise profile --zoo onnx:/zoo/small_net.onnx --zoo" in text
    assert "--seed 7" in text
    assert "--classes" not in text
    assert "--criterion top1 --folds 5 --seed 0" in text


def test_a_restriction_of_the_classes_is_part_of_the_command(profile):
    outcomes = profile()
    outcomes.manifest["outputs"] = [[3, 1, 2]] * 3
    assert "--classes data" in Page(render(outcomes, None, [], title="t")).text
    outcomes.labels[:] = 0
    assert "--classes cat,dog,bird" in Page(render(outcomes, None, [], title="t")).text


def test_the_commands_repeat_what_was_asked_of_energy_vectors_and_budget(profile, full_table):
    outcomes = profile()
    made, judged, _ = provenance(outcomes, full_table).commands
    assert "--embeddings none" in made, "a profile of an earlier version kept none"
    assert "--power-file" not in made
    assert judged.endswith("--seed 0")
    outcomes.manifest.update(embeddings="all", power_file=None, power_unit=None)
    assert "--embeddings" not in provenance(outcomes, full_table).commands[0]
    outcomes.manifest.update(embeddings="a, b", power_file="/sys/my power", power_unit="mW")
    budget = Budget(max_p90_ms=20.5, max_energy_mj=3, min_accuracy=0.875)
    made, judged, _ = provenance(outcomes, full_table, budget).commands
    assert "--embeddings 'a, b' --power-file '/sys/my power' --power-unit mW" in made
    assert judged.endswith("--seed 0 --max-p90-ms 20.5 --max-energy-mj 3 --min-accuracy 0.875")


def test_an_unwritable_place_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        write_report(tmp_path / "file" / "report.html", "x")
