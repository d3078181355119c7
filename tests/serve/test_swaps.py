"""A hundred swaps under load: the user's network goes and comes back while clients ask on."""

import shutil
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.serve.service import Client, RunningService, png, until

pytestmark = [pytest.mark.serve, pytest.mark.torch, pytest.mark.slow]

_ROUNDS, _CLIENTS, _IMAGES = 50, 3, 60
_USER = "anna"

Expected = dict[tuple[str, bool], tuple[str, float]]  # of each network, told the user's classes or not: label, chance


@dataclass
class Found:
    """What the clients met; both are added to under `lock`."""

    answered: Counter[str] = field(default_factory=Counter)  # by network
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@pytest.fixture(scope="module")
def learned(opened_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder in which Anna's own network serves."""
    from edgewise.personal import making
    from tests.personal.learned import ANNA, Ready, served

    folder = Path(shutil.copytree(opened_state, tmp_path_factory.mktemp("learned") / "state"))
    with pytest.MonkeyPatch.context() as patched, served(folder) as device:
        patched.setattr(making, "Pruning", Ready)
        learner = device.learner(_USER)
        device.until(learner, ANNA, "watch")
        learner.close()
    return folder


def _asked(state: Path) -> list[tuple[bytes, Expected]]:
    """Anna's images, and what each network says of them."""
    from edgewise.personal.generic import FOLDER, GenericNetwork
    from edgewise.personal.inference import infer
    from edgewise.personal.tail_network import UserNetwork
    from edgewise.personal.user_prior import UserPrior
    from tests.personal.learned import ANNA, Stream

    generic, own = GenericNetwork(state / FOLDER), UserNetwork(state / "users" / _USER / "networks/network-1")
    stream, found = Stream(7), []
    for _ in range(_IMAGES):
        pixels = stream.next(ANNA)
        said: Expected = {}
        prior = UserPrior(own.tails.classes, own.tails.shares)
        ways = (infer(generic, pixels), infer(generic, pixels, prior=prior), infer(generic, pixels, own))
        for one in ways:
            if one is not ways[2] or one.by_user_network:
                name = "network-1" if one.by_user_network else generic.parts.name
                said[name, one.by_prior] = (generic.parts.classes.short_name(one.classes[0]), one.chances[0])
        found.append((png(pixels), said))
    return found


def _ask(address: str, asked: list[tuple[bytes, Expected]], over: threading.Event, found: Found) -> None:
    number = 0
    with Client(address, timeout_s=60) as client:
        while not over.is_set():
            content, expected = asked[number % len(asked)]
            number += 1
            reply = client.predict(content, _USER)
            label, chance = "", 0.0
            if reply.status == 200:
                told = reply.json["why"].endswith("knows the user's classes")
                label, chance = expected.get((reply.json["model"], told), ("", 0.0))
            same = reply.status == 200 and reply.json["label"] == label
            same = same and bool(np.isclose(reply.json["top"][0]["probability"], chance, rtol=0, atol=1e-5))
            with found.lock:
                found.answered[reply.json.get("model", "")] += 1
                if not same:
                    found.wrong.append(str(reply))


def test_no_answer_is_lost_or_mixed_up(learned: Path) -> None:
    asked, found, over = _asked(learned), Found(), threading.Event()
    with RunningService(learned) as service, service.client() as client:
        threads = [
            threading.Thread(target=_ask, args=(service.address, asked[n::_CLIENTS], over, found))
            for n in range(_CLIENTS)
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in range(_ROUNDS):
                assert client.put(f"/users/{_USER}/learning", {"mode": "generic"}).json["phase"] == "observe"
                client.put(f"/users/{_USER}/learning", {"mode": "on"})
                until(lambda: client.get(f"/users/{_USER}").json["serving"] == "network-1", timeout_s=60)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        kinds = Counter(event["kind"] for event in client.get("/events?follow=false&after=0").json)
    assert found.wrong == []
    assert kinds["generic"] == kinds["returned"] == _ROUNDS
    assert min(found.answered.values()) > _ROUNDS
    assert set(found.answered) == {"network-1", *(name for name, _ in asked[0][1])}
