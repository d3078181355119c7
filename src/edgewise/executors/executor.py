"""What runs many jobs, wherever that is: one method, which all that scales out stands on."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol, TypeVar

from edgewise.errors import DataError, UsageError

Name = Literal["local", "ray"]
LOSSES = 3  # workers that one job may lose before it is given up
J = TypeVar("J")
R = TypeVar("R")


class Executor(Protocol):
    """Runs one function on many jobs."""

    def run(self, work: Callable[[J], R], jobs: Sequence[J]) -> Generator[tuple[int, R], None, None]:
        """Each job's number and what `work` made of it, in the order they come; a lost worker's job is done again.

        `work` is a function of a module that the workers can import; jobs and results are plain values that pickle.
        The same job may be done more than once, so `work` must give the same each time. What `work` raises is raised
        here, and ends the run; so does `WorkerLost`. A caller that stops early closes the iterator.
        """
        ...


class WorkerLost(DataError):
    """A job ended the process that did it, however often it was begun; carries `job`, its number."""

    def __init__(self, job: int, how: str) -> None:
        super().__init__(
            f"Job {job} was begun {LOSSES} times, and each time its process ended before it was done: {how}.",
            "See whether memory runs out where it ran.",
        )
        self.job = job


@contextmanager
def open_executor(
    name: Name, *, address: str | None = None, jobs: int | None = None, threads: int = 1, apart: bool = False
) -> Iterator[Executor]:
    """An executor, which leaves nothing running when the block ends.

    `threads`: how many cores one job takes. `jobs`: how many run at a time; None = as many as there are cores for, on
    this machine or in the cluster. `apart`: in other processes than this one, also where one runs at a time, so that
    a job that crashes ends only its own. `address`: the Ray cluster's HOST:PORT; None = the one that RAY_ADDRESS names,
    else the one that this machine is a node of. Raises `UsageError` for an address or a number of jobs that cannot be,
    `MissingExtra` without Ray, and `DataError` where no cluster answers.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"{jobs} jobs cannot run at a time.", "Give 1 or more.")
    if name == "ray":
        from edgewise.executors.ray import open_cluster  # Ray is heavy, and an extra

        with open_cluster(address, jobs, threads) as executor:
            yield executor
        return
    if address is not None:
        raise UsageError(f"{address} is the address of a Ray cluster.", "Give --executor ray with it.")
    from edgewise.executors.local import LocalExecutor

    yield LocalExecutor(jobs, threads, apart=apart)
