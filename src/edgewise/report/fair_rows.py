"""The fair table as the page prints it: every figure already a text, with digits that line up."""

from dataclasses import dataclass

from edgewise.report.figures import digits_ms, milliseconds, percent, percent_range, points, points_range
from edgewise.report.markers import WORDS
from edgewise.report.scale import Scale
from edgewise.select.judge.fair_table import FairTable, Kind, Row, Verdict

NONE = "\N{EN DASH}"
SIGNS: dict[Verdict, str] = {"beats the mixing line": "▲", "does not": "▼", "cannot tell": "?", "": ""}


@dataclass(frozen=True)
class Whisker:
    """A gain drawn as a dot with its interval, in percent of the cell's width; `zero` is where nothing is gained."""

    zero: float
    low: float
    value: float
    high: float


@dataclass(frozen=True)
class FairRow:
    """One row of texts."""

    number: int  # the plane uses it where a name has no room
    name: str
    kind: Kind
    kind_word: str
    accuracy: str
    accuracy_range: str
    mean_ms: str
    p90_ms: str
    choose_ms: str
    selection: str
    refused: str
    mixing: str
    gain: str
    gain_range: str
    whisker: Whisker | None
    verdict: Verdict
    verdict_sign: str
    over_best: str
    over_best_range: str
    energy: str


def fair_rows(table: FairTable) -> tuple[FairRow, ...]:
    """The rows in the order of the table."""
    digits = digits_ms([row.p90_ms for row in table.rows])
    whiskers = _whiskers(table)
    return tuple(
        _fair_row(number, row, table.images, digits, whisker)
        for number, (row, whisker) in enumerate(zip(table.rows, whiskers, strict=True), 1)
    )


def _fair_row(number: int, row: Row, images: int, digits: int, whisker: Whisker | None) -> FairRow:
    return FairRow(
        number=number,
        name=row.name,
        kind=row.kind,
        kind_word=", ".join((WORDS[row.kind], *row.marks)),
        accuracy=percent(row.accuracy.value, images),
        accuracy_range=percent_range(row.accuracy, images),
        mean_ms=f"{row.mean_ms:.{digits}f}",
        p90_ms=f"{row.p90_ms:.{digits}f}",
        choose_ms=f"{row.choose_ms:.{max(2, digits)}f}" if row.choose_ms > 0 else NONE,
        selection=NONE if row.selection_accuracy is None else percent(row.selection_accuracy, images),
        refused=percent(row.refusal_rate, images) if row.refusal_rate > 0 else NONE,
        mixing=NONE if row.mixing_accuracy is None else percent(row.mixing_accuracy, images),
        gain=NONE if row.gain is None else points(row.gain.value),
        gain_range="" if row.gain is None else points_range(row.gain),
        whisker=whisker,
        verdict=row.verdict,
        verdict_sign=SIGNS[row.verdict],
        over_best=NONE if row.over_best is None else points(row.over_best.value),
        over_best_range="" if row.over_best is None else points_range(row.over_best),
        energy=NONE if row.mean_energy_mj is None else milliseconds(row.mean_energy_mj),
    )


def _whiskers(table: FairTable) -> list[Whisker | None]:
    """One scale for all selectors and controls; the oracle's gain is so large that theirs would be dots beside it."""
    drawn = {i: row.gain for i, row in enumerate(table.rows) if row.gain and row.kind in ("selector", "control")}
    ends = [0.0, *(end for gain in drawn.values() for end in (gain.low, gain.high))]
    scale = Scale(min(ends), max(ends), 3, 97) if max(ends) > min(ends) else Scale(-1, 1, 3, 97)
    zero = scale.place(0.0)
    return [
        Whisker(zero, *(scale.place(end) for end in (drawn[i].low, drawn[i].value, drawn[i].high)))
        if i in drawn
        else None
        for i in range(len(table.rows))
    ]
