"""Smaller generic networks beside the generic one: opened, tried with the user's tails, and chosen."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError, StoreError, UsageError
from edgewise.personal.chooser import Chooser
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.image_run import ImageRun
from edgewise.personal.inference import infer
from edgewise.personal.reply import Reply
from edgewise.personal.smaller import RECORD, SmallerNetwork, read_smaller
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.verifying import Verifying
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find
from edgewise.zoo.tiny import WEIGHTS
from tests.personal.learned import ANNA, BERT, LEARNED, QUICK, Served, Stream, restricted_tail, served
from tests.personal.test_inference import Counted
from tests.tiny_generic import factory, images

pytestmark = pytest.mark.torch


@pytest.fixture(scope="session")
def opened_with(opened_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A device that has a smaller network as well; not to be changed."""
    from edgewise.personal.open_smaller import open_smaller

    folder = Path(shutil.copytree(opened_once, tmp_path_factory.mktemp("with") / "device"))
    open_smaller(find(["tiny:s"]), folder / FOLDER)
    return folder


@pytest.fixture
def generic(opened_with: Path) -> GenericNetwork:
    return GenericNetwork(opened_with / FOLDER)


@pytest.fixture
def user(opened_with: Path, job_once: Path, tmp_path: Path) -> UserNetwork:
    """Asks the smaller network first, and then its tail."""
    restricted_tail(job_once, opened_with / FOLDER, tmp_path / "network-1")
    network = UserNetwork(tmp_path / "network-1")
    network.let_choose(Chooser((1, 0), (0.5, 1.0), 1e6, 1.0, 0.9))
    return network


