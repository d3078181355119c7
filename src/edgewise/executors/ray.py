"""Jobs on the nodes of a Ray cluster: what a killed worker or node was at is done again by another."""

import logging
import os
import socket
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Generic

from edgewise.errors import DataError, EdgewiseError, MissingExtra, UsageError
from edgewise.executors.executor import LOSSES, J, R, WorkerLost
from edgewise.executors.node import on_node

AUTO = "auto"
_CONNECT_S = 5.0
_LOOK_S = 5.0  # between two looks at how many nodes there are
_AHEAD = 2  # jobs per core that are on their way, so that no core waits for its next
_START = (
    "Start one (`ray start --head --disable-usage-stats`), let the other machines join, and give the command on one of "
    "them; on this machine alone, --executor local needs none."
)


@contextmanager
def open_cluster(address: str | None, jobs: int | None, threads: int) -> Iterator["RayExecutor"]:
    """Be a client of a running cluster while the block lasts. `address`: HOST:PORT; None = what RAY_ADDRESS names, else
    the cluster that this machine is a node of. `jobs` and `threads` as in `open_executor`.

    Raises `MissingExtra` without Ray, `UsageError` for an address of another form, and `DataError` where no cluster
    answers.
    """
    address = address or os.environ.get("RAY_ADDRESS") or AUTO
    if address != AUTO:
        _see_that_somebody_listens(*_host_and_port(address), address)
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("--executor ray", "ray") from error
    with _silent():
        if ray.is_initialized():  # by our caller, who will end it
            yield RayExecutor(jobs, threads)
            return
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (Exception, SystemExit) as error:  # Ray ends the process where it cannot reach all of a cluster
            raise _unreachable(address, error) from error
        try:
            yield RayExecutor(jobs, threads)
        finally:
            ray.shutdown()


@contextmanager
def _silent() -> Iterator[None]:
    """Ray prints on stdout, where our results go, that a worker died, and has no switch for it."""
    from ray._private import worker

    printing = worker.print_to_stdstream
    worker.print_to_stdstream = lambda *_, **__: None
    try:
        yield
    finally:
        worker.print_to_stdstream = printing


class RayExecutor:
    """The nodes of the cluster that this process is a client of."""

    def __init__(self, jobs: int | None, threads: int) -> None:
        self._jobs = jobs
        self._threads = threads

    def run(self, work: Callable[[J], R], jobs: Sequence[J]) -> Generator[tuple[int, R], None, None]:
        """As `Executor.run`; the node of a job is told to `node_name`, and named in the errors that `work` raises."""
        import ray
        from ray.exceptions import RayError

        # Ray's own retries are off: a node's death is not the job's fault, and its worker's may be.
        remote = ray.remote(num_cpus=self._threads, max_retries=0)(_do)
        head, room = _Head(), _Room(self._jobs, self._threads)
        waiting = list(reversed(range(len(jobs))))
        losses = [0] * len(jobs)
        running: dict[Any, int] = {}
        try:
            while waiting or running:
                head.see_that_it_lives()
                while waiting and len(running) < room.now():
                    number = waiting.pop()
                    running[remote.remote(work, jobs[number])] = number
                done, _ = ray.wait(list(running), timeout=_LOOK_S)
                for reference in done:
                    number = running.pop(reference)
                    try:
                        answer = ray.get(reference)
                    except RayError as error:
                        losses[number] += _is_the_jobs(error)
                        if losses[number] >= LOSSES:
                            raise WorkerLost(number, "it was killed, or crashed") from error
                        waiting.append(number)
                    else:
                        yield number, answer.result()
        finally:
            for reference in running:
                with suppress(Exception):
                    ray.cancel(reference, force=True)


