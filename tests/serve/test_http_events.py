"""Events as they come."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.serve.service import Client, copied, served, until

pytestmark = [pytest.mark.serve, pytest.mark.torch]


@pytest.fixture(scope="module")
def address(opened_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(copied(opened_state, tmp_path_factory.mktemp("events")), most_listening=3) as address:
        yield address


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    with Client(address) as client:
        yield client


class Listener:
    """One stream of events."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.response = response

    def next(self) -> dict[str, Any] | None:
        """The next event, with what stood in its `id`; None where the stream ends."""
        lines: dict[str, str] = {}
        while line := self.response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                lines[name] = value
            elif "data" in lines:
                return {"id": int(lines["id"]), **json.loads(lines["data"])}
            else:
                lines = {}
        return None


@contextmanager
def listening(address: str, query: str = "", **headers: str) -> Iterator[Listener]:
    """Raises `AssertionError` where the stream is refused."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    try:
        connection.request("GET", f"/events{query}", headers=headers)
        response = connection.getresponse()
        assert response.status == 200, response.read()
        assert (response.getheader("content-type") or "").startswith("text/event-stream")
        yield Listener(response)
        response.close()
    finally:
        connection.close()


def begun(client: Client, drawn: list[bytes], user: str) -> None:
    assert client.predict(drawn[0], user).status == 200


def set_to(client: Client, user: str, *modes: str) -> None:
    for mode in modes:
        assert client.put(f"/users/{user}/learning", {"mode": mode}).status == 200


def test_events_come_as_they_happen(address: str, client: Client, drawn: list[bytes]) -> None:
    begun(client, drawn, "heard")
    with listening(address, "?user=heard") as listener:
        for mode, kind in (("paused", "paused"), ("on", "resumed"), ("generic", "generic")):
            set_to(client, "heard", mode)
            event = listener.next()
            assert event is not None
            assert (event["kind"], event["user"], event["id"]) == (kind, "heard", event["seq"])


@pytest.mark.parametrize("how", ["header", "query", "header before query"])
def test_a_stream_goes_on_where_it_left_off(address: str, client: Client, drawn: list[bytes], how: str) -> None:
    user = how.replace(" ", "-")
    begun(client, drawn, user)
    set_to(client, user, "paused", "on", "paused")
    seqs = [one["seq"] for one in client.get(f"/events?follow=false&user={user}").json]
    query, headers = f"?user={user}", {}
    if how != "header":
        query += f"&after={0 if how == 'header before query' else seqs[0]}"
    if how != "query":
        headers = {"Last-Event-ID": str(seqs[0])}
    with listening(address, query, **headers) as listener:
        assert [event["seq"] for event in (listener.next(), listener.next()) if event] == seqs[1:]
        set_to(client, user, "on")
        event = listener.next()
        assert event is not None
        assert event["kind"] == "resumed"


@pytest.mark.parametrize("given", ["", "x", "-1", "\xb2", "9" * 19, "1.5"])
def test_an_odd_last_event_id_is_passed_over(address: str, client: Client, drawn: list[bytes], given: str) -> None:
    begun(client, drawn, "odd")
    set_to(client, "odd", "paused")
    first = client.get("/events?follow=false&user=odd").json[0]["seq"]
    with listening(address, "?user=odd", **{"Last-Event-ID": given}) as listener:
        event = listener.next()
        assert event is not None
        assert event["seq"] == first


def test_a_stream_of_one_user_holds_no_other_s_events(address: str, client: Client, drawn: list[bytes]) -> None:
    for user in ("left", "right"):
        begun(client, drawn, user)
    with listening(address, "?user=left") as one, listening(address) as every:
        set_to(client, "right", "paused")
        set_to(client, "left", "paused")
        heard = one.next()
        assert heard is not None
        assert heard["user"] == "left"
        users = set()
        while users != {"left", "right"}:
            event = every.next()
            assert event is not None
            users |= {event["user"]} & {"left", "right"}


def test_a_stream_ends_when_its_user_is_deleted(address: str, client: Client, drawn: list[bytes]) -> None:
    begun(client, drawn, "ended")
    with listening(address, "?user=ended") as listener:
        assert client.request("DELETE", "/users/ended").status == 204
        assert listener.next() is None
    assert client.get("/events?user=ended").status == 404


def test_who_left_takes_no_place_and_too_many_are_told_so(address: str, client: Client) -> None:
    for _ in range(12):  # four times as many as may listen at once

        def again() -> bool:
            try:
                with listening(address):
                    return True
            except AssertionError:
                return False

        until(again)
    with listening(address), listening(address), listening(address):
        reply = client.get("/events")
        assert (reply.status, reply.headers["retry-after"]) == (429, "1")
        assert client.get("/events?follow=false").status == 200


def test_events_hide_the_places_of_the_machine(tmp_path: Path) -> None:
    from edgewise.serve.hiding import hide_paths

    root = tmp_path / "a folder" / "state"
    root.mkdir(parents=True)
    for text, hidden in (
        (f"{root}/generic/tail.onnx failed on [1, 3]", "generic/tail.onnx failed on [1, 3]"),
        (f"network-1 cannot be taken up: {root} is gone.", "network-1 cannot be taken up: state is gone."),
        ("No /usr/lib/x86/libfoo.so: cannot open '/opt/a/b'", "No libfoo.so: cannot open 'b'"),
        ("See http://127.0.0.1:8080/users/me, 1/2 of it, and/or more.",) * 2,
        ("'/etc/passwd' cannot name a user.", "'passwd' cannot name a user."),
    ):
        assert hide_paths(text, root) == hidden
