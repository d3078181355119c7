"""What a device keeps of one user beside the state file: networks, and the job of the pruning process."""

import shutil
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from edgewise.errors import EdgewiseError
from edgewise.personal.generic import FOLDER
from edgewise.personal.job import JOB
from edgewise.personal.remembered import StoredNetwork
from edgewise.personal.state import DeviceState
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_tails import RECORD, UserTails
from edgewise.runtime.engines import Engine
from edgewise.store import cannot_write

_USERS, _NETWORKS, _JOB = "users", "networks", "job"


class UserFolder:
    """`users/ID` in the state folder. The network that was asked for last stays loaded, and no other."""

    def __init__(self, root: Path, user: str, *, threads: int = 1, engine: Engine = Engine.ONNX_RUNTIME) -> None:
        self._root, self._folder = root, root / _USERS / user
        self._threads, self._engine = threads, engine
        self._loaded: UserNetwork | None = None

    @property
    def generic(self) -> Path:
        """The generic network's folder, which all users share."""
        return self._root / FOLDER

    @property
    def job(self) -> Path:
        """The folder of what the pruning process is asked for."""
        return self._folder / _JOB

    @property
    def has_job(self) -> bool:
        return (self.job / JOB).is_file()

    def begin_job(self, name: str) -> Path:
        """An empty folder for a new one, whose network has nothing yet. Raises `StoreError`."""
        self.end_job()
        self.drop(name)
        try:
            self.job.mkdir(parents=True)
        except OSError as error:
            raise cannot_write(self.job, error) from error
        return self.job

    def end_job(self) -> None:
        """Remove what was left for the pruning process: it is not kept longer than it is needed."""
        shutil.rmtree(self.job, ignore_errors=True)

    def drop(self, name: str) -> None:
        """Remove what there is of a network that never serves."""
        if self._loaded and self._loaded.tails.name == name:
            self._loaded = None
        shutil.rmtree(self.network_folder(name), ignore_errors=True)

    def network_folder(self, name: str) -> Path:
        return self._folder / _NETWORKS / name

    def is_made(self, name: str) -> bool:
        """Whether a network is whole: its record is written last."""
        return (self.network_folder(name) / RECORD).is_file()

    def network(self, name: str) -> UserNetwork:
        """Raises `StoreError` or `ModelError` for one that cannot be loaded."""
        if self._loaded is None or self._loaded.tails.name != name:
            self._loaded = UserNetwork(self.network_folder(name), threads=self._threads, engine=self._engine)
        return self._loaded

    def earlier(self, stored: Iterable[StoredNetwork], besides: Collection[str | None] = ()) -> list[UserTails]:
        """What is known of the networks that may serve again; those whose record is damaged may not."""
        found: list[UserTails] = []
        for one in stored:
            if one.name not in besides:
                try:
                    found.append(UserTails.read(self.network_folder(one.name)))
                except EdgewiseError:
                    continue
        return found

    def row(self, network: UserNetwork, verdict: str = "") -> StoredNetwork:
        """How the state file remembers a network; `verdict`: the guard's, once it was let in."""
        tails = network.tails
        folder, values = self.network_folder(tails.name).relative_to(self._root), figures(tails)
        if verdict:
            chooser = network.chooser
            asked = [network.members[member] for member in chooser.members]
            values |= {"verdict": verdict, "ms": chooser.mean_ms, "own_share": chooser.own_share, "asked": asked}
        return StoredNetwork(tails.name, str(folder), tails.classes, time.time(), values)

    def remove(self) -> None:
        """All of it. Raises `StoreError` where it cannot be removed."""
        self._loaded = None
        try:
            if self._folder.exists():
                shutil.rmtree(self._folder)
        except OSError as error:
            raise cannot_write(self._folder, error) from error


def figures(tails: UserTails) -> dict[str, Any]:
    """Of a network, for a person; JSON values. Times are of inputs, `ms` of the quickest member; MACs of the tails."""
    costs = tails.costs
    alone = [costs.alone(member) for member in range(len(costs.members))]
    return {
        "network": tails.name,
        "ms": min(alone),
        "generic_ms": costs.whole,
        "macs": tails.tails[0].macs,
        "generic_macs": tails.generic_macs,
        "members_ms": alone,
        "seconds": tails.seconds,
        "verdict": str(tails.evidence),
    }


def forget(user: str, folder: UserFolder, state: DeviceState) -> None:
    """Delete all that was kept of a user: networks, what the state remembers, and state files that were damaged.

    Nobody can tell whom a damaged file still tells of, so it goes as well. Raises `StoreError`, or `OSError`, for what
    stays.
    """
    folder.remove()
    for damaged in state.forget(user):
        damaged.unlink(missing_ok=True)
