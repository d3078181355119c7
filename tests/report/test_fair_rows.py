"""The printed table: texts that line up, and gains drawn on one scale."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgewise.report.fair_rows import NONE, fair_rows
from edgewise.select.judge.fair_table import Interval


def test_all_whiskers_share_one_scale_that_holds_zero(full_table):
    rows = fair_rows(full_table)
    drawn = [(row, source.gain) for row, source in zip(rows, full_table.rows, strict=True) if row.whisker]
    assert {row.kind for row, _ in drawn} == {"selector", "control"}
    (zero,) = {row.whisker.zero for row, _ in drawn}
    slopes = [(row.whisker.value - zero) / gain.value for row, gain in drawn]
    assert slopes == pytest.approx([slopes[0]] * len(slopes))
    for row, _ in drawn:
        assert 0 <= row.whisker.low <= row.whisker.value <= row.whisker.high <= 100


def test_a_column_has_one_number_of_decimals_and_a_dash_for_nothing(full_table):
    rows = fair_rows(full_table)
    assert {len(row.mean_ms.partition(".")[2]) for row in rows} == {1}
    assert [rows[0].selection, rows[0].mixing, rows[0].gain, rows[0].choose_ms] == [NONE] * 4
    assert [row.number for row in rows] == list(range(1, 11))


def test_a_table_without_any_gain_has_no_whiskers(table, row):
    zero = row("even", "selector", gain=(0.0, 0.0, 0.0), verdict="does not")
    assert fair_rows(table([row("net")]))[0].whisker is None
    assert fair_rows(table([row("net"), zero]))[1].whisker.value == 50


def test_marks_differences_and_energies_are_texts_too(table, row):
    best = replace(row("net"), marks=("largest", "best"), mean_energy_mj=12.5)
    over = replace(row("cascade", "selector"), over_best=Interval(0.011, 0.003, 0.02), mean_energy_mj=None)
    first, second = fair_rows(table([best, over]))
    assert (first.kind_word, first.over_best, first.energy) == ("single model, largest, best", NONE, "12.5")
    assert (second.over_best, second.over_best_range, second.energy) == ("+1.1", "+0.3 to +2.0", NONE)
