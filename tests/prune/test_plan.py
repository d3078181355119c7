"""Plans: what they refuse, how they differ, and that a file gives back what was written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import StoreError, UsageError
from edgewise.prune.groups import Group, Member
from edgewise.prune.plan import Cut, Plan


def group(name: str, channels: int, step: int = 1, whole: str | None = None) -> Group:
    index = np.arange(channels)[:, None]
    return Group(name, channels, (Member(name, "writes", index), Member("next", "reads", index)), step, whole)


GROUPS = (group("stem", 4), group("body", 12, step=4), group("fc", 3, whole="it is the network's output"))


class TestOf:
    def test_keeps_what_is_named_and_all_of_the_rest(self) -> None:
        plan = Plan.of(GROUPS, {"stem": [3, 0]}, source="torch:net.py:make", input=(3, 8, 8))
        assert plan.cuts == {"stem": Cut(4, (0, 3))}
        assert plan.cuts["stem"].removed == (1, 2)
        assert plan.kept == {"stem": (0, 3)}

    def test_takes_numpys_numbers_and_leaves_whole_groups_out(self) -> None:
        plan = Plan.of(GROUPS, {"fc": range(3), "body": np.arange(8), "stem": np.arange(4)})
        assert plan.cuts == {"body": Cut(12, tuple(range(8)))}
        assert all(type(channel) is int for channel in plan.cuts["body"].kept)

    def test_is_in_execution_order(self) -> None:
        assert list(Plan.of(GROUPS, {"body": range(4), "stem": [1]}).cuts) == ["stem", "body"]

    @pytest.mark.parametrize(
        ("kept", "message"),
        [
            ({"stm": [0]}, "no group 'stm'; its groups are stem, body, fc"),
            ({"stem": []}, "Nothing of group stem would be kept"),
            ({"stem": [0, 4]}, "Group stem has no channel 4; it has 0 to 3"),
            ({"stem": [-1, 0]}, "Group stem has no channel -1"),
            ({"stem": [0, 2, 2, 3]}, "Group stem would keep channel 2 twice"),
            ({"body": range(6)}, "Group body would lose 6 channels; they go in multiples of 4"),
            ({"fc": [0]}, "Group fc must stay whole: it is the network's output"),
            ({"stem": range(4)}, "removes nothing: all channels of all 3 groups are kept"),
            ({}, "removes nothing"),
        ],
    )
    def test_refuses(self, kept: Any, message: str) -> None:
        with pytest.raises(UsageError, match=message):
            Plan.of(GROUPS, kept)

    def test_says_why_nothing_can_be_removed(self) -> None:
        with pytest.raises(UsageError, match=r"no group of this network can be cut: fc \(it is the network's output\)"):
            Plan.of(GROUPS[2:], {})

    def test_sets_of_single_layers(self) -> None:
        reads = {"next": Cut(4, (0, 3)), "whole": Cut(2, (0, 1))}
        plan = Plan.of(GROUPS, {}, reads=reads, writes={"body": Cut(12, (5,))})
        assert plan.reads == {"next": Cut(4, (0, 3))}
        assert plan.writes == {"body": Cut(12, (5,))}

    @pytest.mark.parametrize("side", ["reads", "writes"])
    @pytest.mark.parametrize(
        ("kept", "message"),
        [
            ((), "Nothing of layer next would be kept"),
            ((4,), "Layer next has no channel 4"),
            ((1, 1, 2, 3), "Layer next would keep channel 1 twice"),
        ],
    )
    def test_refuses_sets_of_single_layers(self, side: str, kept: tuple[int, ...], message: str) -> None:
        with pytest.raises(UsageError, match=message):
            Plan.of(GROUPS, {"stem": [0]}, **{side: {"next": Cut(4, kept)}})  # type: ignore[arg-type]

    def test_a_step_hint_that_holds(self) -> None:
        with pytest.raises(UsageError) as error:
            Plan.of(GROUPS, {"body": range(6)})
        assert error.value.hint == "Keep 8 of its 12 channels."


class TestCheck:
    @pytest.mark.parametrize(
        ("cut", "message"),
        [
            (Cut(5, (0,)), "Group stem has 4 channels; the plan was made for 5"),
            (Cut(4, (2, 1)), "Group stem keeps 1 behind 2"),
            (Cut(4, (0, 1, 2, 3)), "removes nothing"),
        ],
    )
    def test_refuses_the_plan_of_another_network(self, cut: Cut, message: str) -> None:
        with pytest.raises(UsageError, match=message):
            Plan("", (3, 8, 8), {"stem": cut}).check(GROUPS)


class TestDiff:
    def test_in_words(self) -> None:
        one = Plan("a", (3, 8, 8), {"stem": Cut(4, (0, 1)), "body": Cut(12, tuple(range(4)))})
        other = Plan("b", (3, 16, 16), {"stem": Cut(4, (1, 2, 3)), "new": Cut(9, (0,))})
        assert one.diff(other) == (
            "The network is b, not a.",
            "The input is 3 x 16 x 16, not 3 x 8 x 8.",
            "Group stem gets back 2 (2, 3) and loses 1 (0): it keeps 3 channels, not 2.",
            "Group body is whole; it kept 4 of 12.",
            "Group new keeps 1 of 9 channels; it was whole.",
        )
        assert one.diff(one) == ()

    def test_sets_of_single_layers(self) -> None:
        before = Plan("", (3, 8, 8), {}, {"a": Cut(4, (0, 1))}, {"a": Cut(6, (0,))})
        after = Plan("", (3, 8, 8), {}, {"a": Cut(4, (1, 2))})
        assert before.diff(after) == (
            "Reader a gets back 1 (2) and loses 1 (0): it keeps 2 channels, not 2.",
            "Writer a is whole; it kept 1 of 6.",
        )

    def test_another_width(self) -> None:
        before, after = Plan("", (3, 8, 8), {"a": Cut(4, (0,))}), Plan("", (3, 8, 8), {"a": Cut(5, (0,))})
        assert before.diff(after) == ("Group a has 5 channels, not 4.",)

    def test_long_lists_are_shortened(self) -> None:
        before = Plan("", (3, 8, 8), {"a": Cut(20, (0,))})
        (line,) = before.diff(Plan("", (3, 8, 8), {"a": Cut(20, tuple(range(20)))}))
        assert "gets back 19 (1, 2, 3, 4, 5, 6 and 13 more)" in line


class TestFile:
    @given(kept=st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True), body=st.sampled_from([4, 8]))
    def test_comes_back_as_it_was(self, kept: list[int], body: int, tmp_path_factory: pytest.TempPathFactory) -> None:
        plan = Plan.of(GROUPS, {"stem": kept, "body": range(body)}, source="torch:a.py:b", input=(3, 5, 7))
        path = tmp_path_factory.mktemp("plan") / "plan.json"
        plan.write(path)
        assert Plan.read(path) == plan

    def test_with_sets_of_single_layers(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.json"
        plan = Plan.of(GROUPS, {}, reads={"next": Cut(4, (0, 3))}, writes={"body": Cut(12, (5,))})
        plan.write(path)
        assert Plan.read(path) == plan
        path.write_text(path.read_text().replace('"channels": 12', '"channels": 5'))
        with pytest.raises(StoreError, match="Layer body has no channel 5"):
            Plan.read(path)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda data: data.pop("source"), "has no 'source'"),
            (
                lambda data: data["cuts"]["stem"].update(kept=["0"]),
                r"cuts.stem.kept\[0\] is '0'; expected a whole number",
            ),
            (lambda data: data["cuts"]["stem"].update(kept=[2, 1]), "Group stem keeps 1 behind 2"),
            (lambda data: data["cuts"]["stem"].update(kept=[]), "Nothing of group stem would be kept"),
            (lambda data: data["cuts"]["stem"].update(more=1), "has 'more', which is unknown"),
            (lambda data: data.update(input=[3, 8]), "input is .3, 8.; expected a list of 3"),
        ],
    )
    def test_changed_by_hand(self, change: Callable[[dict[str, Any]], object], message: str, tmp_path: Path) -> None:
        path = tmp_path / "plan.json"
        Plan.of(GROUPS, {"stem": [0]}).write(path)
        artefact = json.loads(path.read_text())
        change(artefact["data"])
        path.write_text(json.dumps(artefact))
        with pytest.raises(StoreError, match=message):
            Plan.read(path)

    def test_of_another_schema(self, tmp_path: Path) -> None:
        path = tmp_path / "plan.json"
        Plan.of(GROUPS, {"stem": [0]}).write(path)
        path.write_text(path.read_text().replace('"schema": 1', '"schema": 2'))
        with pytest.raises(StoreError, match="made by a newer edgewise"):
            Plan.read(path)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="does not exist"):
            Plan.read(tmp_path / "plan.json")
