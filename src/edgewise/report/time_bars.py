"""Where the time goes: what each stage costs, and what choosing adds."""

from dataclasses import dataclass

from edgewise.profile.latency import Stage
from edgewise.profile.outcomes import Outcomes
from edgewise.report.figures import digits_ms, rough_percent
from edgewise.select.judge.fair_table import FairTable


@dataclass(frozen=True)
class Part:
    """One stretch of a bar; `kind` decides its look."""

    kind: str
    width_percent: float


@dataclass(frozen=True)
class TimeBar:
    """One row of bars: medians as stretches, and a mark where nine in ten have ended."""

    name: str
    parts: tuple[Part, ...]
    p90_percent: float | None
    figures: tuple[str, ...]  # what the bar shows, in ms


@dataclass(frozen=True)
class TimeBars:
    """A picture of times with its columns of figures."""

    columns: tuple[str, ...]
    bars: tuple[TimeBar, ...]


def stage_bars(outcomes: Outcomes) -> TimeBars:
    """Decoding, features, and each model's preparing and inference, on one straight scale; models cheapest first."""
    times = {(time.stage, time.model): time for time in outcomes.latency}
    models = sorted(outcomes.models, key=lambda model: outcomes.stage_p50_ms("total", model))
    rows: list[tuple[str, tuple[tuple[str, float], ...], float, float]] = []
    alone: tuple[tuple[str, Stage], ...] = (("decoding the file", "decode"), ("the features", "features"))
    for name, stage in alone:
        if time := times.get((stage, "")):
            rows.append((name, ((stage, time.p50_ms),), time.p50_ms, time.p90_ms))
    for model in models:
        prepare, total = times.get(("prepare", model)), times["total", model]
        before = min(prepare.p50_ms, total.p50_ms) if prepare else 0.0
        # Medians do not add up, so what is not preparing is drawn as inference and the bar ends at the total's median.
        rows.append((model, (("prepare", before), ("infer", total.p50_ms - before)), total.p50_ms, total.p90_ms))
    longest = max(p90 for *_, p90 in rows)
    digits = digits_ms([longest])
    bars = [
        TimeBar(
            name,
            tuple(Part(kind, 100 * ms / longest) for kind, ms in parts),
            100 * p90 / longest,
            (f"{p50:.{digits}f}", f"{p90:.{digits}f}"),
        )
        for name, parts, p50, p90 in rows
    ]
    return TimeBars(("p50 ms", "p90 ms"), tuple(bars))


def choosing_bars(table: FairTable) -> TimeBars:
    """What choosing costs in each selector's and control's mean time: features and decisions apart from the rest."""
    rows = [row for row in table.rows if row.kind in ("selector", "control")]
    longest = max((row.mean_ms for row in rows), default=1.0)
    digits = digits_ms([longest])
    bars = [
        TimeBar(
            row.name,
            (
                Part("choose", 100 * row.choose_ms / longest),
                Part("rest", 100 * max(0.0, row.mean_ms - row.choose_ms) / longest),
            ),
            None,
            (
                f"{row.choose_ms:.{max(2, digits)}f}",
                f"{row.mean_ms:.{digits}f}",
                rough_percent(row.choose_ms / row.mean_ms),
            ),
        )
        for row in rows
    ]
    return TimeBars(("choosing ms", "in all ms", "share"), tuple(bars))
