"""Make a profile: a worker does it, and is replaced when a model or an image crashes it, less what crashed it."""

from dataclasses import dataclass

from edgewise.errors import DataError
from edgewise.profile.failures import ImageFailure, ModelFailure, note_failure
from edgewise.profile.finished import is_the_same_by_files
from edgewise.profile.folder import look, writing
from edgewise.profile.messages import PROFILING, error_from_json
from edgewise.profile.outcomes import Outcomes, open_profile
from edgewise.profile.plan import Settings
from edgewise.profile.position import Doing
from edgewise.profile.supervise import Death, Worker
from edgewise.progress import Progress, silent

__all__ = ["ProfileRun", "Settings", "make_or_resume", "profile"]


@dataclass(frozen=True)
class ProfileRun:
    """A finished profile, and how much of it was there before."""

    outcomes: Outcomes
    was_complete: bool  # nothing was left to do
    images_before: int  # that an earlier run had done


def profile(settings: Settings, progress: Progress = silent) -> Outcomes:
    """Run every model of the zoo on every image and store what each answered and cost.

    A folder that holds part of the same profile is completed; one that holds all of it is opened. A model that fails or
    crashes its process is dropped, and listed with the reason in the manifest's `failed`; the others go on. Raises
    `StoreError` when the folder holds another profile, is being written by another process or cannot be written,
    `DataError` when no image can be read, `ModelError` when no model is left, and what loading the zoo raises.
    """
    return make_or_resume(settings, progress).outcomes


def make_or_resume(settings: Settings, progress: Progress = silent) -> ProfileRun:
    """As `profile`, and say what was there before."""
    was_complete = look(settings.out) == "finished"
    supervisor = _Supervisor(settings, progress)
    if not was_complete:
        supervisor.complete()
    elif not is_the_same_by_files(settings):
        supervisor.compare()
    return ProfileRun(open_profile(settings.out), was_complete, supervisor.images_before)


class _Supervisor:
    """Starts workers until one is done."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.images_before = 0
        self._settings = settings
        self._progress = progress
        self._zoo: list[tuple[str, str]] = []
        self._images_done = -1
        self._ended: set[str] = set()
        self._suspects: set[tuple[Doing, int, str]] = set()

    def complete(self) -> None:
        """Make what is missing, as the only writer."""
        with Worker() as worker, writing(self._settings.out):
            death = self._follow(worker)
            while death:
                self._learn_from(death)
                with Worker() as successor:
                    death = self._follow(successor)

    def compare(self) -> None:
        """See that a finished profile is the one asked for; nothing is written."""
        with Worker() as worker:
            death = self._follow(worker)
        if death:
            raise _unexplained(death)

    def _follow(self, worker: Worker) -> Death | None:
        """Hear a worker to its end, after which it is gone; None = it was done. Raises what it raised."""
        try:
            worker.order(self._settings)
            for kind, *values in worker.messages(self._settings.model_timeout_s):
                match kind:
                    case "progress":
                        self._note_progress(*values)
                    case "zoo":
                        self._zoo = [(name, source) for name, source in values[0]]
                    case "done":
                        return None
                    case _:
                        raise error_from_json(values[0])
            return worker.death()
        finally:
            worker.end()

    def _note_progress(self, what: str, done: int, total: int) -> None:
        if what == PROFILING:
            if self._images_done < 0:
                self.images_before = done
            if done > self._images_done:
                self._images_done = done
                self._suspects.clear()
        if what not in self._ended:  # a worker that replaced another loads the models again
            self._progress(what, done, total)
        if done >= total:
            self._ended.add(what)

    def _learn_from(self, death: Death) -> None:
        """Note what is to blame, so that the next worker leaves it out.

        A signal that may have come from outside is believed when it comes a second time at the same place with nothing
        done in between: someone may have killed the process, or memory may have been short for a moment.
        """
        at = death.at
        place = (at.doing, at.model, at.image if at.doing == Doing.READING else "")
        doubtful = death.from_outside or at.doing == Doing.OTHER
        if doubtful and place not in self._suspects:
            self._suspects.add(place)
            return
        match at.doing:
            case Doing.LOADING:
                self._drop(death, f"{death.how} while it was loaded")
            case Doing.RUNNING:
                self._drop(death, f"{death.how} {f'on {at.image}' if at.image else 'while its latency was measured'}")
            case Doing.READING:
                note_failure(self._settings.out, ImageFailure(at.image, f"reading it {death.how}", death.said))
            case _:
                raise _unexplained(death)

    def _drop(self, death: Death, reason: str) -> None:
        name, source = self._zoo[death.at.model]
        note_failure(self._settings.out, ModelFailure(name, source, reason, death.said))


def _unexplained(death: Death) -> DataError:
    return DataError(
        f"The process that makes the profile {death.how}: {death.last_words}.",
        "Give the same command again; it goes on where it stopped.",
    )
