"""More than a device can answer, for a while."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from tests.serve.service import Client, RunningService

pytestmark = [pytest.mark.serve, pytest.mark.torch, pytest.mark.slow]

_SETTLES_S, _WINDOW_S = 8.0, 5.0
_USERS, _CLIENTS_A_USER = 4, 6  # together more than may wait: 16 and the one that is answered


@dataclass
class Found:
    """What the clients met; appending and counting are done under `lock`."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def _expected(state: Path, files: list[bytes]) -> list[tuple[str, float]]:
    from edgewise.images.decode import decode
    from edgewise.personal.generic import FOLDER, GenericNetwork
    from edgewise.personal.inference import infer

    generic = GenericNetwork(state / FOLDER)
    answers = [infer(generic, decode(content).pixels) for content in files]
    return [(generic.parts.classes.short_name(one.classes[0]), one.chances[0]) for one in answers]


def _ask(address: str, user: str, asked: list[tuple[bytes, tuple[str, float]]], ends: float, found: Found) -> None:
    number = 0
    with Client(address, timeout_s=60) as client:
        while time.monotonic() < ends:
            content, (label, chance) = asked[number % len(asked)]
            number += 1
            reply = client.predict(content, user)
            said = reply.json
            right = reply.status != 200 or (
                said["user"] == user
                and said["label"] == label
                and np.isclose(said["top"][0]["probability"], chance, rtol=0, atol=1e-5)
            )
            with found.lock:
                found.statuses[reply.status] += 1
                if not right or (reply.status == 429 and "retry-after" not in reply.headers):
                    found.wrong.append(f"{user}: {reply}")
            if reply.status == 429:
                time.sleep(0.02)


def _answered(client: Client) -> float:
    lines = client.get("/metrics").content.decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("edgewise_answers_total"))


@pytest.mark.parametrize("lasts_s", [20.0, pytest.param(300.0, marks=pytest.mark.long)])
def test_more_than_it_can_answer_for_some_time(state: Path, drawn: list[bytes], lasts_s: float) -> None:
    answers = _expected(state, drawn)
    pairs = list(zip(drawn, answers, strict=True))
    found, sizes, waiting = Found(), [], []
    with RunningService(state) as service:
        with service.client() as client:
            for n in range(_USERS):  # the right answers are the generic network's, so none is to learn its own
                client.predict(drawn[0], f"user-{n}")
                client.put(f"/users/user-{n}/learning", {"mode": "paused"})
        began = time.monotonic()
        threads = [
            threading.Thread(target=_ask, args=(service.address, f"user-{n}", pairs[n::_USERS], began + lasts_s, found))
            for n in range(_USERS)
            for _ in range(_CLIENTS_A_USER)
        ]
        for thread in threads:
            thread.start()
        with service.client(timeout_s=60) as client:
            while time.monotonic() < began + lasts_s:
                sizes.append((time.monotonic() - began, service.rss_mb))
                lines = client.get("/metrics").content.decode().splitlines()
                waiting.append(next(float(line.split()[1]) for line in lines if line.startswith("edgewise_waiting ")))
                time.sleep(0.5)
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        with service.client() as client:
            answered = _answered(client)
            histograms = [client.get(f"/users/user-{n}").json["histogram"] for n in range(_USERS)]
        assert service.kill() == 0
        assert "Traceback" not in service.errors
    early = median(mb for at, mb in sizes if _SETTLES_S <= at < _SETTLES_S + _WINDOW_S)
    late = median(mb for at, mb in sizes if at >= lasts_s - _WINDOW_S)
    print(f"{dict(found.statuses)}, RSS {early:.0f} MB, later {late:.0f} MB, at most {max(waiting):.0f} waited")
    assert not found.wrong, found.wrong[:3]
    assert set(found.statuses) == {200, 429}
    assert max(waiting) <= 16
    assert answered == found.statuses[200] + _USERS
    for n, histogram in enumerate(histograms):
        assert set(histogram) <= {label for _, (label, _) in [*pairs[n::_USERS], pairs[0]]}
    assert late < 1.03 * early + 3