class TestOpening:
    def test_it_answers_as_it_does_in_the_zoo(self, generic: GenericNetwork) -> None:
        (smaller,), alone = generic.smaller, load(find(["tiny:s"])[0])
        assert (smaller.facts.name, smaller.facts.source) == ("tiny:s", "tiny:s")
        for pixels in images(1)[0]:
            logits, ms = smaller.answer(pixels)
            np.testing.assert_array_equal(logits, alone.classify(pixels)[0])
            assert ms > 0

    def test_classes_in_another_order_meet(self, opened_once: Path, tmp_path: Path) -> None:
        from edgewise.personal.open_smaller import open_smaller

        names = load(find(["tiny:s"])[0]).card.classes.names
        shutil.copy(WEIGHTS / "s.onnx", tmp_path / "turned.onnx")
        card = (WEIGHTS / "s.toml").read_text()
        lines = [line for line in card.splitlines() if not line.startswith(("classes", "name"))]
        turned = [*names[1:], names[0]]  # as if its first output were the second class
        (tmp_path / "turned.toml").write_text("\n".join([*lines, f"classes = {json.dumps(turned)}"]) + "\n")
        folder = Path(shutil.copytree(opened_once / FOLDER, tmp_path / "generic"))
        (facts,) = open_smaller(find([str(tmp_path / "turned.onnx")]), folder)
        assert facts.outputs == (len(names) - 1, *range(len(names) - 1))
        (tmp_path / "turned.onnx").unlink()  # the device has a copy of its own
        (smaller,), alone = GenericNetwork(folder).smaller, load(find(["tiny:s"])[0])
        pixels = images(1)[0][0]
        np.testing.assert_array_equal(smaller.answer(pixels)[0], np.roll(alone.classify(pixels)[0], 1))

    def test_two_files_of_one_name_are_two_networks(self, opened_once: Path, tmp_path: Path) -> None:
        from edgewise.personal.open_smaller import open_smaller

        for network in ("xs", "s"):
            (tmp_path / network).mkdir()
            for suffix in ("onnx", "toml"):
                shutil.copy(WEIGHTS / f"{network}.{suffix}", tmp_path / network / f"net.{suffix}")
        folder = Path(shutil.copytree(opened_once / FOLDER, tmp_path / "generic"))
        open_smaller(find([str(tmp_path / network / "net.onnx") for network in ("xs", "s")]), folder)
        pixels = images(1)[0][0]
        for one, network in zip(GenericNetwork(folder).smaller, ("xs", "s"), strict=True):
            alone = load(find([f"tiny:{network}"])[0])
            np.testing.assert_array_equal(one.answer(pixels)[0], alone.classify(pixels)[0])

    def test_one_of_pytorch_is_kept_as_a_file(self, opened_once: Path, tmp_path: Path) -> None:
        from edgewise.personal.open_smaller import open_smaller

        folder = Path(shutil.copytree(opened_once / FOLDER, tmp_path / "generic"))
        text = factory(tmp_path)
        (facts,) = open_smaller(find([text]), folder)
        assert (facts.kind, facts.source) == ("onnx", text)
        (smaller,), generic = GenericNetwork(folder).smaller, GenericNetwork(folder)
        for pixels in images(1)[0]:
            logits = infer(generic, pixels).generic_logits
            assert logits is not None
            np.testing.assert_allclose(smaller.answer(pixels)[0], logits, atol=1e-3 * np.abs(logits).max())

    def test_one_of_other_classes_is_refused(self, opened_once: Path, tmp_path: Path) -> None:
        from edgewise.personal.open_smaller import open_smaller

        shutil.copy(WEIGHTS / "s.onnx", tmp_path / "other.onnx")
        (tmp_path / "other.toml").write_text(f"classes = {json.dumps([f'thing {n}' for n in range(10)])}\n")
        folder = Path(shutil.copytree(opened_once / FOLDER, tmp_path / "generic"))
        with pytest.raises(UsageError, match="does not know all classes of drawn"):
            open_smaller(find([str(tmp_path / "other.onnx")]), folder)
        assert read_smaller(folder) == ()

    @pytest.mark.parametrize("damage", ["gone", "changed", "record"])
    def test_what_is_damaged_is_refused(self, opened_with: Path, tmp_path: Path, damage: str) -> None:
        folder = Path(shutil.copytree(opened_with / FOLDER, tmp_path / "generic"))
        (facts,) = read_smaller(folder)
        if damage == "gone":
            (folder / facts.file).unlink()
        elif damage == "changed":
            (folder / facts.file).write_bytes(b"???")
        else:
            (folder / RECORD).write_text("{")
        with pytest.raises(StoreError, match="smaller"):
            GenericNetwork(folder)


