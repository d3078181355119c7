"""What is known of a user's tail: stored, read back, refused where it is damaged."""

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import EdgewiseError, StoreError
from edgewise.personal.beliefs import Belief
from edgewise.personal.chooser import FILE, Chooser
from edgewise.personal.costs import Costs
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.image_run import ImageRun
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_tails import RECORD, Tail, UserTails, tail_file
from tests.personal.learned import ANNA, Stream

pytestmark = pytest.mark.torch


@pytest.fixture
def folder(tail_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tail_once, tmp_path / "network-1"))


@pytest.fixture
def generic(opened_once: Path) -> GenericNetwork:
    return GenericNetwork(opened_once / FOLDER)


def test_the_record_comes_back(folder: Path) -> None:
    tail = UserTails.read(folder)
    changed = replace(tail, name="other", generic_ms=0.25, own_outside=(0.5, *tail.own_outside[1:]))
    changed.write(folder)
    again = UserTails.read(folder)
    assert _values(again) == _values(changed)
    assert set(tail.classes) == set(ANNA)
    assert tail.seconds == 0.5


def _values(tails: UserTails) -> list[object]:
    def of(one: UserTails | Tail) -> dict[str, object]:
        return {field.name: getattr(one, field.name) for field in fields(one) if field.name != "tails"}

    return [of(tails), *map(of, tails.tails)]


def test_outside_heeds_how_frequent_the_classes_are(folder: Path) -> None:
    tail = replace(UserTails.read(folder), classes=(1, 4), shares=(0.89, 0.01))
    assert tail.outside(Belief((1, 2), (0.5, 0.5)), 10) < 0.1
    assert tail.outside(Belief((4, 2), (0.5, 0.5)), 10) > 0.5
    assert tail.outside(Belief((2, 3), (0.5, 0.5)), 10) == 1


def test_beliefs_that_sum_to_more_than_one_leave_nothing_below_zero(folder: Path) -> None:
    tail = UserTails.read(folder)
    chances = np.full(64, 1 / 64 * 1.01, np.float16)
    assert chances.sum(dtype=np.float64) > 1
    belief = Belief(tuple(range(64)), tuple(float(one) for one in chances))
    assert 0 <= tail.outside(belief, 1000) <= 1
    assert 0 <= belief.outside(range(64)) <= 1


@pytest.mark.parametrize("damage", ["torn", "changed", "gone"])
def test_a_damaged_network_is_refused(folder: Path, damage: str) -> None:
    path = folder / tail_file(0)
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-3] if damage == "torn" else content[:-3] + b"???")
    with pytest.raises(StoreError, match=r"tail\.onnx"):
        UserNetwork(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("classes", "1"),
        ("own_scores", [float("nan")]),
        ("own_doubts", [True]),
        ("evidence", {}),
        ("cost", {"steps": 3}),
        ("ms", None),
        ("generic_ms", None),
    ],
)
def test_a_damaged_record_is_refused(folder: Path, key: str, value: object) -> None:
    path = folder / RECORD
    stored = json.loads(path.read_text())
    within = stored["data"] if key in stored["data"] else stored["data"]["tails"][0]
    assert key in within
    within[key] = value
    path.write_text(json.dumps(stored))
    with pytest.raises(EdgewiseError):
        UserNetwork(folder)


def test_a_record_of_another_kind_is_refused(folder: Path) -> None:
    path = folder / RECORD
    path.write_text(path.read_text().replace("user tails", "something"))
    with pytest.raises(StoreError, match="something"):
        UserTails.read(folder)
    path.unlink()
    with pytest.raises(StoreError):
        UserTails.read(folder)


def test_a_network_answers_and_scores(folder: Path, generic: GenericNetwork) -> None:
    network = UserNetwork(folder)
    network.warm_up()
    network.let_choose(Chooser((0,), (0.5,), 1e6, mean_ms=0.75, own_share=0.5))
    run = ImageRun(generic, Stream().next(ANNA))
    logits = network.answer(0, run)
    assert logits.shape == (4,)
    assert run.ms > 0
    assert network.choose(run).foreign == pytest.approx(-np.logaddexp.reduce(logits[:3].astype(float)))
    (alone,) = network.answers(run)
    np.testing.assert_array_equal(alone, logits)
    assert network.members == ("tail 1",)


def test_how_it_chooses_comes_back(folder: Path, generic: GenericNetwork) -> None:
    network = UserNetwork(folder)
    chooser = Chooser((0,), (0.25,), -1.5, mean_ms=0.75, own_share=0.5, own_scores=(-2.0, -1.75))
    network.let_choose(chooser)
    assert network.chooser == chooser == UserNetwork(folder).chooser
    assert network.own_scores == (-2.0, -1.75)
    (folder / FILE).unlink()
    with pytest.raises(StoreError, match="chooser"):
        UserNetwork(folder).choose(ImageRun(generic, Stream().next(ANNA)))


def test_a_network_of_an_earlier_version_serves_on(folder: Path) -> None:
    """It knew neither the time of the shared part nor other members than tails, which it called so."""
    record, chooser = folder / RECORD, Chooser((0,), (0.25,), -1.5, mean_ms=0.75, own_share=0.5)
    stored = json.loads(record.read_text())
    del stored["data"]["enter_ms"], stored["data"]["smaller"], stored["data"]["wholes"]
    record.write_text(json.dumps(stored))
    chooser.write(folder)
    stored = json.loads((folder / FILE).read_text())
    stored["data"]["tails"] = stored["data"].pop("members")
    del stored["data"]["own_scores"]
    (folder / FILE).write_text(json.dumps(stored))
    network = UserNetwork(folder)
    assert network.chooser == chooser
    assert network.own_scores == network.tails.tails[0].own_scores
    assert network.tails.costs == Costs(0.0, network.tails.generic_ms, (1.0,), (True,))
