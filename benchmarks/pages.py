"""What the benchmarks write: a JSON result with machine, versions and seed, and a page of the docs."""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgewise.machine import fingerprint
from edgewise.select.judge.fair_table import FairTable, Interval, Row

ROOT = Path(__file__).parent.parent
_FOLDERS = ("--work", "--scale-sim")
_FOLDERS_IS = tuple(f"{option}=" for option in _FOLDERS)


def write_result(name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Write benchmarks/results/NAME.json; returns the machine that stands in it."""
    machine = asdict(fingerprint())
    whole = {"command": typed(sys.argv), "machine": machine, **result}
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return machine


def typed(arguments: Sequence[str]) -> str:
    """The command of a benchmark without the folders of this machine, which change no figure."""
    script, *rest = arguments
    words, kept = iter(rest), list[str]()
    for word in words:
        if word in _FOLDERS:
            next(words, None)
        elif not word.startswith(_FOLDERS_IS):
            kept.append(word)
    return shlex.join(["python", f"benchmarks/{Path(script).name}", *kept])


def write_page(name: str, parts: Sequence[str]) -> None:
    """Write docs/NAME.md and print it."""
    text = "\n\n".join(parts) + "\n"
    (ROOT / "docs" / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def filled(page: Path, filled_by: str, words: str) -> str:
    """A hand-written page with new words between the comments `filled_by`, "what: ...", and "end of what"."""
    begin, end = f"<!-- {filled_by} -->", f"<!-- end of {filled_by.partition(':')[0]} -->"
    before, found_begin, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise ValueError(f"{page.name} has no place between {begin} and {end}.")
    return f"{before}{begin}\n\n{words}\n\n{end}{after}"


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a bar within a cell stays one."""
    assert all(len(row) == len(columns) for row in rows), "a cell for each column"
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def markdown_list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def fair_table(table: FairTable, *, cost: str = "ms", digits: int = 1) -> str:
    """The fair table in Markdown; `cost` is the unit of its times."""
    columns = [
        "",
        "accuracy % (95%)",
        f"mean {cost}",
        f"p90 {cost}",
        f"choosing {cost}",
        "chose right %",
        "refused %",
        "mixing line %",
        "gain, points (95%)",
        "against the mixing line",
    ]
    return markdown_table(columns, [_cells(row, digits) for row in table.rows])


def _cells(row: Row, digits: int) -> list[str]:
    fitted = row.kind in ("selector", "control")
    return [
        row.name,
        f"{100 * row.accuracy.value:.1f} ({100 * row.accuracy.low:.1f} to {100 * row.accuracy.high:.1f})",
        f"{row.mean_ms:.{digits}f}",
        f"{row.p90_ms:.{digits}f}",
        f"{row.choose_ms:.{digits + 1}f}" if row.choose_ms else "",
        f"{100 * row.selection_accuracy:.1f}" if fitted and row.selection_accuracy is not None else "",
        f"{100 * row.refusal_rate:.1f}" if row.refusal_rate else "",
        f"{100 * row.mixing_accuracy:.1f}" if fitted and row.mixing_accuracy is not None else "",
        points(row.gain) if fitted and row.gain is not None else "",
        row.verdict,
    ]


def points(gain: Interval) -> str:
    """A gain in points with its interval."""
    return f"{100 * gain.value:+.1f} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
