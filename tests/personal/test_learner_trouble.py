"""Networks that are turned down or fail, and devices that cannot store: the generic network answers meanwhile."""

import shutil
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from edgewise.errors import DataError, ModelError, StoreError, UsageError
from edgewise.personal import making as making_module
from edgewise.personal.state import DeviceState
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_folder import UserFolder
from edgewise.personal.user_tails import RECORD, tail_file
from tests.personal.learned import ANNA, BERT, CARL, LEARNED, Ready, Served, served
from tests.personal.states import small_disk

pytestmark = pytest.mark.torch


def _fill(path: Path) -> None:
    """With a file of all that is left of a file system."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


class TestWhatIsTurnedDown:
    def test_what_could_not_be_made_is_asked_for_less_and_later(self, device: Served, at_once: type[Ready]) -> None:
        at_once.problem = "The target cannot be met."
        learner = device.learner()
        device.until(learner, ANNA, "prune")
        device.give(learner, ANNA)
        assert device.kinds() == ["learned", "turned down"]
        assert device.events()[-1].text == "network-1 could not be made: The target cannot be met."
        assert (learner.session.phase, learner.session.wait) == ("observe", 128)
        assert learner.session.attempts == 1
        assert not any(device.user_folder().glob("*/*"))
        at_once.problem = ""
        assert device.until(learner, ANNA, "prune") == 128
        device.until(learner, ANNA, "watch")
        assert learner.session.serving == "network-2"
        assert at_once.begun == 2
        device.assert_consistent(learner)

    def test_a_user_of_all_classes_has_no_network_made(self, device: Served, at_once: type[Ready]) -> None:
        learner = device.learner()
        device.give(learner, range(10), 400)
        assert set(device.kinds()) == {"turned down"}
        assert "all 10 classes of the model" in device.events()[0].text
        assert at_once.begun == 0
        assert learner.session.phase == "observe"

    def test_a_job_that_cannot_be_written_is_turned_down(self, device: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        learner = device.learner()
        device.give(learner, ANNA, 130)
        device.user_folder().parent.mkdir()
        device.user_folder().write_text("in the way")
        device.give(learner, ANNA, 30)
        assert device.kinds() == ["turned down"]
        assert (learner.session.phase, learner.session.wait > 90) == ("observe", True)
        device.user_folder().unlink()
        device.until(learner, ANNA, "watch")

    def test_a_process_that_cannot_be_started(self, device: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise DataError("The pruning process cannot be started: no more processes.")

        monkeypatch.setattr(making_module, "Pruning", refuse)
        learner = device.learner()
        device.give(learner, ANNA, 170)
        assert device.kinds() == ["learned", "turned down"]
        assert learner.session.phase == "observe"
        assert not (device.user_folder() / "job").exists()

    def test_a_user_who_changes_while_the_network_is_made(
        self, device: Served, at_once: type[Ready], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(at_once, "news", lambda _: [])
            learner = device.learner()
            device.until(learner, ANNA, "prune")
            device.give(learner, BERT, 50)
        device.give(learner, BERT, 40)
        assert device.kinds() == ["learned", "made", "turned down"]
        assert device.events()[-1].text == "network-1 is not let in: the user has changed meanwhile"
        assert device.networks() == {"network-1": True}
        device.give(learner, ANNA, 300)
        assert "returned" not in device.kinds(), "what the guard has not let in does not come back"
        assert learner.session.serving != "network-1"

    def test_a_user_who_changes_while_the_network_is_tried(self, verifying: Served) -> None:
        learner = verifying.learner()
        verifying.give(learner, ANNA, 40)
        verifying.until(learner, BERT, "observe")
        assert verifying.kinds()[-1] in ("turned down", "alarm")
        verifying.assert_consistent(learner)
        verifying.until(learner, BERT, "watch")
        assert set(learner.session.classes) == set(BERT)

    def test_a_network_that_fails_while_it_is_tried(self, verifying: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        learner = verifying.learner()
        monkeypatch.setattr(UserNetwork, "answer", _failing)
        verifying.give(learner, ANNA)
        assert verifying.events()[-1].text.startswith("network-1 failed while it was tried: broken")
        assert learner.session.phase == "observe"


def _failing(*_: object) -> None:
    raise ModelError("broken")


class TestTrouble:
    def test_a_network_that_fails_while_it_serves_leaves_the_answer_to_the_generic_one(
        self, watched: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        learner = watched.learner()
        monkeypatch.setattr(UserNetwork, "answer", _failing)
        reply = watched.give(learner, ANNA)
        assert reply.model == watched.generic.parts.name
        assert watched.events()[-1].text == "network-1 failed: broken"
        assert watched.networks() == {"network-1": True}
        watched.assert_consistent(learner)
        monkeypatch.undo()
        watched.give(learner, ANNA, 100)
        assert learner.session.serving is None, "it does not come back"

    @pytest.mark.parametrize(
        ("stage", "damage"),
        [("watched", "torn"), ("watched", "changed"), ("watched", "no record"), ("verifying", "gone")],
    )
    def test_a_damaged_network_at_start(self, stage: str, damage: str, request: pytest.FixtureRequest) -> None:
        device: Served = request.getfixturevalue(stage)
        folder = device.user_folder() / "networks/network-1"
        path, content = folder / tail_file(0), (folder / tail_file(0)).read_bytes()
        if damage == "torn":
            path.write_bytes(content[:-100])
        elif damage == "changed":
            path.write_bytes(content[:-1000] + bytes(1000))
        elif damage == "gone":
            shutil.rmtree(folder)
        else:
            (folder / RECORD).write_text("{")
        again = device.learner()
        assert device.kinds()[-1] == "failed"
        assert "network-1 cannot be taken up" in device.events()[-1].text
        assert again.session.phase == "observe"
        assert device.networks() == {"network-1": True}
        assert device.give(again, ANNA, 40).model == device.generic.parts.name
        device.assert_consistent(again)

    def test_an_earlier_network_that_cannot_be_loaded_any_more_goes(
        self, watched: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def torn(*_: object) -> None:
            raise StoreError("It is torn.")

        learner = watched.learner()
        watched.until(learner, BERT, "observe")
        with monkeypatch.context() as patched:
            patched.setattr(UserFolder, "network", torn)
            while "failed" not in watched.kinds():
                watched.give(learner, ANNA)
        assert "network-1 cannot be taken up: It is torn." in watched.events()[-1].text
        assert watched.networks() == {"network-1": True}
        assert not (watched.user_folder() / "networks/network-1").exists()
        watched.assert_consistent(learner)
        watched.until(learner, ANNA, "watch")
        assert learner.session.serving == "network-2"

    def test_while_nothing_can_be_stored_answers_and_watching_go_on(
        self, watched: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        learner = watched.learner()
        before = watched.kinds()

        def full(*_: object, **__: object) -> None:
            raise StoreError("No space left on device.")

        with monkeypatch.context() as patched:
            patched.setattr(DeviceState, "record", full)
            patched.setattr(DeviceState, "transition", full)
            for _ in range(40):
                reply = learner.answer(watched.stream.next(BERT))
                with pytest.raises(StoreError, match="No space"):
                    learner.learn(reply)
            assert learner.session.phase == "observe", "the change was seen all the same"
        watched.give(learner, BERT, 40)
        assert watched.kinds() == [*before, "alarm"], "and is stored as soon as that is possible"
        watched.assert_consistent(learner)

    def test_a_network_that_was_made_while_nothing_could_be_stored_serves_later(
        self, device: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        learner = device.learner()
        device.until(learner, ANNA, "prune")

        def full(*_: object, **__: object) -> None:
            raise StoreError("No space left on device.")

        with monkeypatch.context() as patched:
            patched.setattr(DeviceState, "transition", full)
            with pytest.raises(StoreError):
                learner.poll()
            assert learner.session.phase == "verify"
        device.until(learner, ANNA, "watch")
        assert device.kinds() == LEARNED
        device.assert_consistent(learner)

    def test_a_full_disk_where_the_job_belongs(self, opened_once: Path, tmp_path: Path, at_once: type[Ready]) -> None:
        with small_disk(tmp_path / "disk") as disk:
            (disk / "ballast").write_bytes(bytes(11 << 20))
            with served(Path(shutil.copytree(opened_once, disk / "device"))) as device:
                learner = device.learner()
                device.give(learner, ANNA, 160)
                assert device.kinds() == ["turned down"]
                assert "No space left" in device.events()[0].text
                assert not list(device.folder.rglob("*.part"))
                (disk / "ballast").unlink()
                device.until(learner, ANNA, "watch")

    def test_a_full_disk_at_the_swap(self, stages_once: dict[str, Path], tmp_path: Path, at_once: type[Ready]) -> None:
        """What took minutes to make and hundreds of inputs to try waits for the disk."""
        disk = tmp_path / "disk"
        with ExitStack() as closed:
            closed.enter_context(small_disk(disk))
            (disk / "ballast").unlink()
            device = closed.enter_context(served(Path(shutil.copytree(stages_once["verify"], disk / "device"))))
            learner = device.learner()
            _fill(disk / "ballast")
            for _ in range(300):
                reply = learner.answer(device.stream.next(ANNA))
                with suppress(StoreError):
                    learner.learn(reply)
            assert learner.verifying is not None
            assert learner.verifying.passes
            assert learner.session.phase == "verify", "and the generic network answers"
            (disk / "ballast").unlink()
            assert device.until(learner, ANNA, "watch") <= 2
            assert device.kinds() == LEARNED
            device.assert_consistent(learner)

    def test_a_clock_that_jumps(self, device: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        """Years ahead while the first network is let in, and back: the first is still the oldest, and goes."""
        learner, now = device.learner(most_networks=2), time.time
        device.until(learner, ANNA, "verify")
        monkeypatch.setattr(time, "time", lambda: now() + 1e8)
        device.until(learner, ANNA, "watch")
        monkeypatch.setattr(time, "time", now)
        for classes in (BERT, CARL):
            device.until(learner, classes, "observe")
            device.until(learner, classes, "watch")
        assert device.networks() == {"network-1": True, "network-2": False, "network-3": False}
        learner.close()
        learner = device.learner(most_networks=2)
        assert learner.session.serving == "network-3"
        device.assert_consistent(learner)

    def test_too_little_memory_is_said_at_once(self, device: Served) -> None:
        with pytest.raises(UsageError, match=r"150 inputs, which take 4\.\d+ MB; 3 MB are allowed"):
            device.learner(memory_mb=3.0)

    def test_a_state_that_was_changed_by_hand_is_refused_in_words(self, device: Served) -> None:
        device.state.add_user("anna")
        device.state.transition("anna", {"session": {}, "first_seq": "one", "test": {}}, None, [])
        with pytest.raises(StoreError, match="first_seq"):
            device.learner()
