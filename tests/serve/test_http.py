"""The service as its own process: what each route answers."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pytest
from pydantic import BaseModel, TypeAdapter

from edgewise.serve import told
from tests.serve.service import Client, RunningService, raw

pytestmark = [pytest.mark.serve, pytest.mark.torch]

IMAGE = {"Content-Type": "image/png"}
ROUTES = {
    "/predict": {"post"},
    "/feedback": {"post"},
    "/classes": {"get"},
    "/models": {"get"},
    "/users": {"get"},
    "/users/{user}": {"get", "delete"},
    "/users/{user}/learning": {"put"},
    "/events": {"get"},
    "/healthz": {"get"},
    "/readyz": {"get"},
    "/metrics": {"get"},
}


@pytest.fixture
def client(service: RunningService) -> Iterator[Client]:
    with service.client() as client:
        yield client


def of(form: type[BaseModel], value: object) -> BaseModel:
    """A reply's value as what `told` says it is: all its fields, and no others."""
    assert isinstance(value, dict)
    assert set(value) == set(form.model_fields)
    return form.model_validate_json(json.dumps(value), strict=True)


def test_predict_gives_what_inference_gives(client: Client, drawn: list[bytes], opened_state: Path) -> None:
    from edgewise.images.decode import decode
    from edgewise.personal.generic import FOLDER, GenericNetwork
    from edgewise.personal.inference import infer

    generic = GenericNetwork(opened_state / FOLDER)
    known = generic.parts.classes
    for content in drawn:
        reply = client.predict(content, "compared")
        assert reply.status == 200, reply.content
        found = of(told.Prediction, reply.json)
        assert isinstance(found, told.Prediction)
        expected = infer(generic, decode(content).pixels)
        assert [guess.label for guess in found.top] == [known.short_name(index) for index in expected.classes]
        np.testing.assert_allclose([guess.probability for guess in found.top], expected.chances, rtol=0, atol=1e-5)
        assert found.label == found.top[0].label
        assert (found.user, found.model, found.phase) == ("compared", generic.parts.name, "observe")
        assert found.decode_ms > 0 < found.infer_ms


def test_the_default_user_is_me(client: Client, drawn: list[bytes]) -> None:
    assert client.predict(drawn[0]).json["user"] == "me"
    assert "me" in client.get("/users").json


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "application/octet-stream", "IMAGE/PNG; q=1"])
def test_any_image_type_is_taken_and_the_bytes_decide(client: Client, drawn: list[bytes], kind: str) -> None:
    assert client.predict(drawn[3], kind=kind).status == 200


@pytest.mark.parametrize("wish", ["max_latency_ms=50", "min_accuracy=0.9", "max_latency_ms=0.001&min_accuracy=1"])
def test_wishes_are_taken(client: Client, drawn: list[bytes], wish: str) -> None:
    assert client.request("POST", f"/predict?{wish}", drawn[0], IMAGE).status == 200


@pytest.mark.parametrize("wish", ["max_latency_ms=0", "max_latency_ms=inf", "min_accuracy=1.1", "min_accuracy=nan"])
def test_wishes_that_cannot_be_are_refused(client: Client, drawn: list[bytes], wish: str) -> None:
    reply = client.request("POST", f"/predict?{wish}", drawn[0], IMAGE)
    assert reply.status == 422
    assert wish.split("=")[0] in reply.json["detail"]


def test_a_user_s_state(client: Client, drawn: list[bytes]) -> None:
    labels = [client.predict(content, "stated").json["label"] for content in drawn[:12]]
    state = of(told.UserState, client.get("/users/stated").json)
    assert isinstance(state, told.UserState)
    assert (state.user, state.phase, state.paused, state.seen) == ("stated", "observe", False, 12)
    assert state.histogram == {label: labels.count(label) for label in set(labels)}
    assert list(state.histogram.values()) == sorted(state.histogram.values(), reverse=True)
    assert state.networks == [told.Network.model_validate(one) for one in client.get("/models?user=stated").json]
    assert state.serving == "drawn"


def test_the_networks_of_a_new_user(client: Client, drawn: list[bytes]) -> None:
    client.predict(drawn[0], "networked")
    (generic,) = client.get("/models?user=networked").json
    of(told.Network, generic)
    assert generic["serving"]
    assert generic["figures"]["classes"] == 10


def test_users_keep_apart(client: Client, drawn: list[bytes]) -> None:
    mine, yours = drawn[:5], drawn[5:10]
    for one, other in zip(mine, yours, strict=True):
        assert client.predict(one, "mine").json["user"] == "mine"
        assert client.predict(other, "yours").json["user"] == "yours"
    client.put("/users/mine/learning", {"mode": "paused"})
    found = {user: client.get(f"/users/{user}").json for user in ("mine", "yours")}
    assert [found[user]["paused"] for user in found] == [True, False]
    assert [sum(found[user]["histogram"].values()) for user in found] == [5, 5]
    assert found["mine"]["histogram"] != found["yours"]["histogram"]
    assert {one["user"] for one in client.get("/events?follow=false&user=mine").json} == {"mine"}
    assert client.get("/events?follow=false&user=yours").json == []
    assert client.request("DELETE", "/users/mine").status == 204
    assert client.get("/users/mine").status == 404
    assert client.get("/users/yours").json == found["yours"]


