"""The page of a robustness test."""

from __future__ import annotations

import re

import pytest

from edgewise.images.corrupt import KINDS, PARAMETERS
from edgewise.report.robustness import cell_rows, render_robustness
from edgewise.robustness.results import CellResult, Robustness
from edgewise.select.judge.fair_table import Interval


def on_worse_images(*, models: tuple[str, ...] = ("small", "<large>")) -> Robustness:
    def cell(kind, severity: int, accuracy: float) -> CellResult:
        around = Interval(accuracy, accuracy - 0.03, accuracy + 0.03)
        return CellResult(kind, severity, around, 4.5, 0.4, 0.1, 0.8, around, 12.25, Interval(0.01, -0.01, 0.03))

    cells = [cell(None, 0, 0.9), *(cell(kind, level, 0.9 - 0.1 * level) for kind in KINDS for level in range(1, 6))]
    parameters = {kind: (parameter.meaning, parameter.values) for kind, parameter in PARAMETERS.items()}
    skipped = (("<b>.png", "is empty"),)
    return Robustness("cascade", models, models[-1], 500, skipped, 0, 2000, tuple(cells), parameters)


def test_a_drawing_for_each_kind_and_a_line_for_each_cell() -> None:
    page = render_robustness(on_worse_images(), title="A <title>")
    assert page.count('<svg class="plane"') == 5
    assert page.count('<th scope="row">') == 26
    assert "<title>A &lt;title&gt;</title>" in page
    assert "&lt;large&gt;" in page
    assert "&lt;b&gt;.png" in page
    assert not re.search(r'(src|href)="(?!data:)', page), "it loads nothing"


def test_a_selector_of_one_model_has_nothing_beside_it() -> None:
    page = render_robustness(on_worse_images(models=("only",)), title="t")
    assert "over it" not in page
    assert 'course single"' not in page


def test_the_texts_of_a_line() -> None:
    first, second, *_ = cell_rows(on_worse_images())
    assert (first.name, first.accuracy, first.accuracy_range, first.mean_ms) == (
        "clean",
        "90.0%",
        "87.0 to 93.0%",
        "4.5",
    )
    assert (second.name, second.escalated, second.refused, second.same_as_clean) == (
        "blur 1",
        "40.0%",
        "10.0%",
        "80.0%",
    )
    assert (second.over_single, second.over_single_range) == ("+1.0", "\N{MINUS SIGN}1.0 to +3.0")


@pytest.mark.parametrize("kind", KINDS)
def test_who_cannot_see_the_drawing_is_told(kind: str) -> None:
    assert f"{kind}: 90% right on clean images, 40% at severity 5." in render_robustness(on_worse_images(), title="t")
