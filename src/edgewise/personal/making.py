"""While a process makes the user's network: what it is asked for, how far it is, how it ended."""

import numpy as np

from edgewise.personal.collected import Collected
from edgewise.personal.generic import GenericParts
from edgewise.personal.job import COLLECTED, Job
from edgewise.personal.learning import Learning
from edgewise.personal.pruning import Ended, Progressed, Pruning
from edgewise.personal.session import Session
from edgewise.personal.user_folder import UserFolder
from edgewise.prune.confidence import alpha_of
from edgewise.prune.user_classes import other_classes
from edgewise.runtime.engines import Engine


class Making:
    """Of one user: at most one network at a time."""

    def __init__(
        self, folder: UserFolder, parts: GenericParts, learning: Learning, engine: Engine = Engine.ONNX_RUNTIME
    ) -> None:
        self._folder, self._parts, self._learning, self._engine = folder, parts, learning, engine
        self._process: Pruning | None = None
        self.progress: Progressed | None = None

    @property
    def pid(self) -> int | None:
        """Of the process; None while none runs."""
        return self._process.pid if self._process else None

    def write_job(self, session: Session, shares: tuple[float, ...], collected: Collected) -> None:
        """Leave what the process needs to make the session's candidate.

        `shares`: of the inputs, of the session's classes. Raises `UsageError` where no class of the generic network is
        another user's, `StoreError` where it cannot be written.
        """
        assert session.candidate is not None
        other_classes(np.array(session.classes), len(self._parts.classes))
        folder, attempt = self._folder.begin_job(session.candidate), session.attempts + 1
        Job(
            name=session.candidate,
            generic=self._parts.fingerprint,
            classes=session.classes,
            shares=shares,
            target_speedups=tuple(session.milder(target) for target in self._learning.target_speedups),
            max_drop_points=self._learning.max_drop_points,
            alpha=alpha_of(attempt, self._learning.alpha),
            collected_sha256=collected.write(folder / COLLECTED),
            temperature=self._learning.temperature,
            seed=self._learning.seed + attempt,
            threads=self._learning.threads,
            engine="openvino" if self._engine is Engine.OPENVINO else "onnxruntime",
        ).write(folder)

    def begin(self, name: str) -> None:
        """Start the process. Raises `DataError` where it cannot be started."""
        self._process = Pruning(
            self._folder.job,
            self._folder.generic,
            self._folder.network_folder(name),
            threads=self._learning.threads,
            niceness=self._learning.niceness,
            memory_mb=self._learning.pruning_memory_mb,
        )

    def news(self) -> Ended | None:
        """Hear from the process; how it ended, once it has."""
        for one in self._process.news() if self._process else ():
            if isinstance(one, Ended):
                self._process = self.progress = None
                return one
            self.progress = one
        return None

    def stop(self) -> None:
        """End the process, if one runs."""
        if self._process:
            self._process.stop()
        self._process = self.progress = None
