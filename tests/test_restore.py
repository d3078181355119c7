"""What is read is what its type says, or the error names the place."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import StoreError
from edgewise.restore import restore

FILE = Path("a.json")


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    note: str


@dataclass(frozen=True)
class Shape:
    name: str
    kind: Literal["open", "closed"]
    points: tuple[Point, ...]
    size: tuple[int, float]
    weights: dict[str, float]
    parent: Point | None
    filled: bool


class Loose(TypedDict):
    count: int
    inner: list["Loose"]
    note: NotRequired[str]
    anything: NotRequired[Any]


def values() -> dict[str, Any]:
    return {
        "name": "a",
        "kind": "open",
        "points": [{"x": 1, "y": 2.5, "note": ""}, {"x": 0, "y": 0, "note": "b"}],
        "size": [3, 4],
        "weights": {"w": 1},
        "parent": None,
        "filled": True,
    }


def test_a_dataclass_is_built_with_all_that_is_in_it() -> None:
    points = (Point(1.0, 2.5, ""), Point(0.0, 0.0, "b"))
    assert restore(Shape, values(), FILE) == Shape("a", "open", points, (3, 4.0), {"w": 1.0}, None, True)
    assert isinstance(restore(Shape, values(), FILE).points[0].x, float)


@dataclass(frozen=True)
class Grown:
    name: str
    added: int | None = None
    more: list[int] = field(default_factory=list[int])


def test_a_field_with_a_default_may_be_missing_and_is_checked_where_it_is_there() -> None:
    assert restore(Grown, {"name": "a"}, FILE) == Grown("a")
    assert restore(Grown, {"name": "a", "added": 2, "more": [3]}, FILE) == Grown("a", 2, [3])
    with pytest.raises(StoreError, match="added is 'b'; expected a whole number"):
        restore(Grown, {"name": "a", "added": "b"}, FILE)
    with pytest.raises(StoreError, match="has no 'name'"):
        restore(Grown, {"added": 2}, FILE)


def test_a_typed_dict_stays_a_dict_with_whatever_more_is_in_it() -> None:
    value = {"count": 1, "inner": [{"count": 2, "inner": []}], "anything": {"deep": None}, "more": 3}
    assert restore(Loose, value, FILE) == value


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", 3, "a.json: name is 3; expected a text."),
        ("kind", "ajar", "kind is 'ajar'; expected 'open' or 'closed'"),
        ("kind", ["open"], "expected 'open' or 'closed'"),
        ("points", {}, "points is {}; expected a list"),
        ("points", [{"x": 1, "y": "2", "note": ""}], r"points\[0\].y is '2'; expected a number"),
        ("points", [{"x": 1, "note": ""}], r"points\[0\] has no 'y'"),
        ("points", [{"x": 1, "y": 2, "note": "", "z": 3}], r"points\[0\] has 'z', which is unknown"),
        ("size", [3], r"size is \[3\]; expected a list of 2"),
        ("size", [3.0, 4], r"size\[0\] is 3.0; expected a whole number"),
        ("size", [True, 4], r"size\[0\] is True; expected a whole number"),
        ("weights", {"w": float("nan")}, "weights.w is nan; expected a number"),
        ("weights", {"w": float("inf")}, "weights.w is inf; expected a number"),
        ("weights", {"w": 10**400}, r"weights.w is 1000+\.\.\.; expected a number"),
        ("weights", {"w": True}, "weights.w is True; expected a number"),
        ("parent", 0, "parent is 0; expected an object"),
        ("filled", 1, "filled is 1; expected true or false"),
        ("extra", 1, "it has 'extra', which is unknown"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(key: str, value: object, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        restore(Shape, {**values(), key: value}, FILE)
    assert "changed by hand" in caught.value.hint


def test_what_is_missing_is_named() -> None:
    with pytest.raises(StoreError, match=r"a\.json has no 'count'"):
        restore(Loose, {"inner": []}, FILE)
    with pytest.raises(StoreError, match=r"a\.json is \[\]; expected an object"):
        restore(Loose, [], FILE)


def test_nesting_without_end_is_refused() -> None:
    value: dict[str, Any] = {"count": 1, "inner": []}
    for _ in range(3000):
        value = {"count": 1, "inner": [value]}
    with pytest.raises(StoreError, match="nested too deeply"):
        restore(Loose, value, FILE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({key: JSON | st.just(value) for key, value in values().items()}))
def test_anything_gives_a_shape_or_an_error(value: dict[str, Any]) -> None:
    try:
        shape = restore(Shape, value, FILE)
    except StoreError:
        return
    assert isinstance(shape.name, str)
    assert all(isinstance(point.x, float) for point in shape.points)
