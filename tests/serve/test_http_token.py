"""A service with a token."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.service import TOKEN, Client, copied, heard, raw, served

pytestmark = [pytest.mark.serve, pytest.mark.torch]

GUARDED = ["/predict", "/models", "/users", "/users/me", "/classes", "/events", "/readyz", "/metrics"]


@pytest.fixture(scope="module")
def guarded(opened_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(copied(opened_state, tmp_path_factory.mktemp("guarded")), token=TOKEN) as address:
        yield address


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
    ],
)
def test_without_the_token_nothing_is_answered(guarded: str, path: str, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    with Client(guarded) as client:
        method = "POST" if path == "/predict" else "GET"
        reply = client.request(method, path, b"abc" if method == "POST" else None, headers)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert TOKEN.encode() not in reply.content


def test_odd_bytes_are_no_token(guarded: str) -> None:
    said = b"GET /users HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n"
    with raw(guarded, said) as connection:
        assert heard(connection).startswith(b"HTTP/1.1 401")


def test_what_would_change_something_is_refused_too(guarded: str) -> None:
    with Client(guarded) as client:
        assert client.request("DELETE", "/users/me").status == 401
        assert client.put("/users/me/learning", {"mode": "on"}).status == 401
        assert client.post("/feedback", {"id": "none", "label": 0}).status == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_with_the_token_all_is_answered_under_any_host(guarded: str, drawn: list[bytes], scheme: str) -> None:
    given = {"Authorization": f"{scheme} {TOKEN}", "Host": "device.example:8080"}
    with Client(guarded) as client:
        reply = client.request("POST", "/predict", drawn[0], {**given, "Content-Type": "image/png"})
        assert reply.status == 200
        for path in GUARDED[1:]:
            path = f"{path}?follow=false" if path == "/events" else path
            assert client.request("GET", path, headers=given).status == 200


def test_page_health_and_description_need_none(guarded: str) -> None:
    with Client(guarded) as client:
        for path in ("/", "/page/page.js", "/healthz", "/openapi.json"):
            assert client.get(path).status == 200
