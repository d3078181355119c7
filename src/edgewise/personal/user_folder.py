"""What a device keeps of one user beside the state file: networks, and the job of the pruning process."""

import shutil
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from edgewise.errors import EdgewiseError
from edgewise.personal.job import JOB
from edgewise.personal.remembered import StoredNetwork
from edgewise.personal.tail_network import RECORD, UserNetwork, UserTail

_USERS, _NETWORKS, _JOB = "users", "networks", "job"


class UserFolder:
    """`users/ID` in the state folder. Networks are loaded once."""

    def __init__(self, root: Path, user: str, *, threads: int = 1) -> None:
        self._root, self._folder, self._threads = root, root / _USERS / user, threads
        self._loaded: dict[str, UserNetwork] = {}

    @property
    def job(self) -> Path:
        """The folder of what the pruning process is asked for."""
        return self._folder / _JOB

    @property
    def has_job(self) -> bool:
        return (self.job / JOB).is_file()

    def begin_job(self) -> Path:
        """An empty folder for a new one."""
        self.end_job()
        self.job.mkdir(parents=True)
        return self.job

    def end_job(self) -> None:
        """Remove what was left for the pruning process: it is not kept longer than it is needed."""
        shutil.rmtree(self.job, ignore_errors=True)

    def network_folder(self, name: str) -> Path:
        return self._folder / _NETWORKS / name

    def is_made(self, name: str) -> bool:
        """Whether a network is whole: its record is written last."""
        return (self.network_folder(name) / RECORD).is_file()

    def network(self, name: str) -> UserNetwork:
        """Raises `StoreError` or `ModelError` for one that cannot be loaded."""
        if name not in self._loaded:
            self._loaded[name] = UserNetwork(self.network_folder(name), threads=self._threads)
        return self._loaded[name]

    def earlier(self, stored: Iterable[StoredNetwork], besides: Collection[str | None] = ()) -> list[UserTail]:
        """What is known of the networks that may serve again; damaged ones do not come back."""
        found: list[UserTail] = []
        for one in stored:
            if not one.retired and one.name not in besides:
                try:
                    found.append(self.network(one.name).tail)
                except EdgewiseError:
                    continue
        return found

    def row(self, tail: UserTail) -> StoredNetwork:
        """How the state file remembers a network."""
        folder = self.network_folder(tail.name).relative_to(self._root)
        return StoredNetwork(tail.name, str(folder), tail.classes, time.time(), figures(tail))

    def remove(self) -> None:
        """All of it. Raises `OSError` where it cannot be removed."""
        self._loaded = {}
        if self._folder.exists():
            shutil.rmtree(self._folder)


def figures(tail: UserTail) -> dict[str, Any]:
    """Of a network, for a person; JSON values. Times and MACs are of the tails."""
    return {
        "network": tail.name,
        "ms": tail.ms,
        "generic_ms": tail.generic_ms,
        "macs": tail.macs,
        "generic_macs": tail.generic_macs,
        "seconds": tail.cost.seconds,
        "verdict": str(tail.evidence),
    }
