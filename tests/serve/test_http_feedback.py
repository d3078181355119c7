"""What the owner says of answers: over HTTP, and in the file that stays."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.personal.remembered import Observation
from edgewise.serve import told
from tests.serve.service import Client, Reply, RunningService, served

pytestmark = [pytest.mark.serve, pytest.mark.torch]


@pytest.fixture
def client(service: RunningService) -> Iterator[Client]:
    with service.client() as client:
        yield client


def _tell(client: Client, answer_id: str, label: Any) -> Reply:
    return client.post("/feedback", {"id": answer_id, "label": label})


def _accuracy(client: Client, user: str) -> list[dict[str, Any]]:
    return client.get(f"/users/{user}").json["feedback"]


def _kept(state: Path) -> list[tuple[str, int, int | None, int]]:
    with closing(sqlite3.connect(state / "state.sqlite")) as connection:
        return connection.execute("SELECT model, answered, generic, truth FROM feedback ORDER BY seq").fetchall()


def test_right_and_wrong_are_counted(client: Client, drawn: list[bytes]) -> None:
    answers = [client.predict(content, "counted").json for content in drawn[:3]]
    assert _accuracy(client, "counted") == []
    for answer, wrong in zip(answers, (False, True, False), strict=True):
        truth = answer["top"][1 if wrong else 0]
        reply = _tell(client, answer["id"], truth["index"])
        assert reply.status == 200
        assert told.Feedback.model_validate_json(reply.content, strict=True) == told.Feedback(
            id=answer["id"],
            user="counted",
            model=answer["model"],
            answer=answer["label"],
            label=truth["label"],
            right=not wrong,
        )
    assert _accuracy(client, "counted") == [{"model": "drawn", "told": 3, "right": 2}]


def test_the_last_word_on_an_answer_counts(client: Client, drawn: list[bytes]) -> None:
    answer = client.predict(drawn[0], "undecided").json
    for place in (1, 0, 2):
        assert _tell(client, answer["id"], answer["top"][place]["index"]).json["right"] == (place == 0)
        assert _accuracy(client, "undecided") == [{"model": "drawn", "told": 1, "right": int(place == 0)}]


def test_a_class_is_told_by_name_or_number(client: Client, drawn: list[bytes]) -> None:
    names = client.get("/classes").json
    assert len(names) == 10
    answer = client.predict(drawn[0], "named").json
    assert answer["label"] == names[answer["top"][0]["index"]]
    for label in (names[4], names[4].upper(), 4, "4"):
        assert _tell(client, answer["id"], label).json["label"] == names[4]


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("unicorn", "No class is called 'unicorn'. The nearest of 10: "),
        ("", "No class is called ''"),
        (10, "There is no class 10.\nClasses have the numbers 0 to 9."),
        (-1, "There is no class -1."),
        (10**40, "There is no class 1000"),
        (True, "valid integer"),
        (1.5, "valid integer"),
        (None, "valid string"),
    ],
)
def test_a_label_that_is_no_class_is_refused(client: Client, drawn: list[bytes], label: Any, words: str) -> None:
    answer = client.predict(drawn[0], "strict").json
    reply = _tell(client, answer["id"], label)
    assert reply.status == 422
    assert words in reply.json["detail"]
    assert _accuracy(client, "strict") == []


@pytest.mark.parametrize("answer_id", ["none", "", "x' OR 1=1 --", "\0"])
def test_an_answer_that_was_never_given_is_not_found(client: Client, drawn: list[bytes], answer_id: str) -> None:
    client.predict(drawn[0])
    reply = _tell(client, answer_id, 0)
    assert reply.status == 404
    assert set(reply.json) == {"detail"}


def test_ids_tell_nothing_of_each_other(client: Client, drawn: list[bytes]) -> None:
    ids = [client.predict(drawn[0], user).json["id"] for user in ("one", "other") * 3]
    assert len(set(ids)) == 6
    assert min(len(answer_id) for answer_id in ids) == 43  # 256 bits
    assert len({answer_id[:4] for answer_id in ids}) == 6


def test_users_and_networks_keep_apart(client: Client, drawn: list[bytes]) -> None:
    mine, yours = (client.predict(drawn[0], user).json for user in ("mine", "yours"))
    _tell(client, mine["id"], mine["top"][0]["index"])
    assert _tell(client, yours["id"], yours["top"][1]["index"]).json["user"] == "yours"
    assert [_accuracy(client, user)[0]["right"] for user in ("mine", "yours")] == [1, 0]


def test_metrics_count_it(client: Client, drawn: list[bytes]) -> None:
    def counted(right: str) -> float:
        lines = client.get("/metrics").content.decode().splitlines()
        name = f'edgewise_feedback_total{{right="{right}"}} '
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    before = counted("true"), counted("false")
    answer = client.predict(drawn[0], "measured").json
    for label in (answer["top"][0]["index"], answer["top"][1]["index"], answer["top"][2]["index"], "unicorn"):
        _tell(client, answer["id"], label)
    assert (counted("true"), counted("false")) == (before[0] + 1, before[1] + 2)


def test_what_was_told_outlives_a_kill_and_the_latest_ids_do_too(state: Path, drawn: list[bytes]) -> None:
    with RunningService(state) as service, service.client() as client:
        answers = [client.predict(content).json for content in drawn[:2]]
        first, second = ([guess["index"] for guess in answer["top"]] for answer in answers)
        _tell(client, answers[0]["id"], first[1])
        service.process.kill()
        service.process.wait()
    assert _kept(state) == [("drawn", first[0], first[0], first[1])]
    with RunningService(state) as service, service.client() as client:
        assert _tell(client, answers[1]["id"], second[0]).status == 200
        assert _tell(client, answers[0]["id"], first[0]).status == 200
        assert _accuracy(client, "me") == [{"model": "drawn", "told": 2, "right": 2}]
        assert service.kill() == 0
    assert _kept(state) == [("drawn", first[0], first[0], first[0]), ("drawn", second[0], second[0], second[0])]


def test_a_deleted_user_leaves_no_byte_of_it(state: Path, drawn: list[bytes]) -> None:
    with RunningService(state) as service, service.client() as client:
        kept, gone = (client.predict(drawn[0], user).json for user in ("anna", "bert"))
        for answer in (kept, gone):
            _tell(client, answer["id"], 3)
        assert client.request("DELETE", "/users/bert").status == 204
        assert _tell(client, gone["id"], 3).status == 404
        content = b"".join(path.read_bytes() for path in state.glob("state.sqlite*"))
        assert kept["id"].encode() in content
        assert gone["id"].encode() not in content
        assert len(_accuracy(client, "anna")) == 1


@pytest.mark.parametrize(
    ("model", "likely", "generic"),
    [("drawn", [], 2), ("network-1", [5, 2], 5), ("network-1", [], None)],
    ids=["the generic network answered", "it ran beside the user's", "it did not run"],
)
def test_what_the_generic_network_answered_is_kept_where_it_is_known(
    state: Path, model: str, likely: list[int], generic: int | None
) -> None:
    from edgewise.serve.device import Device

    with Device(state) as device:
        device.state.add_user("me")
        tops = np.array(likely, np.uint16), np.zeros(len(likely), np.float16)
        device.state.record("me", Observation(1.5, "car", 0.5, model, 1.0, None, *tops, "first", 2))
        user, found = device.tell("first", 7)
        assert (user, found.model, found.answered, found.generic, found.truth) == ("me", model, 2, generic, 7)
    assert _kept(state) == [(model, 2, generic, 7)]


def test_a_file_that_cannot_be_written_is_said(state: Path, drawn: list[bytes]) -> None:
    with served(state) as address, Client(address) as client:
        answer = client.predict(drawn[0]).json
        assert _accuracy(client, "me") == []  # the answer is stored by now
        with closing(sqlite3.connect(state / "state.sqlite", isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            reply = _tell(client, answer["id"], 1)
            assert reply.status == 503
            assert "held by another program" in reply.json["detail"]
        assert _tell(client, answer["id"], 1).status == 200
