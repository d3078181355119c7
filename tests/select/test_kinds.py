import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.kinds import pack, restorer, unpack
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.single import SingleModel


def test_what_is_packed_comes_back(make_trials) -> None:
    trials = make_trials(images=60)
    premodel = PremodelMethod().fit(trials)
    held = (SingleModel("net0"), premodel, PremodelMethod(on_fail="refuse").fit(trials))
    values, arrays = pack(held)
    again = unpack(values, arrays)
    for old, new in zip(held, again, strict=True):
        assert new.state()[0] == old.state()[0]
        assert (new.route(trials).top == old.route(trials).top).all()


def test_the_same_array_is_stored_once(make_trials) -> None:
    premodel = PremodelMethod().fit(make_trials(images=60))
    alone = sum(array.nbytes for array in premodel.state()[1].values())
    assert alone > 0
    assert sum(array.nbytes for array in pack([premodel] * 5)[1].values()) <= alone


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="oracle") as raised:
        restorer("oracle")
    assert "cascade" in str(raised.value.hint)
    with pytest.raises(KeyError):
        unpack([{"kind": "single", "state": {}, "arrays": {}}], {"0.x": np.zeros(1)})
