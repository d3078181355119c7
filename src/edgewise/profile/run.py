"""Make a profile: a worker does it, and is replaced when a model or an image crashes it, less what crashed it."""

from dataclasses import dataclass

from edgewise.executors.executor import Executor
from edgewise.profile.blame import Blame, unexplained
from edgewise.profile.elsewhere import Made, make_shards
from edgewise.profile.failures import note_failure
from edgewise.profile.finished import is_the_same_by_files
from edgewise.profile.folder import look, writing
from edgewise.profile.messages import PROFILING, error_from_json
from edgewise.profile.outcomes import Outcomes, open_profile
from edgewise.profile.plan import Settings
from edgewise.profile.supervise import Death, Worker
from edgewise.progress import Progress, silent

__all__ = ["ProfileRun", "Settings", "make_or_resume", "profile"]


@dataclass(frozen=True)
class ProfileRun:
    """A finished profile, and how much of it was there before."""

    outcomes: Outcomes
    was_complete: bool  # nothing was left to do
    images_before: int  # that an earlier run had done
    made: Made | None = None  # by an executor's workers, where there was one


def profile(settings: Settings, progress: Progress = silent, executor: Executor | None = None) -> Outcomes:
    """Run every model of the zoo on every image and store what each answered and cost.

    `executor`: where the models answer, shard by shard; None = in one process here. What they cost is measured here in
    either case, when all have answered: times of different machines do not compare.

    A folder that holds part of the same profile is completed; one that holds all of it is opened. A model that fails or
    crashes its process is dropped, and listed with the reason in the manifest's `failed`; the others go on. Raises
    `StoreError` when the folder holds another profile, is being written by another process or cannot be written,
    `DataError` when no image can be read, `ModelError` when no model is left, and what loading the zoo raises.
    """
    return make_or_resume(settings, progress, executor).outcomes


def make_or_resume(settings: Settings, progress: Progress = silent, executor: Executor | None = None) -> ProfileRun:
    """As `profile`, and say what was there before."""
    was_complete = look(settings.out) == "finished"
    supervisor = _Supervisor(settings, progress)
    if not was_complete:
        supervisor.complete(executor)
    elif not is_the_same_by_files(settings):
        supervisor.compare()
    return ProfileRun(open_profile(settings.out), was_complete, supervisor.images_before, supervisor.made)


class _Supervisor:
    """Starts workers until one is done."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.images_before = 0
        self._settings = settings
        self._progress = progress
        self._zoo: list[tuple[str, str]] = []
        self._images_done = -1
        self._ended: set[str] = set()
        self._blame = Blame()
        self.made: Made | None = None

    def complete(self, executor: Executor | None) -> None:
        """Make what is missing, as the only writer."""
        with Worker() as worker, writing(self._settings.out):
            if executor is None:
                self._finish(worker)
                return
            self._finish(worker, only_plan=True)
            self.made = make_shards(self._settings, executor, self._progress)
            self.images_before = self.made.images_before
            self._ended.add(PROFILING)
            with Worker() as successor:
                self._finish(successor)

    def _finish(self, worker: Worker, *, only_plan: bool = False) -> None:
        """Let one worker after another go on, until all is done."""
        death = self._follow(worker, only_plan=only_plan)
        while death:
            failure = self._blame.of(death, self._zoo)
            if failure:
                note_failure(self._settings.out, failure)
            with Worker() as successor:
                death = self._follow(successor, only_plan=only_plan)

    def compare(self) -> None:
        """See that a finished profile is the one asked for; nothing is written."""
        with Worker() as worker:
            death = self._follow(worker)
        if death:
            raise unexplained(death)

    def _follow(self, worker: Worker, *, only_plan: bool = False) -> Death | None:
        """Hear a worker to its end, after which it is gone; None = it was done. Raises what it raised."""
        try:
            worker.order(self._settings, only_plan=only_plan)
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
            if self._images_done < 0 and self.made is None:
                self.images_before = done
            if done > self._images_done:
                self._images_done = done
                self._blame.forget()
        if what not in self._ended:  # a worker that replaced another loads the models again
            self._progress(what, done, total)
        if done >= total:
            self._ended.add(what)
