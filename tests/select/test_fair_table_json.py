import json

import pytest

from edgewise.errors import StoreError
from edgewise.select.evaluate import evaluate
from edgewise.select.fair_table_json import table_from_json, table_to_json
from edgewise.select.premodel_method import PremodelMethod


def test_through_text_and_back_nothing_is_lost(make_trials) -> None:
    table = evaluate(make_trials(images=60), {"p": PremodelMethod()}, bootstrap=10).table
    values = json.loads(json.dumps(table_to_json(table), allow_nan=False))
    assert table_from_json(values) == table


@pytest.mark.parametrize("damage", ["missing", "unknown", "row"])
def test_what_is_no_table_is_refused(make_trials, damage: str) -> None:
    values = table_to_json(evaluate(make_trials(images=60), {"p": PremodelMethod()}, bootstrap=10).table)
    if damage == "missing":
        del values["seed"]
    elif damage == "unknown":
        values["colour"] = "blue"
    else:
        del values["rows"][0]["gain"]
    with pytest.raises(StoreError, match="no fair table"):
        table_from_json(values)
