"""Which model answers how often: one stacked bar per selector, refusals included."""

from dataclasses import dataclass

from edgewise.report.figures import rough_percent
from edgewise.select.judge.fair_table import FairTable

_SHORTEST_WITH_TEXT_PERCENT = 12.0  # a shorter stretch has no room for its figure on a phone


@dataclass(frozen=True)
class Stretch:
    """One model's part of a selector's bar; `shade` is the model's place in the zoo, None = refused."""

    name: str
    shade: int | None
    percent: float
    text: str  # the figure, always
    shown: bool  # the figure fits inside


@dataclass(frozen=True)
class ShareBar:
    """All of one selector's images."""

    name: str
    stretches: tuple[Stretch, ...]
    words: str  # the same for whoever cannot see the bar


@dataclass(frozen=True)
class ShareBars:
    """The picture and its legend."""

    models: tuple[str, ...]  # cheapest first; the position is the shade
    refused: bool  # some selector refuses, so the legend says how that looks
    bars: tuple[ShareBar, ...]


def share_bars(table: FairTable) -> ShareBars:
    """The branch shares of every selector, control and oracle, models in the table's order of time."""
    singles = sorted((row for row in table.rows if row.kind == "single"), key=lambda row: row.mean_ms)
    used = [name for row in table.rows for name in row.shares]
    models = tuple(dict.fromkeys([row.name for row in singles] + used))
    rows = [row for row in table.rows if row.kind != "single"]
    bars: list[ShareBar] = []
    for row in rows:
        parts = [(name, i, row.shares.get(name, 0.0)) for i, name in enumerate(models)]
        stretches = tuple(_stretch(name, i, share) for name, i, share in parts if share > 0)
        if row.refusal_rate > 0:
            stretches += (_stretch("refused", None, row.refusal_rate),)
        bars.append(ShareBar(row.name, stretches, ", ".join(f"{s.name} {s.text}" for s in stretches)))
    return ShareBars(models, any(row.refusal_rate > 0 for row in rows), tuple(bars))


def _stretch(name: str, shade: int | None, share: float) -> Stretch:
    text = rough_percent(share)
    return Stretch(name, shade, 100 * share, text, 100 * share >= _SHORTEST_WITH_TEXT_PERCENT)
