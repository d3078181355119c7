"""Bad uploads, bad clients and bad moments: each gets a short answer, and the service goes on."""

import json
import re
import socket
import sqlite3
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.serve.service import Client, Reply, RunningService, copied, heard, raw, served, until

pytestmark = [pytest.mark.serve, pytest.mark.torch]

_PLACES = re.compile(rb"/(?:home|root|tmp|usr|work|opt|var|etc|proc)/|Traceback|File \\?\"|\.py\b|0x[0-9a-f]{6}")
_HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"


@pytest.fixture
def client(service: RunningService) -> Iterator[Client]:
    with service.client() as client:
        yield client


@pytest.fixture(scope="module")
def small(opened_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with small limits."""
    state = copied(opened_state, tmp_path_factory.mktemp("small"))
    with served(
        state, silent_s=1, most_bytes=30_000, most_bytes_held=60_000, upload_s=0.5, most_waiting=2, most_listening=2
    ) as address:
        yield address


def refused(reply: Reply, status: int, *words: str) -> None:
    """See that a reply says what is wrong, in words, and nothing of the machine."""
    assert reply.status == status, reply.content
    assert set(reply.json) == {"detail"}
    for word in words:
        assert word in reply.json["detail"], reply.json
    assert not _PLACES.search(reply.content), reply.content


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def png_of(width: int, height: int) -> bytes:
    """A file of few bytes whose header announces so many pixels, and whose lines are there."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packer = zlib.compressobj()
    line = bytes(1 + -(-width // 8))
    lines = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


# Uploads


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\x00" * 1000, "not an image"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "image"),
        (b"GIF89a" + b"\xff" * 20, "image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (b"II*\x00" + b"\xff" * 200, "image"),
        (b"%PDF-1.7", "not an image"),
        (b"P6 99999999 99999999 255\n", "pixels"),
    ],
)
def test_what_is_no_image(client: Client, content: bytes, word: str) -> None:
    refused(client.predict(content, "spoiler"), 422, word)
    assert "spoiler" not in client.get("/users").json  # who sent no image takes no place


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_torn_image(client: Client, drawn: list[bytes], kept: float) -> None:
    refused(client.predict(drawn[0][: int(kept * len(drawn[0]))]), 422, "image")


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "application/json", "", "im age/png"]
)
def test_other_types_are_refused(client: Client, drawn: list[bytes], kind: str) -> None:
    refused(client.predict(drawn[0], kind=kind), 415, "image/jpeg")


def test_no_type_at_all_is_refused(service: RunningService) -> None:
    with raw(
        service.address,
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
    ) as connection:
        assert status_of(heard(connection)) == 415


def test_sides_of_ten_thousand_pixels_are_refused_before_they_are_decoded(service: RunningService) -> None:
    bomb = png_of(10_000, 10_000)
    assert len(bomb) < 100_000
    with service.client() as client:
        before = service.rss_mb
        refused(client.predict(bomb), 422, "10000 x 10000 pixels", "40,000,000")
        assert service.rss_mb < before + 50
        refused(client.predict(png_of(100_000, 1_000)), 422, "pixels")


def test_long_and_narrow_images_are_answered(client: Client) -> None:
    for sides in ((10_000, 1), (1, 10_000), (1, 1)):
        assert client.predict(png_of(*sides)).status == 200


def test_more_bytes_than_allowed_are_refused_by_their_number(small: str) -> None:
    with raw(small, _HEAD + b"Content-Length: 30001\r\nConnection: close\r\n\r\n") as connection:
        answer = heard(connection)
    assert status_of(answer) == 413
    assert b"30,000" in answer


def test_more_bytes_than_allowed_are_refused_when_no_number_was_given(small: str) -> None:
    with Client(small) as client:
        pieces = (b"x" * 1000 for _ in range(2000))
        reply = client.request("POST", "/predict", pieces, {"Content-Type": "image/png"})
    refused(reply, 413, "30,000")


def test_as_many_bytes_as_allowed_are_read(small: str) -> None:
    with Client(small) as client:
        refused(client.predict(b"x" * 30_000), 422)


def test_other_routes_take_few_bytes(client: Client, drawn: list[bytes]) -> None:
    client.predict(drawn[0], "bounded")
    refused(client.put("/users/bounded/learning", {"mode": "on", "more": "x" * 20_000}), 413, "10,000")
    pieces = (b" " * 1000 for _ in range(100))
    reply = client.request("PUT", "/users/bounded/learning", pieces, {"Content-Type": "application/json"})
    refused(reply, 413, "10,000")


def test_who_sends_too_slowly_is_told_so(small: str) -> None:
    learning = b"PUT /users/slow/learning HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    connections = [raw(small, head + b"Content-Length: 1000\r\n\r\n") for head in (_HEAD, learning)]
    for _ in range(8):
        time.sleep(0.1)
        for connection in connections:
            connection.sendall(b"x")
    for connection in connections:
        with connection:
            assert status_of(connection.recv(65536)) == 408