@dataclass(frozen=True)
class _Answer(Generic[R]):
    """What a job gave, or what it raised: Ray would wrap an error into a class of its own."""

    value: R | None
    error: EdgewiseError | str | None  # a traceback, where it is none of ours
    node: str

    def result(self) -> R:
        if self.error is None:
            return self.value  # type: ignore[return-value] - that is what `work` gives
        if not isinstance(self.error, EdgewiseError):
            raise RuntimeError(f"A job on node {self.node} failed:\n{self.error}")
        self.error.message = f"On node {self.node}: {self.error.message}"
        raise self.error


def _do(work: Callable[[J], R], job: J) -> _Answer[R]:
    """What runs on a node."""
    import ray

    node = f"{socket.gethostname()}/{ray.get_runtime_context().get_node_id()[:6]}"
    with on_node(node):
        try:
            return _Answer(work(job), None, node)
        except EdgewiseError as error:
            return _Answer(None, error, node)
        except Exception:
            return _Answer(None, traceback.format_exc(), node)


class _Head:
    """The cluster's head, without which nothing goes on: Ray would wait for minutes, and then end this process."""

    def __init__(self) -> None:
        import ray

        self._address = ray.get_runtime_context().gcs_address
        self._looked = monotonic()

    def see_that_it_lives(self) -> None:
        """Now and then. Raises `DataError` where nobody listens any more, tried twice."""
        if monotonic() - self._looked < _LOOK_S:
            return
        self._looked = monotonic()
        for last in (False, True):
            try:
                socket.create_connection(_host_and_port(self._address), _CONNECT_S).close()
                return
            except OSError as error:
                if last:
                    raise DataError(
                        f"The head of the cluster, {self._address}, answers no more.",
                        "What was finished is kept: start a cluster, and give the same command again.",
                    ) from error
                sleep(1)


class _Room:
    """How many jobs may be on their way, as nodes come and go."""

    def __init__(self, jobs: int | None, threads: int) -> None:
        """Raises `DataError` where no node has so many cores."""
        import ray

        most = max((node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]), default=0)
        if most < threads:
            raise DataError(
                f"A job takes {threads} cores, and no node of the cluster has more than {int(most)}.",
                "Ask for fewer --threads, or start nodes with more (ray start --num-cpus).",
            )
        self._jobs = jobs
        self._threads = threads
        self._looked = -_LOOK_S
        self._found = 1

    def now(self) -> int:
        import ray

        if self._jobs is not None:
            return self._jobs
        if monotonic() - self._looked > _LOOK_S:
            self._looked = monotonic()
            self._found = max(1, _AHEAD * int(ray.cluster_resources().get("CPU", 0) // self._threads))
        return self._found


def _is_the_jobs(error: Exception) -> bool:
    """Whether a loss may be the job's own doing; a node's death is not. Raises `DataError` where trying is no use."""
    from ray import exceptions

    if isinstance(error, exceptions.WorkerCrashedError | exceptions.OutOfMemoryError):
        return True
    if isinstance(error, exceptions.NodeDiedError | exceptions.LocalRayletDiedError | exceptions.ObjectLostError):
        return False
    last = str(error).strip().splitlines()[-1]
    raise DataError(
        f"The cluster cannot do a job: {type(error).__name__}: {last}",
        "Install the same edgewise, with the same extras, on every node.",
    ) from error


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535 or "/" in host:
        raise UsageError(
            f"{address!r} is no address of a Ray cluster.",
            "Give HOST:PORT of its head, as `ray start` prints it, on a machine that is one of its nodes.",
        )
    return host, int(port)


def _see_that_somebody_listens(host: str, port: int, address: str) -> None:
    """Ray itself tries for minutes."""
    try:
        socket.create_connection((host, port), _CONNECT_S).close()
    except OSError as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: BaseException) -> DataError:
    said = "Ray gave up" if isinstance(error, SystemExit) else str(error).strip().partition("\n")[0].rstrip(".")
    where = "on this machine" if address == AUTO else f"at {address}"
    return DataError(f"No Ray cluster answers {where}: {said or type(error).__name__}.", _START)
