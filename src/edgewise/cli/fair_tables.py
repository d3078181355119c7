"""The fair table in the terminal."""

from edgewise.cli.console import milliseconds, percent, print_table
from edgewise.select.judge.fair_table import FairTable, Interval, Row, Verdict


def show_table(table: FairTable) -> None:
    """Print a fair table as narrow ones: what each way to answer reaches, and what the selectors gain and how."""
    print_table(
        f"{table.images:,} images, {table.folds}-fold nested cross-validation, {table.criterion} (95% intervals).\n"
        "Mean ms holds decoding, choosing and the models run.\n"
        "The coin mixes single models at random, at the same mean ms.",
        [
            "",
            "macro F1 %" if table.criterion == "macro-f1" else "right %",
            "mean ms",
            "coin %",
            "gain, points",
            "the coin",
        ],
        [_reached(row) for row in table.rows],
    )
    selectors = [row for row in table.rows if row.kind in ("selector", "control")]
    best = next((row for row in table.rows if "best" in row.marks), None)  # tables of older versions have no marks
    if best is not None and selectors:
        source = table.energy_source
        print_table(
            f"\nBeside the best single model, {best.name}"
            + (f".\nEnergies are {source}, of the models run" if source else ""),
            ["", "points over it", "its speed times", *(["mJ", "its energy %"] if source else [])],
            [_beside(row, best) for row in selectors],
        )
    print_table(
        "\nHow they chose",
        ["", "p90 ms", "choosing ms", "chose right %", "refused %", "answered by, %"],
        [_chose(row) for row in selectors],
    )


def _reached(row: Row) -> list[str]:
    judged = row.kind in ("selector", "control") and row.gain is not None and row.mixing_accuracy is not None
    return [
        f"{row.name} ({', '.join(row.marks)})" if row.marks else row.name,
        f"{percent(row.accuracy.value)} ({percent(row.accuracy.low)}-{percent(row.accuracy.high)})",
        milliseconds(row.mean_ms),
        percent(row.mixing_accuracy) if judged and row.mixing_accuracy is not None else "",
        _points(row.gain) if judged and row.gain is not None else "",
        _VERDICTS[row.verdict],
    ]


_VERDICTS: dict[Verdict, str] = {
    "beats the mixing line": "beaten",
    "does not": "not beaten",
    "cannot tell": "cannot tell",
    "": "",
}


def _beside(row: Row, best: Row) -> list[str]:
    cells = ["" if row.over_best is None else _points(row.over_best), f"{best.mean_ms / row.mean_ms:.2f}"]
    if row.mean_energy_mj is not None and best.mean_energy_mj is not None:
        cells += [milliseconds(row.mean_energy_mj), f"{100 * row.mean_energy_mj / best.mean_energy_mj:.0f}"]
    return [row.name, *cells]


def _chose(row: Row) -> list[str]:
    shares = ", ".join(f"{model} {100 * share:.0f}" for model, share in row.shares.items() if share)
    return [
        row.name,
        milliseconds(row.p90_ms),
        milliseconds(row.choose_ms),
        "" if row.selection_accuracy is None else percent(row.selection_accuracy),
        percent(row.refusal_rate) if row.refusal_rate else "",
        shares,
    ]


def _points(gain: Interval) -> str:
    return f"{100 * gain.value:+.1f} ({100 * gain.low:+.1f}..{100 * gain.high:+.1f})"