def test_who_never_says_what_is_wanted_is_let_go(small: str) -> None:
    connections = [raw(small, said) for said in (b"", b"GET / HT", _HEAD)]
    for connection in connections:
        with connection:
            assert heard(connection) == b""


def test_who_goes_on_after_a_refusal_is_let_go(small: str) -> None:
    def go_on(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            time.sleep(0.05)

    connection = raw(small, _HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    with connection, pytest.raises(OSError, match=r"reset|[Bb]roken|aborted"):
        go_on(connection)


def test_a_client_that_leaves_amid_the_upload(service: RunningService, drawn: list[bytes]) -> None:
    for _ in range(20):
        raw(service.address, _HEAD + b"Content-Length: 5000\r\n\r\n" + b"x" * 100).close()
    with service.client() as client:
        until(lambda: b"edgewise_waiting 0.0" in client.get("/metrics").content)
        assert client.predict(drawn[0]).status == 200
    assert "Traceback" not in service.errors


def test_a_client_that_leaves_before_the_answer(service: RunningService, drawn: list[bytes]) -> None:
    for _ in range(10):
        raw(service.address, _HEAD + b"Content-Length: %d\r\n\r\n" % len(drawn[0]) + drawn[0]).close()
    with service.client() as client:
        until(lambda: client.predict(drawn[0]).status == 200)
    assert "Traceback" not in service.errors


def test_what_is_no_http(service: RunningService, client: Client) -> None:
    for said in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: example.org\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000,
    ):
        with raw(service.address, said) as connection:
            assert status_of(heard(connection)) == 400
    assert client.get("/healthz").status == 200


# Users


@pytest.mark.parametrize(
    "name",
    ["", "..", ".hidden", "a/b", "../../etc", "a b", "ä", "\u202eevil", "x" * 65, "a\n", "a\x00b", "%2e%2e", "💥"],
)
def test_silly_user_names_are_refused(client: Client, drawn: list[bytes], name: str) -> None:
    asked = quote(name, safe="")
    refused(client.predict(drawn[0], name), 422, "user")
    refused(client.get(f"/models?user={asked}"), 422, "user")
    refused(client.get(f"/events?follow=false&user={asked}"), 422, "user")
    for method in ("GET", "DELETE"):
        reply = client.request(method, f"/users/{asked}")
        assert reply.status in (404, 405, 422) or (name, reply.status) == ("", 307)
        assert not _PLACES.search(reply.content)


def test_the_longest_name_is_taken(client: Client, drawn: list[bytes]) -> None:
    assert client.predict(drawn[0], "x" * 64).status == 200


def test_who_is_not_known(client: Client) -> None:
    refused(client.get("/users/nobody"), 404, "'nobody'")
    refused(client.request("DELETE", "/users/nobody"), 404, "'nobody'")
    refused(client.get("/models?user=nobody"), 404, "'nobody'")
    refused(client.put("/users/nobody/learning", {"mode": "on"}), 404, "'nobody'")
    refused(client.get("/events?user=nobody"), 404, "nobody")
    assert "nobody" not in client.get("/users").json


def test_more_users_than_a_device_has_room_for(state: Path, drawn: list[bytes]) -> None:
    with served(state) as address, Client(address) as client:
        for number in range(20):
            assert client.predict(drawn[0], f"user-{number}").status == 200
        refused(client.predict(drawn[0], "one-more"), 409, "20 users", "Delete")
        assert client.predict(drawn[1], "user-7").status == 200
        assert client.request("DELETE", "/users/user-3").status == 204
        assert client.predict(drawn[0], "one-more").status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"on"', b'{"mode": 1}', b'{"mode": "off"}', b'{"mode": "\\ud800"}', b"\xff\xfe", b"[" * 9000],
)
def test_learning_that_is_no_mode(client: Client, drawn: list[bytes], body: bytes) -> None:
    client.predict(drawn[0], "unset")
    reply = client.request("PUT", "/users/unset/learning", body, {"Content-Type": "application/json"})
    assert reply.status in (400, 422)
    refused(reply, reply.status)


@pytest.mark.parametrize("after", ["-1", "x", str(2**63), "1e3", "", "9" * 400])
def test_events_after_no_number(client: Client, after: str) -> None:
    refused(client.get(f"/events?follow=false&after={after}"), 422, "after")


# Load


def test_a_full_queue_says_so_and_recovers(small: str, drawn: list[bytes]) -> None:
    replies: list[Reply] = []

    def ask() -> None:
        with Client(small) as client:
            for _ in range(5):
                replies.append(client.predict(drawn[0]))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {reply.status for reply in replies} == {200, 429}
    for reply in replies:
        if reply.status == 429:
            refused(reply, 429)
            assert reply.headers["retry-after"] == "1"
    with Client(small) as client:
        assert client.predict(drawn[0]).status == 200