@pytest.mark.parametrize(
    ("mode", "paused", "kind"), [("paused", True, "paused"), ("on", False, "resumed"), ("generic", True, "generic")]
)
def test_learning_can_be_set(client: Client, drawn: list[bytes], mode: str, paused: bool, kind: str) -> None:
    client.predict(drawn[0], f"set-{mode}")
    reply = client.put(f"/users/set-{mode}/learning", {"mode": mode})
    state = of(told.UserState, reply.json)
    assert isinstance(state, told.UserState)
    assert state.paused == paused
    assert [one["kind"] for one in client.get(f"/events?follow=false&user=set-{mode}").json] == [kind]


def test_paused_learning_still_counts_answers(client: Client, drawn: list[bytes]) -> None:
    client.predict(drawn[0], "counted")
    client.put("/users/counted/learning", {"mode": "paused"})
    client.predict(drawn[0], "counted")
    state = client.get("/users/counted").json
    assert state["seen"] == 1
    assert sum(state["histogram"].values()) == 2


def test_a_deleted_user_is_gone_and_may_begin_anew(client: Client, service: RunningService, drawn: list[bytes]) -> None:
    for content in drawn[:3]:
        client.predict(content, "to-be-deleted")
    deleted = client.request("DELETE", "/users/to-be-deleted")
    assert (deleted.status, deleted.content) == (204, b"")
    assert "to-be-deleted" not in client.get("/users").json
    assert client.request("DELETE", "/users/to-be-deleted").status == 404
    client.predict(drawn[0], "to-be-deleted")
    assert client.get("/users/to-be-deleted").json["seen"] == 1


def test_events_as_a_list_from_any_place_on(client: Client, drawn: list[bytes]) -> None:
    client.predict(drawn[0], "told")
    for mode in ("paused", "on", "paused"):
        client.put("/users/told/learning", {"mode": mode})
    found = TypeAdapter(list[told.Happened]).validate_json(client.get("/events?follow=false&user=told").content)
    assert [one.kind for one in found] == ["paused", "resumed", "paused"]
    assert [one.seq for one in found] == sorted(one.seq for one in found)
    for value in client.get("/events?follow=false&user=told").json:
        of(told.Happened, value)
    later = client.get(f"/events?follow=false&user=told&after={found[0].seq}").json
    assert [one["seq"] for one in later] == [one.seq for one in found[1:]]


def test_health(client: Client) -> None:
    assert client.get("/healthz").content == b"ok"
    ready = of(told.Readiness, client.get("/readyz").json)
    assert ready == told.Readiness(status="ready", trouble="", moved_aside="")


def test_metrics_count_answers_and_name_no_user(client: Client, drawn: list[bytes]) -> None:
    def answers() -> float:
        lines = client.get("/metrics").content.decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("edgewise_answers_total"))

    before = answers()
    client.predict(drawn[0], "measured-user")
    assert answers() == before + 1
    text = client.get("/metrics").content.decode()
    assert "measured-user" not in text
    assert not any(label in text for label in ("bicycle", "house"))
    assert "edgewise_infer_seconds_count" in text


def test_the_description_has_every_route(client: Client) -> None:
    described = client.get("/openapi.json").json
    assert described["openapi"].startswith("3.1")
    assert {path: set(found) for path, found in described["paths"].items()} == ROUTES
    schemas = described["components"]["schemas"]
    assert set(schemas) >= {"Prediction", "Network", "UserState", "Happened", "LearningMode", "Problem", "Readiness"}
    assert set(schemas) >= {"TrueLabel", "Feedback", "Accuracy"}
    assert "HTTPValidationError" not in schemas
    body = described["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/octet-stream", "image/*"}


def test_the_page_and_all_that_it_asks_for(client: Client) -> None:
    from importlib import resources

    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for file in resources.files("edgewise.serve.page").iterdir():
        if file.name.endswith((".css", ".js")):
            assert client.get(f"/page/{file.name}").content == file.read_bytes()
    for name in ("__init__.py", "page.html", "..%2f..%2fapp.py", "%2e%2e/app.py", "none.js"):
        assert client.get(f"/page/{name}").status == 404


def test_what_there_is_no_route_for(client: Client) -> None:
    for method, path, status in (
        ("GET", "/predict", 405),
        ("POST", "/users", 405),
        ("GET", "/docs", 404),
        ("GET", "/../../etc/passwd", 404),
    ):
        reply = client.request(method, path)
        assert reply.status == status
        assert set(reply.json) == {"detail"}


def test_one_connection_answers_many(service: RunningService, drawn: list[bytes]) -> None:
    head = b"POST /predict?user=piped HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    requests = [head + b"Content-Length: %d\r\n\r\n" % len(content) + content for content in drawn[:3]]
    last = b"GET /users/piped HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with raw(service.address, *requests, last) as connection:
        found = bytearray()
        while part := connection.recv(65536):
            found += part
    assert found.count(b"HTTP/1.1 200 OK") == 4
    assert b'"seen":3' in found


def test_no_reply_waits_for_the_network_s_timers(client: Client) -> None:
    def took_s() -> float:
        started = perf_counter()
        client.get("/healthz")
        return perf_counter() - started

    assert median(took_s() for _ in range(40)) < 0.03  # with Nagle's delay most take 0.04 s
