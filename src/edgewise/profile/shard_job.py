"""One shard as a job: what a profile's own process asks of any process, here or on another machine."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgewise.executors.node import node_name
from edgewise.machine import fingerprint
from edgewise.profile.blame import Blame
from edgewise.profile.failures import Failures
from edgewise.profile.messages import error_from_json, failures_from_json, failures_to_json
from edgewise.profile.supervise import Death, Worker


@dataclass(frozen=True)
class ShardJob:
    """All that a process must know to make a shard; plain values, so that they travel."""

    number: int
    settings: Mapping[str, Any]  # as JSON values
    plan: Mapping[str, Any]  # as stored
    failures: Failures  # known so far


@dataclass(frozen=True)
class ShardDone:
    """What came of it."""

    content: bytes | None  # of the shard's file; None where no model is left
    failures: Failures  # those that were known, and those met
    node: str
    cpu: str


def make_shard(job: ShardJob) -> ShardDone:
    """Make one shard, in a process of its own, which is kept for the next; what crashes it is left out.

    Raises what that process raises, and `DataError` for a crash that neither a model nor an image explains.
    """
    key = hashlib.sha256(json.dumps([job.settings, job.plan]).encode()).hexdigest()
    if not _here or _here[0].key != key:
        leave()
        _here.append(_Station(key))
    return _here[0].make(job)


def leave() -> None:
    """End the process that `make_shard` keeps, if it was called in this one."""
    while _here:
        _here.pop().end()


class _Station:
    """A supervised process for the shards of one plan."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._worker: Worker | None = None
        self._known = Failures()

    def end(self) -> None:
        if self._worker:
            self._worker.end()
        self._worker = None

    def make(self, job: ShardJob) -> ShardDone:
        zoo = [(model["name"], model["source"]) for model in job.plan["models"]]
        blame = Blame()
        for failure in job.failures.beyond(self._known):
            self._known = self._known.and_also(failure)
        while True:
            if all(self._known.dropped(name) for name, _ in zoo):
                return self._done(None)
            found = self._ask(job)
            if isinstance(found, Death):
                failure = blame.of(found, zoo)
                self._known = self._known.and_also(failure) if failure else self._known
                continue
            content, failures = found
            self._known = failures_from_json(failures)
            return self._done(None if content is None else base64.b64decode(content))

    def _ask(self, job: ShardJob) -> Death | list[Any]:
        self._worker = self._worker or Worker("edgewise.profile.shard_worker")
        failures = failures_to_json(self._known)
        try:
            self._worker.ask({"settings": job.settings, "plan": job.plan, "shard": job.number, "failures": failures})
            for kind, *values in self._worker.messages(job.settings["model_timeout_s"]):
                if kind == "shard":
                    return values
                raise error_from_json(values[0])
            death = self._worker.death()
        except BaseException:
            self.end()
            raise
        self.end()
        return death

    def _done(self, content: bytes | None) -> ShardDone:
        return ShardDone(content, self._known, node_name(), fingerprint().cpu)


_here: list[_Station] = []  # of this process, one at most: models are loaded once for all of its shards