def test_no_more_bytes_are_held_than_there_is_room_for(state: Path) -> None:
    with served(state, most_bytes=30_000, most_bytes_held=60_000) as address, Client(address) as client:
        held = [raw(address, _HEAD + b"Content-Length: 29000\r\n\r\n" + b"x" * 28_000) for _ in range(2)]
        until(lambda: client.predict(b"x" * 29_000).status == 429)
        for connection in held:
            connection.close()
        until(lambda: client.predict(b"x" * 29_000).status == 422)


# Who may ask


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "10.0.0.1", "localhost.evil.example", "", "[::2]:1"]
)
def test_other_hosts_are_refused_without_a_token(service: RunningService, drawn: list[bytes], host: str) -> None:
    head = f"POST /predict?user=bent HTTP/1.1\r\nHost: {host}\r\nContent-Type: image/png\r\nConnection: close\r\n"
    with raw(service.address, head.encode() + b"Content-Length: %d\r\n\r\n" % len(drawn[0]) + drawn[0]) as connection:
        assert status_of(heard(connection)) == 421
    with service.client() as client:
        assert "bent" not in client.get("/users").json


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.2:1", "[::1]:8080"])
def test_this_machine_is_known_by_its_names(service: RunningService, host: str) -> None:
    with raw(
        service.address, f"GET /users HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    ) as connection:
        assert status_of(heard(connection)) == 200


# Moments


def damage(path: Path) -> None:
    """Write nonsense over the middle of a file."""
    content = bytearray(path.read_bytes())
    content[100 : len(content) // 2] = b"\xa5" * (len(content) // 2 - 100)
    path.write_bytes(content)


def test_a_damaged_state_file_is_moved_aside_and_the_service_answers(state: Path, drawn: list[bytes]) -> None:
    with served(state) as address, Client(address) as client:
        client.predict(drawn[0], "before")
    damage(state / "state.sqlite")
    with served(state) as address, Client(address) as client:
        ready = client.get("/readyz").json
        assert ready["status"] == "ready"
        assert ready["moved_aside"].startswith("state-damaged-")
        assert (state / ready["moved_aside"]).is_file()
        assert client.get("/users").json == []
        assert client.predict(drawn[0]).status == 200


@pytest.mark.slow
def test_a_state_file_that_another_program_holds(state: Path, drawn: list[bytes]) -> None:
    with served(state) as address, Client(address) as client:
        client.predict(drawn[0], "known")
        holder = sqlite3.connect(state / "state.sqlite", isolation_level=None)
        try:
            holder.execute("BEGIN IMMEDIATE")
            started = time.monotonic()
            for _ in range(5):
                assert client.predict(drawn[0], "known").status == 200
            assert time.monotonic() - started < 4  # it waits once for the file, not with each answer
            until(lambda: client.get("/readyz").json["trouble"])
            trouble = client.get("/readyz").content
            assert b"held by another program" in trouble
            assert not _PLACES.search(trouble)
            refused(client.predict(drawn[0], "new"), 503, "state.sqlite is held")
        finally:
            holder.close()
        until(lambda: client.predict(drawn[0], "known").status == 200 and not client.get("/readyz").json["trouble"])


def test_a_user_whose_session_is_damaged_harms_nobody_else(state: Path, drawn: list[bytes]) -> None:
    with served(state) as address, Client(address) as client:
        for user in ("whole", "harmed"):
            client.predict(drawn[0], user)
    with sqlite3.connect(state / "state.sqlite") as connection:
        values = {"session": {"phase": "dance"}, "first_seq": 0, "test": {}}
        connection.execute("UPDATE users SET session_json = ? WHERE name = 'harmed'", (json.dumps(values),))
    connection.close()
    with served(state) as address, Client(address) as client:
        assert client.predict(drawn[0], "whole").status == 200
        refused(client.predict(drawn[0], "harmed"), 503)
        assert client.request("DELETE", "/users/harmed").status == 204
        assert client.predict(drawn[0], "harmed").status == 200


def test_a_folder_that_cannot_be_removed_leaves_the_user(state: Path, drawn: list[bytes]) -> None:
    with served(state) as address, Client(address) as client:
        client.predict(drawn[0], "kept")
        (state / "users").mkdir(exist_ok=True)
        (state / "users" / "kept").write_text("a file where a folder should be")
        refused(client.request("DELETE", "/users/kept"), 503, "kept")
        assert "kept" in client.get("/users").json
        (state / "users" / "kept").unlink()
        assert client.predict(drawn[0], "kept").status == 200
        assert client.request("DELETE", "/users/kept").status == 204