class TestAnswering:
    def test_the_shared_part_does_not_run_where_the_smaller_network_is_sure(
        self, generic: GenericNetwork, user: UserNetwork, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream, counted = Stream(), Counted(monkeypatch)
        found = [infer(generic, stream.next(ANNA), user) for _ in range(40)]
        at_once = [one for one in found if one.member == 1]
        assert len(at_once) > 10
        assert counted.runs.count("generic/prefix") == 40 - len(at_once)
        for one in at_once:
            assert one.generic_logits is None
            assert set(one.classes) == set(ANNA)
        reply = Reply.of(at_once[0], "generic", "watch", user)
        assert reply.why == "the user's own network is sure of it: tiny:s among the user's classes"

    def test_its_belief_is_among_the_users_classes(self, generic: GenericNetwork, user: UserNetwork) -> None:
        run = ImageRun(generic, Stream().next(ANNA))
        logits, whole = user.answer(1, run), generic.smaller[0].answer(Stream().next(ANNA))[0]
        np.testing.assert_allclose(logits[:3], whole[list(user.tails.classes)])
        others = np.delete(whole, list(user.tails.classes))
        assert logits[3] == pytest.approx(np.logaddexp.reduce(others.astype(float)))

    def test_one_that_the_device_has_no_more_says_so(self, opened_once: Path, user: UserNetwork) -> None:
        without = GenericNetwork(opened_once / FOLDER)
        with pytest.raises(ModelError, match="not on this device any more"):
            infer(without, Stream().next(ANNA), user)


class TestLearning:
    @pytest.fixture
    def device(self, opened_with: Path, tmp_path: Path, at_once: object) -> Iterator[Served]:
        with served(Path(shutil.copytree(opened_with, tmp_path / "device"))) as found:
            yield found

    def test_it_is_tried_on_live_inputs_before_anything_is_chosen(
        self, generic: GenericNetwork, user: UserNetwork, tmp_path: Path
    ) -> None:
        verifying, stream = Verifying(user, QUICK, 10), Stream(1)
        for _ in range(159):
            verifying.take(infer(generic, stream.next(ANNA)))
            assert verifying.chooser is None
            assert verifying.problem == ""
            assert verifying.to_values() == {}
        verifying.take(infer(generic, stream.next(ANNA)))
        assert verifying.chooser is not None
        assert verifying.chooser.members[0] == 1, "it takes 0.5 ms, the tail 3 with the shared part"
        assert len(verifying.chooser.own_scores) == 160
        assert verifying.evidence is None, "the guard judges by inputs that come afterwards"
        for _ in range(300):
            verifying.take(infer(generic, stream.next(ANNA)))
        assert verifying.passes
        assert verifying.evidence is not None
        assert verifying.evidence.jointly, "and not the generic network alone, which knows nothing of its own errors"
        stored = verifying.to_values()
        again = Verifying.from_values(user, QUICK, 10, stored, tmp_path)
        assert again.to_values() == stored
        again.take(infer(generic, stream.next(ANNA)))
        assert again.evidence is not None
        assert again.evidence.inputs == verifying.evidence.inputs + 1
        del stored["temperatures"]  # an earlier version's, which the generic network alone judged
        assert Verifying.from_values(user, QUICK, 10, stored, tmp_path).to_values() == {}

    def test_one_that_is_wrong_and_sure_of_it_is_not_asked(
        self, generic: GenericNetwork, user: UserNetwork, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It judges as well, and must not vouch for itself."""
        answer, noise = SmallerNetwork.answer, np.random.default_rng(0)

        def wrong(network: SmallerNetwork, pixels: np.ndarray) -> tuple[np.ndarray, float]:
            logits, ms = answer(network, pixels)
            return 50 * noise.permutation(logits), ms

        monkeypatch.setattr(SmallerNetwork, "answer", wrong)
        verifying, stream = Verifying(user, QUICK, 10), Stream(1)
        for _ in range(400):
            verifying.take(infer(generic, stream.next(ANNA)))
        assert verifying.chooser is not None
        assert verifying.chooser.members == (0,), "the tail is right"

    def test_the_whole_way(self, device: Served) -> None:
        learner = device.learner()
        device.until(learner, ANNA, "watch")
        replies = [device.give(learner, ANNA) for _ in range(60)]
        assert sum(reply.why.endswith("tiny:s among the user's classes") for reply in replies) > 30
        learner.close()
        learner = device.learner()
        assert learner.watching is not None
        assert device.until(learner, BERT, "observe") <= 40, "the change is seen by the smaller network's energy"
        assert device.kinds()[:4] == [*LEARNED, "alarm"]
        device.until(learner, ANNA, "watch")
        assert device.kinds()[-1] == "returned"
        device.assert_consistent(learner)

    def test_where_it_is_gone_the_generic_network_answers_and_learning_begins_again(self, device: Served) -> None:
        learner = device.learner()
        device.until(learner, ANNA, "watch")
        learner.close()
        (device.folder / FOLDER / RECORD).unlink()
        device.generic = GenericNetwork(device.folder / FOLDER)
        learner = device.learner()
        assert device.give(learner, ANNA).model == "drawn"
        assert device.kinds()[-1] == "failed"
        device.until(learner, ANNA, "watch")
        device.assert_consistent(learner)
