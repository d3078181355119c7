import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.prune.allocate import Limits, by_latency, uniform
from edgewise.prune.criterion import Ranking
from edgewise.prune.groups import Group, Member
from edgewise.prune.work import LayerWork

pytestmark = pytest.mark.torch


def _group(name: str, reader: str, channels: int = 32) -> Group:
    rows = np.arange(channels)[:, None]
    return Group(name, channels, (Member(name, "writes", rows), Member(reader, "reads", rows)))


def _layer(path: str, takes: int, gives: int, ms: float) -> LayerWork:
    return LayerWork(path, "Conv2d", 1000, 4000, takes, gives, ms)


GROUPS = (_group("a", "b"), _group("b", "c"), _group("c", "head"))
LAYERS = (_layer("a", 3, 32, 1.0), _layer("b", 32, 32, 4.0), _layer("c", 32, 32, 4.0), _layer("head", 32, 10, 1.0))
CHEAP, DEAR = (np.linspace(0, top, 31) for top in (0.01, 0.5))


def _rankings(**costs: np.ndarray) -> dict[str, Ranking]:
    return {name: Ranking(np.arange(31), own) for name, own in costs.items()}


def _share(kept: dict[str, tuple[int, ...]]) -> float:
    left = {name: len(kept.get(name, range(32))) / 32 for name in "abc"}
    return (left["a"] + 4 * left["a"] * left["b"] + 4 * left["b"] * left["c"] + left["c"]) / 10


def test_uniform_keeps_the_share_in_steps() -> None:
    kept = uniform(GROUPS, _rankings(a=CHEAP, b=DEAR), 0.6)
    assert {name: len(stays) for name, stays in kept.items()} == {"a": 16, "b": 16}  # 19.2 of 32, in steps of 8
    assert kept["a"] == tuple(range(16, 32)), "the first of the ranking go first"
    assert uniform(GROUPS, _rankings(a=CHEAP), 1.0) == {}


@pytest.mark.parametrize("keep", [0.0, -1.0, 1.5])
def test_a_share_that_cannot_be(keep: float) -> None:
    with pytest.raises(UsageError, match="keep is"):
        uniform(GROUPS, _rankings(a=CHEAP), keep)


@pytest.mark.parametrize("target", [0.9, 0.7, 0.5, 0.3])
def test_the_target_is_met_and_not_by_much(target: float) -> None:
    kept = by_latency(GROUPS, _rankings(a=CHEAP, b=CHEAP, c=DEAR), LAYERS, target)
    assert target - 0.2 < _share(kept) <= target


def test_what_costs_least_for_its_time_goes_first() -> None:
    kept = by_latency(GROUPS, _rankings(a=DEAR, b=CHEAP, c=DEAR), LAYERS, 0.7)
    assert len(kept["b"]) < 32
    assert "a" not in kept
    assert "c" not in kept


def test_no_group_falls_under_the_fewest_that_must_stay() -> None:
    kept = by_latency(GROUPS, _rankings(a=CHEAP, b=CHEAP, c=CHEAP), LAYERS, 0.3, Limits(fewest=0.5))
    assert min(len(stays) for stays in kept.values()) >= 16
    with pytest.raises(UsageError, match="cannot be met"):
        by_latency(GROUPS, _rankings(a=CHEAP, b=CHEAP, c=CHEAP), LAYERS, 0.05, Limits(fewest=0.5))
