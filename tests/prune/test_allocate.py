from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [torch] is not installed")

from edgewise.errors import UsageError
from edgewise.prune.allocate import Limits, by_latency, global_, time_left, uniform
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


ALL = (by_latency, global_)
# Of 12 ms, a quarter of a's channels saves 1.75, of b's 1.25, of c's 0.5 and of d's 1 where all others are whole.
FOUR = (_group("a", "b"), _group("b", "c"), _group("c", "d"), _group("d", "head"))
FOUR_LAYERS = (
    _layer("a", 3, 32, 3.0),
    _layer("b", 32, 32, 4.0),
    _layer("c", 32, 32, 1.0),
    _layer("d", 32, 32, 1.0),
    _layer("head", 32, 10, 3.0),
)
FOUR_COSTS = {name: np.linspace(0, top, 31) for name, top in {"a": 0.2, "b": 0.04, "c": 0.02, "d": 0.2}.items()}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (by_latency, {"b": 16}),  # at 0.04 for 5 ms, against 0.02 for 2
        (global_, {"b": 24, "c": 8}),  # c's are the cheapest, and go as far as they may
    ],
)
def test_each_rule_cuts_elsewhere(rule: Callable[..., dict[str, tuple[int, ...]]], expected: dict[str, int]) -> None:
    kept = rule(FOUR, _rankings(**FOUR_COSTS), FOUR_LAYERS, 0.84, Limits(fewest=0.25))
    assert {name: len(stays) for name, stays in kept.items()} == expected
    assert all(stays == tuple(range(32 - len(stays), 32)) for stays in kept.values())


def test_the_time_that_is_left_of_what_is_kept() -> None:
    assert time_left(FOUR, FOUR_LAYERS, {}) == pytest.approx(1.0)
    kept = {"a": range(24), "c": range(16)}  # a's layers lose a quarter of 7 ms, c's half of 2
    assert time_left(FOUR, FOUR_LAYERS, kept) == pytest.approx(1 - (0.25 * 7 + 0.5 * 2) / 12)


def test_one_threshold_for_channels_not_for_steps() -> None:
    """Of 36 channels four go first: together they cost less than eight of another group, and more each."""
    groups = (_group("a", "b", 36), _group("b", "head"))
    layers = (_layer("a", 3, 36, 1.0), _layer("b", 36, 32, 1.0), _layer("head", 32, 10, 1.0))
    rankings = {
        "a": Ranking(np.arange(35), 0.02 * np.arange(1, 36)),
        "b": Ranking(np.arange(31), 0.015 * np.arange(1, 32)),
    }
    assert {name: len(stays) for name, stays in global_(groups, rankings, layers, 0.95).items()} == {"b": 24}


@pytest.mark.parametrize("rule", ALL)
def test_targets_that_cannot_be(rule: Callable[..., dict[str, tuple[int, ...]]]) -> None:
    for target in (0.0, -0.5, 1.0, 1.5, float("nan")):
        with pytest.raises(UsageError, match="The target is"):
            rule(FOUR, _rankings(**FOUR_COSTS), FOUR_LAYERS, target)
    with pytest.raises(UsageError, match="cannot be met"):
        rule(FOUR, _rankings(**FOUR_COSTS), FOUR_LAYERS, 0.05, Limits(fewest=0.5))


@pytest.mark.parametrize("rule", ALL)
def test_only_groups_that_are_ranked_are_cut(rule: Callable[..., dict[str, tuple[int, ...]]]) -> None:
    kept = rule(FOUR, _rankings(b=CHEAP, c=CHEAP), FOUR_LAYERS, 0.8)
    assert set(kept) <= {"b", "c"}
