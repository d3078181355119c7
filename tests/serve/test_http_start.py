"""How the service begins, is refused a beginning, and ends."""

import os
import re
import signal
import socket
import sqlite3
import time
from pathlib import Path

import pytest

from edgewise.drawn import CLASSES
from tests.serve.service import TOKEN, Client, RunningService, begin, raw, served, until
from tests.tiny_generic import bundled_file

pytestmark = [pytest.mark.serve, pytest.mark.torch]

_HALF = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 900\r\n\r\nxxx"


def refused(code: int, *arguments: str | Path, **environment: str) -> str:
    """Start the service so that it must end at once; what it said, which is an error and a hint."""
    process = begin(*arguments, **environment)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert output == ""
    assert re.fullmatch(r"error: .+\n hint: .+\n", errors, re.DOTALL), errors
    return errors


def is_let_go(state: Path) -> bool:
    """Whether the state file was closed well and the folder is free again."""
    from edgewise.personal.state_file import take

    take(state).release()
    return not (state / "state.sqlite-wal").exists()


def test_it_says_where_it_is_on_one_line(service: RunningService) -> None:
    assert service.said["address"].startswith("http://127.0.0.1:")
    assert service.said["pid"] == service.process.pid
    assert (service.said["model"], service.said["classes"]) == ("drawn", 10)


def test_an_onnx_file_of_ones_own_is_opened_and_answers(tmp_path: Path, drawn: list[bytes]) -> None:
    file = bundled_file(tmp_path)
    with RunningService(tmp_path / "state", "--model", file) as service, service.client() as client:
        assert (service.said["model"], service.said["classes"]) == ("tiny:l", 10)
        labels = [client.predict(content).json["label"] for content in drawn[:10]]
        assert labels == list(CLASSES)  # they come in turn


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_it_well(state: Path, drawn: list[bytes], how: signal.Signals, code: int) -> None:
    with RunningService(state) as service, service.client() as client:
        for content in drawn[:5]:
            client.predict(content)
        streaming = raw(service.address, b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b": begin" in streaming.recv(4096) + streaming.recv(4096)
        silent = raw(service.address)
        assert service.kill(how) == code
        assert "Traceback" not in service.errors
        assert service.errors == ("interrupted\n" if how == signal.SIGINT else "")
        streaming.close()
        silent.close()
    assert is_let_go(state)
    with sqlite3.connect(state / "state.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM observations").fetchone() == (5,)
    connection.close()


@pytest.mark.slow
def test_half_an_upload_does_not_hold_up_the_end(state: Path) -> None:
    with RunningService(state) as service, raw(service.address, _HALF):
        time.sleep(0.3)
        assert service.kill() == 0  # which waits for half a minute, where uvicorn alone would for ever
    assert is_let_go(state)


@pytest.mark.slow
def test_what_was_answered_before_a_kill_is_remembered(state: Path, drawn: list[bytes]) -> None:
    with RunningService(state) as service, service.client() as client:
        for content in drawn[:7]:
            client.predict(content)
        until(lambda: client.get("/users/me").json["seen"] == 7)
        assert service.kill(signal.SIGKILL) == -9
    with RunningService(state) as service, service.client() as client:
        assert client.get("/users/me").json["seen"] == 7
        assert client.get("/readyz").json["moved_aside"] == ""


def test_one_state_folder_is_for_one_service(service: RunningService) -> None:
    said = refused(2, "--state", service.state, "--port", "0")
    assert "Another edgewise service is using" in said
    assert "choose another state folder" in said
    with service.client() as client:
        assert client.get("/readyz").status == 200


@pytest.mark.slow
def test_a_port_that_is_taken(service: RunningService, opened_state: Path) -> None:
    port = service.address.rpartition(":")[2]
    said = refused(2, "--state", opened_state, "--port", port)
    assert f"port {port}" in said
    assert "--port" in said


def test_a_folder_without_a_generic_network(tmp_path: Path) -> None:
    assert "--model" in refused(2, "--state", tmp_path / "new", "--port", "0")
    assert not (tmp_path / "new").exists()


def test_others_need_a_token(opened_state: Path) -> None:
    said = refused(2, "--state", opened_state, "--port", "0", "--host", "0.0.0.0")
    assert "needs a token" in said
    assert "--token-file" in said


def test_a_token_out_of_a_file_opens_other_addresses(state: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with RunningService(state, "--host", "0.0.0.0", "--token-file", tmp_path / "token") as service:
        here = service.address.replace("0.0.0.0", "127.0.0.1")
        with Client(here) as client:
            assert client.get("/users").status == 401
        with Client(here, token=TOKEN) as client:
            assert client.get("/users").json == []


@pytest.mark.parametrize("token", ["short", "a" * 15, "two words of many letters", "ümlaut-in-a-token-of-many"])
def test_a_token_that_will_not_do(token: str) -> None:
    from edgewise.serve.guarding import token_problem

    assert token_problem(token, "127.0.0.1")
    assert token_problem(token, "0.0.0.0")


@pytest.mark.slow
def test_a_short_token_is_refused(opened_state: Path) -> None:
    assert "16" in refused(2, "--state", opened_state, "--port", "0", EDGEWISE_TOKEN="short")


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.example", False),
    ],
)
def test_which_addresses_only_this_machine_reaches(host: str, alone: bool) -> None:
    from edgewise.serve.guarding import is_loopback

    assert is_loopback(host) == alone


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 70 + ".example", "256.1.1.1", "fe80::zz", "\0"])
def test_addresses_that_cannot_be_had(host: str) -> None:
    from edgewise.errors import UsageError
    from edgewise.serve.listening import bind

    with pytest.raises(UsageError, match="cannot be listened at"):
        bind(host, 0)


def test_an_address_is_bound_by_one_alone() -> None:
    from edgewise.errors import UsageError
    from edgewise.serve.listening import bind

    with bind("127.0.0.1", 0) as listening, pytest.raises(UsageError, match="in use"):
        bind("127.0.0.1", listening.getsockname()[1])


@pytest.mark.slow
@pytest.mark.skipif(not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists(), reason="no IPv6 here")
def test_the_other_loopback(state: Path) -> None:
    with RunningService(state, "--host", "::1") as service, service.client() as client:
        assert service.address.startswith("http://[::1]:")
        assert client.get("/users").json == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_token_file_that_may_not_be_read(opened_state: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0)
    refused(3, "--state", opened_state, "--token-file", tmp_path / "token")


def test_it_can_be_served_again_in_the_same_process(state: Path, drawn: list[bytes]) -> None:
    for seen in (1, 2):
        with served(state) as address, Client(address) as client:
            client.predict(drawn[0])
            until(lambda seen=seen, client=client: client.get("/users/me").json["seen"] == seen)


def test_memory_that_no_network_can_be_made_of_is_refused_at_the_start(state: Path) -> None:
    from edgewise.errors import UsageError
    from edgewise.personal.learning import Learning
    from edgewise.serve.device import Device

    with pytest.raises(UsageError, match="1 MB are allowed"):
        Device(state, Learning(memory_mb=1))
    assert not (state / "state.sqlite").exists()
