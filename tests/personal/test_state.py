"""What is remembered comes back, user by user, and what is forgotten is gone from the bytes of the file."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import EdgewiseError, StoreError, UsageError
from edgewise.personal.remembered import Observation
from edgewise.personal.state import DeviceState
from tests.personal.states import GENERIC, network, observation

SWAPPED = ("swapped", "Anna's network serves.", {"ms": 3.5})


@pytest.fixture
def state(tmp_path: Path) -> Iterator[DeviceState]:
    """A new state that knows Anna."""
    with DeviceState.open(tmp_path / "state", GENERIC) as opened:
        opened.add_user("anna")
        yield opened


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeviceState]:
    """One state for many examples."""
    with DeviceState.open(tmp_path_factory.mktemp("state"), GENERIC) as opened:
        opened.add_user("anna")
        yield opened


def _same(left: Observation, right: Observation) -> bool:
    pairs = [(value, asdict(right)[name]) for name, value in asdict(left).items() if name != "seq"]
    return all(a.dtype == b.dtype and np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)


_numbers = st.floats(allow_nan=False, allow_infinity=False)
_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
_tops = st.lists(st.tuples(st.integers(0, 65535), st.floats(0, 1, width=16)), max_size=64)


@given(_numbers, st.none() | _texts, _numbers, _texts, _numbers, st.none() | _numbers, _tops)
def test_any_observation_comes_back(
    lasting: DeviceState,
    unix_s: float,
    label: str | None,
    confidence: float,
    model: str,
    ms: float,
    outside: Any,
    tops: Any,
) -> None:
    classes = np.array([number for number, _ in tops], np.uint16)
    probabilities = np.array([probability for _, probability in tops], np.float16)
    given_one = Observation(unix_s, label, confidence, model, ms, outside, classes, probabilities)
    seq = lasting.record("anna", given_one)
    (found,) = lasting.observations("anna", 1)
    assert found.seq == seq
    assert _same(found, given_one)


def test_all_comes_back_from_the_file(tmp_path: Path) -> None:
    with DeviceState.open(tmp_path, GENERIC) as state:
        for user in ("zoe", "anna"):
            state.add_user(user)
        seqs = [state.record("anna", observation(label)) for label in ("tabby", None, "dög\0 \u202e")]
        events = state.transition("anna", {"phase": "watch", "n": [1, 2.5]}, "small", [SWAPPED], [network("small")])
    with DeviceState.open(tmp_path, GENERIC) as state:
        assert state.moved_aside is None
        assert state.users() == ("zoe", "anna")
        assert [o.label for o in state.observations("anna", 10)] == ["tabby", None, "dög\0 \u202e"]
        assert [o.seq for o in state.observations("anna", 10)] == seqs == sorted(seqs)
        assert state.session("anna") == ({"phase": "watch", "n": [1, 2.5]}, "small")
        assert state.session("zoe") == (None, None)
        assert state.networks("anna") == (network("small"),)
        assert state.networks("zoe") == ()
        assert state.events() == list(events)
        assert (events[0].user, events[0].kind, events[0].text, events[0].values) == ("anna", *SWAPPED)
        assert abs(events[0].unix_s - time.time()) < 60


def test_the_newest_come_last_and_are_counted(state: DeviceState) -> None:
    state.add_user("bert")
    for label in ("dog", "tabby", "dog", None, "dog", "tabby"):
        state.record("anna", observation(label))
        state.record("bert", observation("other"))
    assert [o.label for o in state.observations("anna", 3)] == [None, "dog", "tabby"]
    assert state.observations("anna", 0) == []
    assert list(state.counts("anna", 100).items()) == [("dog", 3), ("tabby", 2), (None, 1)]
    assert state.counts("anna", 2) == {"dog": 1, "tabby": 1}
    assert state.counts("bert", 100) == {"other": 6}


def test_a_user_who_is_known_stays_as_is(state: DeviceState) -> None:
    state.record("anna", observation())
    state.add_user("anna")
    assert state.users() == ("anna",)
    assert len(state.observations("anna", 10)) == 1


@pytest.mark.parametrize("user", ["bert", "ann", ".anna", "\ud800"])
def test_a_user_who_is_not_known_is_said(state: DeviceState, user: str) -> None:
    calls = [
        lambda: state.session(user),
        lambda: state.record(user, observation()),
        lambda: state.observations(user, 1),
        lambda: state.counts(user, 1),
        lambda: state.transition(user, {}, None, []),
        lambda: state.events(user=user),
        lambda: state.networks(user),
        lambda: state.forget(user),
    ]
    for call in calls:
        with pytest.raises(UsageError, match=r"No user|cannot name a user"):
            call()
    assert state.users() == ("anna",)


def test_events_go_on_after_the_last_one_seen(state: DeviceState) -> None:
    state.add_user("bert")
    for user in ("anna", "bert", "anna"):
        state.transition(user, {}, None, [("learned", f"{user} is known.", {}), ("paused", "Paused.", {})])
    first, *rest = state.events()
    assert len(rest) == 5
    assert [e.seq for e in rest] == sorted(e.seq for e in rest)
    assert state.events(after=first.seq) == rest
    assert state.events(after=first.seq, limit=2) == rest[:2]
    assert state.events(after=rest[-1].seq) == []
    assert [e.user for e in state.events(user="bert")] == ["bert", "bert"]


@pytest.mark.parametrize("number", [-1, 2**63, 1.5, "1", None])
def test_a_number_that_is_none_is_refused(state: DeviceState, number: Any) -> None:
    for call in (
        lambda: state.events(number),
        lambda: state.events(limit=number),
        lambda: state.observations("anna", number),
    ):
        with pytest.raises(UsageError, match="Give a whole number"):
            call()


def test_a_network_serves_only_while_stored_and_not_retired(state: DeviceState) -> None:
    state.transition("anna", {"step": 1}, "a", [], [network("a"), network("b")])
    for serving, retire, reason in (
        ("c", (), "No network 'c' of this user is stored"),
        ("a", ("a",), "The network 'a' is retired"),
        (None, ("c",), "No network 'c'"),
        ("", (), "The name of a network is ''"),
    ):
        with pytest.raises(UsageError, match=reason):
            state.transition("anna", {"step": 2}, serving, [SWAPPED], [network("d")], retire)
    assert state.session("anna") == ({"step": 1}, "a")
    assert [(n.name, n.retired) for n in state.networks("anna")] == [("a", False), ("b", False)]
    assert state.events() == []
    state.transition("anna", {"step": 2}, "b", [], retire=["a"])
    with pytest.raises(UsageError, match="The network 'a' is retired"):
        state.transition("anna", {"step": 3}, "a", [])
    assert state.session("anna") == ({"step": 2}, "b")
    state.transition("anna", {"step": 3}, None, [])
    assert state.session("anna") == ({"step": 3}, None)


def test_the_network_of_one_user_does_not_serve_another(state: DeviceState) -> None:
    state.add_user("bert")
    state.transition("anna", {}, "a", [], [network("a")])
    with pytest.raises(UsageError, match="No network 'a' of this user"):
        state.transition("bert", {}, "a", [])
    state.transition("bert", {}, "a", [], [network("a", "users/bert/a")])
    assert [n.folder for n in (*state.networks("anna"), *state.networks("bert"))] == ["users/anna/a", "users/bert/a"]


def test_a_network_is_renewed_and_a_name_does_not_come_to_mean_two(state: DeviceState) -> None:
    state.transition("anna", {}, None, [], [network("a"), network("b")], ["a"])
    renewed = replace(network("a"), values={"speed": 4.5})
    state.transition("anna", {}, "a", [], [renewed])
    assert state.networks("anna") == (renewed, network("b"))
    for other in (replace(renewed, folder="users/anna/other"), replace(renewed, classes=(1,))):
        with pytest.raises(UsageError, match="Another network of the name 'a' is stored"):
            state.transition("anna", {}, None, [], [other])
    assert state.networks("anna") == (renewed, network("b"))
    assert state.session("anna") == ({}, "a")


@pytest.mark.parametrize(
    "events", [[SWAPPED, ("", "x", {})], [SWAPPED, ("a", "\ud800", {})], [SWAPPED, ("a", "b", {"c": float("nan")})]]
)
def test_nothing_of_a_transition_with_one_bad_part_is_kept(state: DeviceState, events: Any) -> None:
    with pytest.raises(UsageError):
        state.transition("anna", {"step": 1}, "a", events, [network("a")])
    assert (state.session("anna"), state.networks("anna"), state.events()) == ((None, None), (), [])


def test_only_the_newest_stay(tmp_path: Path) -> None:
    kept = 50
    seqs: dict[str, list[int]] = {"anna": [], "bert": []}
    for _ in range(3):  # each a life of the service that is too short to trim
        with DeviceState.open(tmp_path, GENERIC, keep=kept) as state:
            for user in seqs:
                state.add_user(user)
            for user in ["anna"] * 150 + ["bert"] * 10:
                seqs[user].append(state.record(user, observation()))
                found = [o.seq for o in state.observations(user, 10**6)]
                assert found[-kept:] == seqs[user][-kept:]
                assert len(found) <= kept + 256
    assert len(seqs["anna"]) > kept + 256 > len(found)
    assert [o.seq for o in _reopened(tmp_path, "bert")] == seqs["bert"]


def _reopened(folder: Path, user: str) -> list[Observation]:
    with DeviceState.open(folder, GENERIC) as state:
        return state.observations(user, 10**6)


def test_only_the_newest_events_stay(tmp_path: Path) -> None:
    with DeviceState.open(tmp_path, GENERIC, keep=5) as state:
        for user in ("anna", "bert"):
            state.add_user(user)
        state.transition("bert", {}, None, [SWAPPED])
        for number in range(8):
            state.transition("anna", {}, None, [("learned", f"{number}", {})])
        assert [e.text for e in state.events(user="anna")] == list("34567")
        assert len(state.events(user="bert")) == 1


@pytest.fixture
def restless() -> Iterator[None]:
    """Python changes from thread to thread as often as it can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("restless")
