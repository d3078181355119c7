"""Gathers that do not pay are refused, with both times; times themselves are not asserted."""

import pytest

pytest.importorskip("torch_pruning", reason="the extra [torch] is not installed")
import torch
from torch import nn

from edgewise.errors import UsageError
from edgewise.prune.gather_cost import GatherTimes, Table, layer_shapes, time_gathers, worth_gathering
from edgewise.prune.gather_probe import LayerShape, Window
from edgewise.prune.plan import Cut, Plan
from edgewise.prune.torch_pruning_groups import find_groups
from tests.prune.small_networks import SIZE_PX, Grouped, Residual, drawn, noise

pytestmark = pytest.mark.torch

PAYS, COSTS = GatherTimes(4, 1.0, 0.8, 0.6), GatherTimes(4, 1.0, 1.2, 0.6)
ONE = LayerShape(8, 6, Window((3, 3), (1, 1), (1, 1)), SIZE_PX)
PROJECT = LayerShape(8, 10, Window(), SIZE_PX)


def _plan(groups: object, **reads: Cut) -> Plan:
    return Plan.of(groups, {}, input=(3, SIZE_PX, SIZE_PX), reads=reads)  # type: ignore[arg-type]


def test_what_pays_stays_and_the_rest_is_named() -> None:
    network = drawn(Residual)
    groups = find_groups(network, noise(1))
    plan = _plan(groups, one=Cut(8, (0, 2, 4, 6)), project=Cut(8, (1, 3, 5, 7)))
    table: Table = {(ONE, 4, False): PAYS, (PROJECT, 4, False): COSTS}
    found = worth_gathering(network, groups, plan, noise(), table=table)
    assert found.plan == _plan(groups, one=plan.reads["one"])
    (refused,) = found.refused
    assert refused.path == "project"
    assert refused.reason == "a gather of 4 of 8 inputs and the narrower layer take 1.2 ms, the whole layer 1 ms"
    assert found.times == {"one": PAYS, "project": COSTS}


def test_each_shape_is_measured_once_and_noted() -> None:
    network = drawn(Residual)
    groups = find_groups(network, noise(1))
    table: Table = {}
    plan = _plan(groups, one=Cut(8, (0, 2, 4, 6)), project=Cut(8, (1, 2, 3)))
    found = worth_gathering(network, groups, plan, noise(), rounds=1, table=table)
    assert set(table) == {(ONE, 4, False), (PROJECT, 3, True)}  # the second follows each other: a slice
    assert all(min(one.whole_ms, one.gathered_ms, one.narrow_ms) > 0 for one in table.values())
    before = dict(table)
    assert worth_gathering(network, groups, plan, noise(), rounds=1, table=table) == found
    assert table == before


def test_layers_are_as_wide_as_the_plans_cuts_leave_them() -> None:
    network = drawn(Residual)
    groups = find_groups(network, noise(1))
    reads = {"one": Cut(8, (0, 4)), "three": Cut(8, (0, 1, 4, 5))}
    plan = Plan.of(groups, {"stem": [0, 1, 4, 5], "one": [2, 4]}, input=(3, SIZE_PX, SIZE_PX), reads=reads)
    table: Table = {}
    found = worth_gathering(network, groups, plan, noise(), rounds=1, table=table)
    assert set(table) == {(LayerShape(4, 2, ONE.window, SIZE_PX), 2, False)}
    assert "three" not in found.plan.reads  # it reads all that is left


def test_how_much_a_gather_must_save() -> None:
    assert GatherTimes(4, 1.0, 0.95, 0.5).pays
    assert not GatherTimes(4, 1.0, 0.96, 0.5).pays


class TestShapes:
    def test_as_the_layers_run(self) -> None:
        found = layer_shapes(drawn(Residual), ["one", "project", "head"], noise())
        assert found == {"one": ONE, "project": PROJECT, "head": LayerShape(10, 5)}

    def test_what_cannot_be_measured(self) -> None:
        torch.manual_seed(0)
        oblong = nn.Sequential(nn.Conv2d(3, 4, (1, 3)), nn.Conv2d(4, 4, 1), nn.Linear(10, 2)).double()
        found = layer_shapes(oblong, ["1", "2"], noise())
        assert "12 x 10 is not measured" in str(found["1"])
        assert "Linear" in str(found["2"])
        assert "one output" in str(layer_shapes(nn.Conv2d(3, 1, 1).double(), [""], noise())[""])
        assert "4 groups" in str(layer_shapes(drawn(Grouped), ["grouped"], noise())["grouped"])

    def test_it_is_refused_by_name(self) -> None:
        network = drawn(Residual)
        groups = find_groups(network, noise(1))
        image = torch.randn(1, 3, 12, 10, dtype=torch.float64)
        found = worth_gathering(network, groups, _plan(groups, project=Cut(8, (1, 4))), image)
        assert [one.path for one in found.refused] == ["project"]
        assert "12 x 10" in found.refused[0].reason
        assert not found.plan.reads


@pytest.mark.parametrize("kept", [(), (0, 8)])
def test_a_set_that_is_none(kept: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="is not one of 8"):
        time_gathers(ONE, [kept])
