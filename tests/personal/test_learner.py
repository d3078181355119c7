"""A user's whole way, with the real networks; only what is made is made at once, and nothing is cut from it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import DataError, ModelError, StoreError, UsageError
from edgewise.personal import making as making_module
from edgewise.personal.learner import Learner
from edgewise.personal.state import DeviceState
from edgewise.personal.tail_network import RECORD, TAIL, UserNetwork
from tests.personal.learned import ANNA, BERT, Ready, Served, served
from tests.personal.states import small_disk

pytestmark = pytest.mark.torch
LEARNED = ["learned", "made", "swapped"]


@pytest.fixture
def device(device_folder: Path, at_once: type[Ready]) -> Iterator[Served]:
    """On which nobody was served yet."""
    with served(device_folder) as found:
        yield found


@pytest.fixture(scope="module")
def stages_once(opened_once: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A device on which Anna's own network is tried, and one on which it serves."""
    folder = Path(shutil.copytree(opened_once, tmp_path_factory.mktemp("stages") / "device"))
    found: dict[str, Path] = {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(making_module, "Pruning", Ready)
        for stage in ("verify", "watch"):
            with served(folder) as device:
                learner = device.learner()
                device.until(learner, ANNA, stage)
                learner.close()
            found[stage] = Path(shutil.copytree(folder, folder.with_name(stage)))
    return found


@pytest.fixture
def verifying(stages_once: dict[str, Path], tmp_path: Path, at_once: type[Ready]) -> Iterator[Served]:
    with served(Path(shutil.copytree(stages_once["verify"], tmp_path / "verifying"))) as found:
        yield found


@pytest.fixture
def watched(stages_once: dict[str, Path], tmp_path: Path, at_once: type[Ready]) -> Iterator[Served]:
    with served(Path(shutil.copytree(stages_once["watch"], tmp_path / "watched"))) as found:
        yield found


def _networks(device: Served, user: str = "anna") -> dict[str, bool]:
    """Whether each is retired."""
    return {one.name: one.retired for one in device.state.networks(user)}


def _user_folder(device: Served, user: str = "anna") -> Path:
    return device.folder / "users" / user


def _consistent(device: Served, learner: Learner) -> None:
    """What serves is stored, whole, and what the learner says."""
    kept, serving = device.state.session(learner.user)
    assert kept is not None
    assert serving == learner.session.serving == kept["session"]["serving"]
    if serving is not None:
        assert _networks(device)[serving] is False
        UserNetwork(device.folder / next(n.folder for n in device.state.networks(learner.user) if n.name == serving))


class TestTheWholeStory:
    def test_learned_served_lost_and_known_again(self, device: Served) -> None:
        learner = device.learner()
        assert device.until(learner, ANNA, "watch") < 400
        device.give(learner, ANNA, 100)
        assert device.until(learner, BERT, "observe") <= 10, "the change is seen within some inputs"
        assert device.until(learner, BERT, "watch") < 500
        device.give(learner, BERT, 100)
        device.until(learner, ANNA, "observe")
        device.until(learner, ANNA, "watch")
        assert device.kinds() == [*LEARNED, "alarm", *LEARNED, "alarm", "returned"]
        assert learner.session.serving == "network-1"
        assert set(learner.session.classes) == set(ANNA)
        _consistent(device, learner)

    def test_who_answers_and_why(self, watched: Served) -> None:
        learner = watched.learner()
        replies = [watched.give(learner, ANNA) for _ in range(60)]
        own = [reply for reply in replies if reply.model == "network-1"]
        assert len(own) > 50
        for reply in own:
            assert "own network" in reply.why
            assert reply.classes[0] in ANNA
            assert sum(reply.chances) == pytest.approx(1, abs=1e-4)
        foreign = learner.answer(watched.stream.next([2]))
        assert foreign.model == watched.generic.parts.name
        assert foreign.why == "network-1 turned it away"
        assert foreign.classes[0] == 2, "the generic network answers it at once"

    def test_audits_are_few_and_kept(self, watched: Served) -> None:
        learner = watched.learner(audit_share=0.5, false_alarms=1e-6)
        watched.give(learner, ANNA, 60)
        kept = watched.state.observations("anna", 60)
        audited = [one for one in kept if one.outside is not None]
        assert 15 <= len(audited) <= 45
        assert np.mean([one.outside for one in audited]) < 0.3
        assert all((one.model == "network-1") == (len(one.top_classes) == 0) for one in kept)

    def test_two_answers_before_either_is_learned_from(self, verifying: Served) -> None:
        learner, replies = verifying.learner(), []
        while learner.session.phase == "verify":
            replies = [learner.answer(verifying.stream.next(ANNA)) for _ in range(2)]
            learner.learn(replies[0])
        learner.learn(replies[1])
        assert replies[1].inference.foreign is None
        assert learner.session.phase == "watch"


class TestTheOwnersWishes:
    def test_what_comes_while_learning_is_paused_is_not_learned_from_even_after_a_restart(self, device: Served) -> None:
        learner = device.learner()
        device.give(learner, ANNA, 40)
        learner.pause(paused=True)
        device.give(learner, BERT, 100)
        learner.pause(paused=False)
        device.give(learner, ANNA, 10)
        assert learner.observing.observer.seen == 50
        learner.close()
        assert device.learner().observing.observer.seen == 50
        assert device.kinds() == ["paused", "resumed"]

    def test_no_change_is_heeded_while_paused(self, watched: Served) -> None:
        learner = watched.learner()
        learner.pause(paused=True)
        assert watched.give(learner, BERT, 50).model == watched.generic.parts.name
        assert learner.session.serving == "network-1"
        learner.pause(paused=False)
        assert watched.until(learner, BERT, "observe") <= 10

    def test_the_generic_network_is_chosen_while_another_serves(self, watched: Served) -> None:
        learner = watched.learner()
        learner.use_generic()
        assert "no network" in watched.give(learner, ANNA, 40).why
        assert (learner.session.phase, learner.session.paused) == ("observe", True)
        _consistent(watched, learner)
        learner.pause(paused=False)
        watched.until(learner, ANNA, "watch")
        assert watched.kinds()[-1] == "returned", "it was let in once, so it may come back"

    @pytest.mark.parametrize("phase", ["prune", "verify"])
    def test_the_generic_network_is_chosen_while_one_is_made_or_tried(
        self, device: Served, phase: str, at_once: type[Ready], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if phase == "prune":
            monkeypatch.setattr(at_once, "news", lambda _: [])
        learner = device.learner()
        device.until(learner, ANNA, phase)
        learner.use_generic()
        assert not any(_user_folder(device).glob("*/*")), "no job, and no network that nobody let in"
        monkeypatch.undo()
        learner.pause(paused=False)
        for _ in range(120):
            device.give(learner, ANNA)
            assert learner.session.serving is None, "the guard never let it in"
        assert all(_networks(device).values())

    @pytest.mark.parametrize("phase", ["prune", "verify", "watch"])
    def test_of_a_forgotten_user_no_byte_stays(
        self, device: Served, phase: str, at_once: type[Ready], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(at_once, "news", lambda _: []) if phase == "prune" else None
        learner = device.learner("secret-somebody")
        device.until(learner, ANNA, phase)
        device.give(learner, ANNA, 3)
        other = device.learner("other")
        device.give(other, BERT, 3)
        assert _mentions(device.folder, b"secret-somebody")
        learner.forget()
        assert _mentions(device.folder, b"secret-somebody") == []
        assert _mentions(device.folder, b"network-1") == []
        assert not _user_folder(device, "secret-somebody").exists()
        assert device.state.users() == ("other",)
        assert device.give(other, BERT).why
        assert device.learner("secret-somebody").session.phase == "observe"

    def test_nor_in_a_state_file_that_was_damaged(self, device: Served) -> None:
        learner = device.learner("secret-somebody")
        (device.folder / "state-damaged-20260101T000000Z.sqlite").write_bytes(b"torn: secret-somebody")
        learner.forget()
        assert _mentions(device.folder, b"secret-somebody") == []


def _mentions(folder: Path, text: bytes) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and (text in path.read_bytes() or text.decode() in str(path))
    ]


class TestSeveralUsers:
    def test_two_at_once_keep_apart(self, device: Served) -> None:
        learners = {"anna": (device.learner("anna"), ANNA), "bert": (device.learner("bert"), BERT)}
        while any(learner.session.phase != "watch" for learner, _ in learners.values()):
            for learner, classes in learners.values():
                device.give(learner, classes)
        for user, (learner, classes) in learners.items():
            assert device.kinds(user) == LEARNED
            assert set(learner.session.classes) == set(classes)
            assert (_user_folder(device, user) / "networks/network-1" / RECORD).is_file()
        anna, bert = learners["anna"][0], learners["bert"][0]
        anna.forget()
        assert device.give(bert, BERT).model in ("network-1", device.generic.parts.name)
        bert.close()
        assert device.learner("bert").session.serving == "network-1"


class TestWhatIsTurnedDown:
    def test_what_could_not_be_made_is_asked_for_less_and_later(self, device: Served, at_once: type[Ready]) -> None:
        at_once.problem = "The target cannot be met."
        learner = device.learner()
        device.until(learner, ANNA, "prune")
        device.give(learner, ANNA)
        assert device.kinds() == ["learned", "turned down"]
        assert device.events()[-1].text == "network-1 could not be made: The target cannot be met."
        assert (learner.session.phase, learner.session.wait) == ("observe", 128)
        assert learner.session.target_speedup == 1.25
        assert not any(_user_folder(device).glob("*/*"))
        at_once.problem = ""
        assert device.until(learner, ANNA, "prune") == 128
        device.until(learner, ANNA, "watch")
        assert learner.session.serving == "network-2"
        assert at_once.begun == 2
        _consistent(device, learner)

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
        (_user_folder(device)).parent.mkdir()
        _user_folder(device).write_text("in the way")
        device.give(learner, ANNA, 30)
        assert device.kinds() == ["turned down"]
        assert (learner.session.phase, learner.session.wait > 90) == ("observe", True)
        _user_folder(device).unlink()
        device.until(learner, ANNA, "watch")

    def test_a_process_that_cannot_be_started(self, device: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise DataError("The pruning process cannot be started: no more processes.")

        monkeypatch.setattr(making_module, "Pruning", refuse)
        learner = device.learner()
        device.give(learner, ANNA, 170)
        assert device.kinds() == ["learned", "turned down"]
        assert learner.session.phase == "observe"
        assert not (_user_folder(device) / "job").exists()

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
        assert _networks(device) == {"network-1": True}
        device.give(learner, ANNA, 300)
        assert "returned" not in device.kinds(), "what the guard has not let in does not come back"
        assert learner.session.serving != "network-1"

    def test_a_user_who_changes_while_the_network_is_tried(self, verifying: Served) -> None:
        learner = verifying.learner()
        verifying.give(learner, ANNA, 40)
        verifying.until(learner, BERT, "observe")
        assert verifying.kinds()[-1] in ("turned down", "alarm")
        _consistent(verifying, learner)
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
        assert _networks(watched) == {"network-1": True}
        _consistent(watched, learner)
        monkeypatch.undo()
        watched.give(learner, ANNA, 100)
        assert learner.session.serving is None, "it does not come back"

    @pytest.mark.parametrize(
        ("stage", "damage"),
        [("watched", "torn"), ("watched", "changed"), ("watched", "no record"), ("verifying", "gone")],
    )
    def test_a_damaged_network_at_start(self, stage: str, damage: str, request: pytest.FixtureRequest) -> None:
        device: Served = request.getfixturevalue(stage)
        folder = _user_folder(device) / "networks/network-1"
        path, content = folder / TAIL, (folder / TAIL).read_bytes()
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
        assert _networks(device) == {"network-1": True}
        assert device.give(again, ANNA, 40).model == device.generic.parts.name
        _consistent(device, again)

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
        _consistent(watched, learner)

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
        _consistent(device, learner)

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

    def test_too_little_memory_is_said_at_once(self, device: Served) -> None:
        with pytest.raises(UsageError, match=r"150 inputs, which take 4\.\d+ MB; 3 MB are allowed"):
            device.learner(memory_mb=3.0)

    def test_a_state_that_was_changed_by_hand_is_refused_in_words(self, device: Served) -> None:
        device.state.add_user("anna")
        device.state.transition("anna", {"session": {}, "first_seq": "one", "test": {}}, None, [])
        with pytest.raises(StoreError, match="first_seq"):
            device.learner()


class TestStreams:
    def test_one_class_alone_is_no_user(self, device: Served) -> None:
        learner = device.learner()
        device.give(learner, [3], 400)
        assert learner.session.phase == "observe"
        assert device.kinds() == []

    def test_what_the_generic_network_does_not_know(self, device: Served) -> None:
        learner, random = device.learner(), np.random.default_rng(0)
        for _ in range(300):
            learner.learn(learner.answer(random.integers(256, size=(64, 64, 3), dtype=np.uint8)))
            learner.poll()
        assert "failed" not in device.kinds()

    @pytest.mark.slow
    def test_users_who_take_turns_do_not_keep_it_swapping(self, device: Served) -> None:
        learner = device.learner()
        for turn in range(60):
            device.give(learner, (ANNA, BERT)[turn % 2], 50)
        swaps = [kind for kind in device.kinds() if kind in ("swapped", "returned")]
        assert len(swaps) <= 5
        _consistent(device, learner)

    @pytest.mark.slow
    def test_users_who_change_as_soon_as_they_are_known_are_followed_ever_more_slowly(self, device: Served) -> None:
        learner, swapped_at, classes = device.learner(), [], ANNA
        for count in range(3000):
            before = learner.session.serving
            device.give(learner, classes)
            if learner.session.serving is not None and before is None:
                swapped_at.append(count)
                classes = BERT if classes == ANNA else ANNA
        gaps = np.diff(swapped_at)
        assert 3 <= len(swapped_at) <= 7
        assert (gaps >= 128 * 2.0 ** np.arange(len(gaps))).all()
        _consistent(device, learner)


class TestTakingUp:
    def test_observing_goes_on_where_it_was_but_rows_are_kept_anew(self, device: Served) -> None:
        learner = device.learner()
        device.give(learner, ANNA, 140)
        before = learner.observing.observer
        learner.close()
        again = device.learner()
        after = again.observing.observer
        assert (after.seen, after.proposal.classes) == (before.seen, before.proposal.classes)
        assert after.outside_at_most == pytest.approx(before.outside_at_most, abs=1e-3)
        assert len(again.observing.collected) == 0
        assert 140 <= device.until(again, ANNA, "prune") <= 170, "150 rows are needed again"

    def test_earlier_networks_are_tried_alike_after_a_restart(self, watched: Served) -> None:
        learner = watched.learner()
        watched.until(learner, BERT, "observe")
        watched.give(learner, ANNA, 60)
        (before,) = learner.observing._fits
        learner.close()
        (after,) = watched.learner().observing._fits
        assert (after.verdict, after._blocks, len(after._trial._waiting)) == (
            before.verdict,
            before._blocks,
            len(before._trial._waiting),
        )
        assert after.outside_at_most == pytest.approx(before.outside_at_most, abs=2e-3)

    def test_what_is_being_made_is_made_again(self, device: Served, at_once: type[Ready], monkeypatch) -> None:
        learner = device.learner()
        device.until(learner, ANNA, "prune")
        with monkeypatch.context() as patched:
            patched.setattr(at_once, "__init__", lambda self, *_, **__: setattr(self, "_news", []))
            learner.close()
            shutil.rmtree(_user_folder(device) / "networks/network-1")
            patched.undo()
        again = device.learner()
        assert at_once.begun == 2
        device.until(again, ANNA, "watch")
        assert device.kinds() == LEARNED

    def test_what_was_made_while_nobody_listened_is_tried(self, device: Served) -> None:
        learner = device.learner()
        device.until(learner, ANNA, "prune")
        learner.close()  # the network is there, and nobody has noted it
        again = device.learner()
        assert again.session.phase == "verify"
        assert device.kinds() == ["learned", "made"]
        assert not (_user_folder(device) / "job").exists()

    def test_a_job_that_is_gone_is_turned_down(self, device: Served) -> None:
        learner = device.learner()
        device.until(learner, ANNA, "prune")
        learner.close()
        shutil.rmtree(_user_folder(device))
        assert device.learner().session.phase == "observe"
        assert device.events()[-1].text == "What network-1 was to be made of is gone."

    def test_evidence_goes_on(self, verifying: Served) -> None:
        learner = verifying.learner()
        verifying.give(learner, ANNA, 30)
        learner.close()
        again = verifying.learner()
        assert again.verifying is not None
        assert again.verifying.evidence == learner.verifying.evidence
        assert verifying.until(again, ANNA, "watch") < 100

    def test_watching_goes_on(self, watched: Served) -> None:
        learner = watched.learner()
        watched.give(learner, ANNA, 50)
        before = learner.watching.detector
        learner.close()
        again = watched.learner()
        assert again.watching.detector == before
        assert again.session == learner.session
        assert watched.until(again, BERT, "observe") <= 10

    def test_a_network_that_a_lost_state_left_is_not_taken_for_a_new_one(
        self, watched: Served, at_once: type[Ready]
    ) -> None:
        watched.state.close()
        for path in watched.folder.glob("state.sqlite*"):
            path.unlink()
        at_once.begun = 0
        with served(watched.folder) as device:
            learner = device.learner()
            device.until(learner, BERT, "prune")
            learner.close()
            again = device.learner()
            device.until(again, BERT, "watch")
            assert set(again.watching.network.tail.classes) == set(BERT)
            assert at_once.begun == 1