def test_threads_share_one_state(state: DeviceState) -> None:
    trouble: list[BaseException] = []
    seqs: dict[int, list[int]] = {0: [], 1: []}

    def work(number: int) -> None:
        try:
            for step in range(60):
                seqs[number].append(state.record("anna", observation(f"thread {number}")))
                if step % 10 == 0:
                    name = f"{number}-{step}"
                    state.transition("anna", {"serving": name}, name, [SWAPPED], [network(name)])
                session, serving = state.session("anna")
                assert session is None or session["serving"] == serving
                assert state.observations("anna", 1)
        except BaseException as error:
            trouble.append(error)

    threads = [Thread(target=work, args=(number,)) for number in seqs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    found = state.observations("anna", 1000)
    assert Counter(o.label for o in found) == {"thread 0": 60, "thread 1": 60}
    assert [o.seq for o in found] == sorted(seqs[0] + seqs[1])
    assert len(state.events()) == len(state.networks("anna")) == 12


def test_it_may_be_closed_by_another_thread_and_is_then_closed(tmp_path: Path) -> None:
    state = DeviceState.open(tmp_path, GENERIC)
    closing = Thread(target=state.close)
    closing.start()
    closing.join()
    DeviceState.open(tmp_path, GENERIC).close()
    state.close()
    with pytest.raises(StoreError, match="closed"):
        state.users()
    with pytest.raises(StoreError, match="closed"):
        state.add_user("anna")


def test_a_state_of_another_generic_model_is_refused(tmp_path: Path) -> None:
    with DeviceState.open(tmp_path, GENERIC) as state:
        state.add_user("anna")
    with pytest.raises(UsageError, match="belongs to another generic model: 'a1b2'; this one is 'c3d4'") as caught:
        DeviceState.open(tmp_path, "c3d4")
    assert "choose another folder" in caught.value.hint
    with DeviceState.open(tmp_path, GENERIC) as state:  # the lock was given back
        assert state.users() == ("anna",)


@pytest.mark.parametrize(("generic", "keep"), [("", 1), ("\ud800", 1), (GENERIC, -1), (GENERIC, 1.5)])
def test_settings_that_cannot_be_leave_nothing_locked(tmp_path: Path, generic: str, keep: Any) -> None:
    with pytest.raises(EdgewiseError, match="Give a"):
        DeviceState.open(tmp_path, generic, keep=keep)
    DeviceState.open(tmp_path, GENERIC).close()


def test_a_new_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    DeviceState.open(tmp_path / "deep" / "state", GENERIC).close()
    assert (tmp_path / "deep" / "state").stat().st_mode & 0o777 == 0o700
    assert {path.name for path in (tmp_path / "deep" / "state").iterdir()} == {"state.sqlite", "state.lock"}
