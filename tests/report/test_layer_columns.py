"""Layers drawn as columns."""

from __future__ import annotations

import re

import pytest

from edgewise.report.layer_columns import Column, Panel, draw_columns, stages_of


def panel(columns: list[Column]) -> Panel:
    return Panel("title", tuple(columns), 1.0, 100.0, "{:g}".format)


def rectangles(drawing: str) -> list[tuple[str, ...]]:
    return re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/>', drawing)


def test_what_is_left_stands_before_what_was() -> None:
    drawing = draw_columns([panel([Column("a", 1.0, 0.25, "a: a quarter")])], 300, "words")
    (whole, *_, high), (part, *_, low) = rectangles(drawing)
    assert (whole, float(high)) == ("whole", 100.0)
    assert (part, float(low)) == ("part", 25.0)
    assert "<title>a: a quarter</title>" in drawing


def test_one_that_nothing_was_done_to_is_plain_and_one_that_is_too_high_ends_at_the_top() -> None:
    drawing = draw_columns([panel([Column("a", 1, 1, "", plain=True), Column("b", 7.0, 3.0, "")])], 300, "words")
    assert [(kind, float(high)) for kind, *_, high in rectangles(drawing)] == [
        ("plain", 100.0),
        ("whole", 100.0),
        ("part", 100.0),
    ]


@pytest.mark.parametrize("layers", [1, 5, 53, 300])
def test_all_columns_are_inside_however_many(layers: int) -> None:
    columns = [Column(f"layer{i // 10}.{i}", 1.0, 0.5, "") for i in range(layers)]
    drawing = draw_columns([panel(columns), panel(columns)], 358, "words")
    width = float(re.findall(r'viewBox="0 0 ([\d.]+)', drawing)[0])
    assert width <= 358
    assert all(float(x) + float(wide) <= width for _, x, _, wide, _ in rectangles(drawing))
    assert len(rectangles(drawing)) == 4 * layers


def test_stages_are_runs_of_names_that_begin_alike() -> None:
    assert stages_of(["conv1", "layer1.0.a", "layer1.1.a", "layer2.0.a", "fc"]) == [
        ("conv1", 1),
        ("layer1", 2),
        ("layer2", 1),
        ("fc", 1),
    ]
    assert stages_of(["features.0", "features.3", "classifier.0"]) == [
        ("features.0", 1),
        ("features.3", 1),
        ("classifier.0", 1),
    ]


def names_in(drawing: str) -> list[str]:
    return re.findall(r'<text class="tick" x="[\d.]+" y="[\d.]+">(.*?)</text>', drawing)


def test_where_not_all_names_have_room_the_longest_stages_have_theirs() -> None:
    layers = ["conv1", *(f"layer1.{i}" for i in range(10)), *(f"layer2.{i}" for i in range(12)), "fc"]
    columns = [Column(layer, 1.0, 0.5, "") for layer in layers]
    assert names_in(draw_columns([panel(columns)], 900, "")) == ["conv1", "layer1", "layer2", "fc"]
    assert names_in(draw_columns([panel(columns)], 190, "")) == ["layer1", "layer2"]
