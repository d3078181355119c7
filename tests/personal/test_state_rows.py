"""What is kept reads back as it was, and what would not is refused."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import StoreError, UsageError
from edgewise.personal import state_rows as rows
from tests.personal.states import feedback, network, observation

HERE = Path("state.sqlite")
_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
_numbers = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _numbers | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), _json, max_size=4))
def test_any_object_of_json_reads_back(value: dict[str, Any]) -> None:
    assert rows.read_object(rows.json_text(value, "It"), HERE) == value


def test_a_tuple_reads_back_as_a_list() -> None:
    assert rows.read_object(rows.json_text({"a": (1, (2,))}, "It"), HERE) == {"a": [1, [2]]}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": math.nan}, "not JSON compliant"),
        ({"a": [math.inf]}, "not JSON compliant"),
        ({"a": {1: 2}}, "the key 1 is no text"),
        ({"a": ({None: 2},)}, "the key None is no text"),
        ({"a": {1, 2}}, "not JSON serializable"),
        ({"a": np.float32(1)}, "not JSON serializable"),
        ([1], r"\[1\] is no object"),
        ({"a": 10**5000}, "digits"),
    ],
)
def test_what_json_would_change_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(UsageError, match=f"The session cannot be kept as JSON: .*{reason}"):
        rows.json_text(value, "The session")


def test_an_endless_object_is_refused() -> None:
    value: dict[str, Any] = {}
    value["a"] = value
    with pytest.raises(UsageError, match="cannot be kept as JSON"):
        rows.json_text(value, "The session")


@pytest.mark.parametrize("name", ["unix_s", "confidence", "ms", "outside"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "fast", 10**400])
def test_what_is_no_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=r"of an observation is .*\nGive a finite number"):
        rows.observation_row(replace(observation(), **{name: value}))


@pytest.mark.parametrize("name", ["label", "model"])
@pytest.mark.parametrize("value", ["", "half \ud800", 7])
def test_what_is_no_text_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"The {name} of an observation is"):
        rows.observation_row(replace(observation(), **{name: value}))


_FOUR = np.zeros(4, np.float16)


@pytest.mark.parametrize(
    ("classes", "probabilities", "reason"),
    [
        (np.zeros(4, np.int64), _FOUR, r"int64 \[4\], their probabilities float16 \[4\]"),
        (np.zeros(4, np.uint16), _FOUR.astype(np.float32), r"probabilities float32 \[4\]"),
        (np.zeros(4, np.uint16), _FOUR[:3], r"uint16 \[4\], their probabilities float16 \[3\]"),
        (np.zeros((2, 2), np.uint16), _FOUR, r"uint16 \[2, 2\]"),
        (np.zeros(65, np.uint16), np.zeros(65, np.float16), r"(?s)uint16 \[65\].*k at most 64"),
        ((1, 2, 3, 4), _FOUR, r"are \(1, 2, 3, 4\)"),
        (np.zeros(4, np.uint16), _FOUR + np.float16("nan"), "from 0 to 1"),
        (np.zeros(4, np.uint16), _FOUR + np.float16(1.5), "from 0 to 1"),
        (np.zeros(4, np.uint16), _FOUR - np.float16(0.5), "from 0 to 1"),
    ],
)
def test_classes_of_another_form_are_refused(classes: Any, probabilities: Any, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        rows.observation_row(replace(observation(), top_classes=classes, top_probabilities=probabilities))


@pytest.mark.parametrize("blobs", [(b"1234", b"12"), (b"123", b"123")])
def test_blobs_that_do_not_pair_are_said(blobs: tuple[bytes, bytes]) -> None:
    with pytest.raises(StoreError, match="observation 9 has classes without probabilities"):
        rows.read_observation((9, 1.0, "a", 0.5, "m", 1.0, None, *blobs, None, None), HERE)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("answer_id", "", "The id of an answer is ''"),
        ("unix_s", math.nan, "The time of feedback"),
        ("model", "\ud800", "The model of feedback"),
        ("answered", -1, "The class that was answered"),
        ("generic", 1.5, "The class that the generic network answered"),
        ("truth", 2**63, "The class that is true"),
    ],
)
def test_feedback_that_cannot_be_kept_is_refused(name: str, value: Any, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        rows.feedback_row(replace(feedback("id"), **{name: value}))


@given(_texts, st.lists(st.integers(0, 2**63 - 1)), _numbers, st.booleans())
def test_any_network_reads_back(name: str, classes: list[int], created_unix_s: float, retired: bool) -> None:
    given_network = replace(
        network("n"), name=name, classes=tuple(classes), created_unix_s=created_unix_s, retired=retired
    )
    assert rows.read_network(rows.network_row(given_network), HERE) == given_network


@pytest.mark.parametrize("folder", ["/etc", "..", "a/../../b", ".", "", "a\0b", "\ud800"])
def test_a_network_lies_within_the_state_folder(folder: str) -> None:
    with pytest.raises(UsageError, match="The folder of the network 'n' is"):
        rows.network_row(replace(network("n"), folder=folder))


@pytest.mark.parametrize("number", [-1, 2**63, 1.5, "7"])
def test_a_class_is_a_whole_number(number: Any) -> None:
    with pytest.raises(UsageError, match="A class of the network 'n' is"):
        rows.network_row(replace(network("n"), classes=(1, number)))
    assert rows.count(np.int64(7), "It") == 7


@pytest.mark.parametrize("content", ["{", "[" * 100_000, '{"a": NaN', "[1]", "7"])
def test_an_object_changed_by_hand_is_said(content: str) -> None:
    with pytest.raises(StoreError, match=r"state\.sqlite"):
        rows.read_object(content, HERE)
