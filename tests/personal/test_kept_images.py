"""Images that the owner lets be kept: from the inputs to the whole network, pruned; and gone after it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgewise.errors import UsageError
from edgewise.personal.chooser import Chooser
from edgewise.personal.inference import infer
from edgewise.personal.reply import Reply
from tests.personal.learned import ANNA, BERT, LEARNED, QUICK, Served, served
from tests.personal.test_inference import Counted

pytestmark = pytest.mark.torch


@pytest.fixture
def keeping(opened_once: Path, tmp_path: Path, at_once: object) -> Iterator[Served]:
    with served(Path(shutil.copytree(opened_once, tmp_path / "keeping")), replace(QUICK, keep_images=True)) as found:
        yield found


def test_none_is_kept_unless_it_is_allowed(device: Served) -> None:
    learner = device.learner()
    device.give(learner, ANNA, 20)
    assert learner.observing.images_kept == 0
    assert all(row.image.size == 0 for row in learner.observing.collected._rows)
    device.until(learner, ANNA, "watch")
    assert learner.watching is not None
    assert learner.watching.network.members == ("tail 1",)


def test_from_images_to_a_whole_network_and_back(keeping: Served) -> None:
    learner = keeping.learner()
    keeping.give(learner, ANNA, 20)
    assert learner.observing.images_kept == 20
    keeping.until(learner, ANNA, "watch")
    assert keeping.kinds() == LEARNED
    assert learner.watching is not None
    assert learner.watching.network.members == ("tail 1", "the whole network, pruned")
    assert learner.watching.network.chooser.members[0] == 1, "1.2 ms from the image on; the tail takes 3 with the rest"
    replies = [keeping.give(learner, ANNA) for _ in range(60)]
    assert sum(one.why.endswith("the whole network, pruned") for one in replies) > 30
    assert learner.observing.images_kept == 0
    assert not (keeping.user_folder() / "job").exists()
    learner.close()
    learner = keeping.learner()
    assert learner.watching is not None
    assert keeping.until(learner, BERT, "observe") <= 40, "a change is seen by its energy too"
    keeping.until(learner, ANNA, "watch")
    assert keeping.kinds()[-1] == "returned"
    keeping.assert_consistent(learner)


def test_what_it_doubts_the_generic_network_answers_from_the_image_on(
    keeping: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = keeping.learner()
    keeping.until(learner, ANNA, "watch")
    assert learner.watching is not None
    network, counted = learner.watching.network, Counted(monkeypatch)
    network.let_choose(Chooser((1,), (-1.0,), 1e6, 1.2, 0.0))
    found = infer(keeping.generic, keeping.stream.next(ANNA), network)
    assert found.member is None
    assert found.ms > 0
    assert counted.runs == ["whole-1/network", "generic/prefix", "generic/tail"]
    network.let_choose(Chooser((1,), (1.0,), 1e6, 1.2, 1.0))
    found = infer(keeping.generic, keeping.stream.next(ANNA), network)
    assert counted.runs[3:] == ["whole-1/network"]
    assert found.ms > 0
    why = Reply.of(found, "generic", "watch", network).why
    assert why == "the user's own network is sure of it: the whole network, pruned"


def test_images_need_memory_too(keeping: Served) -> None:
    without = keeping.learner("bert", keep_images=False, memory_mb=5.0)
    without.close()
    with pytest.raises(UsageError, match=r"150 inputs, which take 6\.\d+ MB; 5 MB are allowed"):
        keeping.learner("carl", memory_mb=5.0)
