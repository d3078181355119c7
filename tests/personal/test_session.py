"""From phase to phase."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import StoreError, UsageError
from edgewise.personal.session import Session

WATCHED = Session().settled((3, 5), (0.6, 0.4)).made().let_in()


def test_the_usual_way() -> None:
    session = Session().settled((3, 5), (0.6, 0.4))
    assert (session.phase, session.candidate, session.serving) == ("prune", "network-1", None)
    session = session.made()
    assert session.phase == "verify"
    session = session.let_in()
    assert (session.phase, session.candidate, session.serving) == ("watch", None, "network-1")
    session = session.changed()
    assert (session.phase, session.serving) == ("observe", None)
    assert session.settled((7, 8), (0.6, 0.4)).candidate == "network-2"


def test_what_is_turned_down_is_asked_for_less_and_later() -> None:
    session, waits, targets = Session(), [], []
    for _ in range(8):
        session = session.settled((3, 5), (0.6, 0.4))
        targets.append(session.milder(2.0))
        session = session.turned_down()
        waits.append(session.wait)
    assert targets == [2.0, 1.5, 1.25, 1.125, 1.0625, 1.03125, 1.015625, 1.0078125]
    assert waits == [128, 256, 512, 1024, 2048, 4096, 8192, 8192]
    assert session.settled((3, 5, 6), (0.6, 0.2, 0.2)).attempts == 8, "one class more is no other user"
    other = session.settled((3, 6), (0.6, 0.4))
    assert (other.milder(2.0), other.attempts) == (2.0, 0), "other classes begin anew"


def test_waiting_passes_with_inputs() -> None:
    session = replace(Session(), wait=2).passed()
    assert session.wait == 1
    assert session.passed().passed().wait == 0


def test_a_user_who_goes_to_and_fro_is_followed_ever_more_slowly() -> None:
    session, waits = WATCHED, []
    for _ in range(4):
        for _ in range(100):
            session = session.passed()
        session = session.changed()
        waits.append(session.wait)
        session = replace(session, wait=0).known_again("network-1", (3, 5), (0.6, 0.4))
    assert waits == [128, 256, 512, 1024]
    for _ in range(1024):
        session = session.passed()
    assert session.changed().wait == 0, "one that served long was no mistake"


def test_the_owner_chooses_the_generic_network() -> None:
    for session in (Session(), Session().settled((3, 5), (0.6, 0.4)), WATCHED):
        chosen = session.generic_chosen()
        assert (chosen.phase, chosen.serving, chosen.candidate, chosen.paused) == ("observe", None, None, True)


@pytest.mark.parametrize(
    ("session", "step"),
    [
        (Session(), Session.made),
        (Session(), Session.let_in),
        (Session(), Session.turned_down),
        (Session(), Session.changed),
        (WATCHED, Session.made),
        (WATCHED, lambda session: session.settled((1, 2), (0.6, 0.4))),
        (WATCHED, lambda session: session.known_again("network-1", (1, 2), (0.6, 0.4))),
    ],
)
def test_no_step_is_skipped(session: Session, step) -> None:
    with pytest.raises(UsageError, match="phase"):
        step(session)


def test_a_network_serves_in_no_other_phase() -> None:
    with pytest.raises(UsageError, match="cannot serve"):
        Session(serving="network-1")
    with pytest.raises(UsageError, match="candidate"):
        Session(phase="verify")


@given(st.lists(st.sampled_from(["settled", "made", "turned_down", "let_in", "changed", "passed"]), max_size=40))
def test_what_is_stored_comes_back(steps: list[str]) -> None:
    session = Session()
    for step in steps:
        try:
            session = session.settled((4, 2), (0.7, 0.3)) if step == "settled" else getattr(session, step)()
        except UsageError:
            continue
        assert Session.from_values(session.to_values(), Path("state")) == session


def test_other_values_are_refused() -> None:
    with pytest.raises(StoreError):
        Session.from_values(Session().to_values() | {"phase": "sleep"}, Path("state"))


def test_a_session_that_an_earlier_version_stored_comes_back() -> None:
    kept = WATCHED.to_values() | {"target_speedup": 1.5}
    assert Session.from_values(kept, Path("state")) == WATCHED
