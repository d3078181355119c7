import json
from pathlib import Path

import pytest

from edgewise.errors import StoreError
from edgewise.restore import restore
from edgewise.select.judge.evaluate import evaluate
from edgewise.select.judge.fair_table import FairTable
from edgewise.select.judge.fair_table_json import table_to_json
from edgewise.select.premodel.method import PremodelMethod

FILE = Path("evaluation.json")


def test_through_text_and_back_nothing_is_lost(make_trials) -> None:
    table = evaluate(make_trials(images=60), {"p": PremodelMethod()}, bootstrap=10).table
    values = json.loads(json.dumps(table_to_json(table), allow_nan=False))
    assert restore(FairTable, values, FILE) == table


def test_what_an_older_version_stored_is_still_read(make_trials) -> None:
    table = evaluate(make_trials(images=60), {"p": PremodelMethod()}, bootstrap=10).table
    values = table_to_json(table)
    del values["energy_source"]
    for row in values["rows"]:
        del row["marks"], row["over_best"], row["mean_energy_mj"]
    read = restore(FairTable, values, FILE)
    assert [row.accuracy for row in read.rows] == [row.accuracy for row in table.rows]
    assert {(row.marks, row.over_best, row.mean_energy_mj) for row in read.rows} == {((), None, None)}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("missing", "has no 'seed'"),
        ("unknown", "'colour', which is unknown"),
        ("row", r"rows\[0\] has no 'gain'"),
        ("verdict", r"rows\[0\].verdict is 'wins'; expected"),
    ],
)
def test_what_is_no_table_is_refused(make_trials, damage: str, said: str) -> None:
    values = table_to_json(evaluate(make_trials(images=60), {"p": PremodelMethod()}, bootstrap=10).table)
    if damage == "missing":
        del values["seed"]
    elif damage == "unknown":
        values["colour"] = "blue"
    elif damage == "verdict":
        values["rows"][0]["verdict"] = "wins"
    else:
        del values["rows"][0]["gain"]
    with pytest.raises(StoreError, match=said):
        restore(FairTable, values, FILE)
