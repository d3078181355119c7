"""The fair table as JSON values; `restore(FairTable, values, file)` is the way back."""

from dataclasses import asdict
from typing import Any

from edgewise.select.judge.fair_table import FairTable


def table_to_json(table: FairTable) -> dict[str, Any]:
    """JSON values alone: dicts, lists, strings, numbers, None."""
    values = asdict(table)
    values["rows"] = [{**row, "marks": list(row["marks"])} for row in values["rows"]]
    values["mixing_line"] = [list(corner) for corner in table.mixing_line]
    return values
