"""The fair table as JSON values and back; `evaluation.json` holds it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from edgewise.errors import StoreError
from edgewise.select.fair_table import FairTable, Interval, Row


def table_to_json(table: FairTable) -> dict[str, Any]:
    """JSON values alone: dicts, lists, strings, numbers, None."""
    values = asdict(table)
    values["rows"] = list(values["rows"])
    values["mixing_line"] = [list(corner) for corner in table.mixing_line]
    return values


def table_from_json(values: Mapping[str, Any]) -> FairTable:
    """The inverse of `table_to_json`. Raises `StoreError` when a field is missing, or unknown."""
    try:
        rows = tuple(_row(row) for row in values["rows"])
        line = tuple((float(time), float(accuracy)) for time, accuracy in values["mixing_line"])
        fields: dict[str, Any] = {**values, "rows": rows, "mixing_line": line}
        return FairTable(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"This is no fair table: {error}.", "Evaluate again with this version.") from error


def _row(values: Mapping[str, Any]) -> Row:
    gain = values["gain"]
    fields: dict[str, Any] = {
        **values,
        "accuracy": Interval(**values["accuracy"]),
        "gain": None if gain is None else Interval(**gain),
    }
    return Row(**fields)
