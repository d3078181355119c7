"""Jobs in processes of this machine; one at a time, they run in this process, unless they are to run apart."""

import os
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from edgewise.executors.executor import LOSSES, J, R, WorkerLost
from edgewise.machine import fingerprint
from edgewise.processes import end_with


class LocalExecutor:
    """So many processes, each new and not a copy of this one, because engines do not survive being forked."""

    def __init__(self, jobs: int | None = None, threads: int = 1, *, apart: bool = False) -> None:
        """`jobs`: how many run at a time; None = as many as there are cores for, when each takes `threads`.

        `apart`: in other processes than this one, also where one runs at a time.
        """
        self._apart = apart
        self._seats = jobs or max(1, fingerprint().cores // threads)

    def run(self, work: Callable[[J], R], jobs: Sequence[J]) -> Generator[tuple[int, R], None, None]:
        """As `Executor.run`."""
        seats = min(self._seats, len(jobs))
        if seats > 1 or (seats and self._apart):
            yield from _in_processes(work, jobs, seats)
            return
        for number, job in enumerate(jobs):
            yield number, work(job)


def _in_processes(work: Callable[[J], R], jobs: Sequence[J], seats: int) -> Generator[tuple[int, R], None, None]:
    # A pool of one process per seat, and not one pool: when a process dies, it is known whose job it was.
    pools = [_new_pool() for _ in range(seats)]
    waiting = list(reversed(range(len(jobs))))
    losses = [0] * len(jobs)
    running: dict[Future[R], tuple[int, int]] = {}  # -> seat and job
    try:
        free = list(range(seats))
        while waiting or running:
            while free and waiting:
                seat, number = free.pop(), waiting.pop()
                try:
                    future = pools[seat].submit(work, jobs[number])
                except BrokenProcessPool:  # its process died while it had nothing to do
                    pools[seat] = _in_place_of(pools[seat])
                    future = pools[seat].submit(work, jobs[number])
                running[future] = (seat, number)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                seat, number = running.pop(future)
                free.append(seat)
                try:
                    result = future.result()
                except BrokenProcessPool as error:
                    losses[number] += 1
                    if losses[number] >= LOSSES:
                        raise WorkerLost(number, "it was killed, or crashed") from error
                    pools[seat] = _in_place_of(pools[seat])
                    waiting.append(number)
                else:
                    yield number, result
    finally:
        for pool in pools:
            _end(pool)


def _new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"), _begin, (os.getpid(),))


def _in_place_of(broken: ProcessPoolExecutor) -> ProcessPoolExecutor:
    broken.shutdown(wait=False)
    return _new_pool()


def _begin(parent: int) -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)


def _end(pool: ProcessPoolExecutor) -> None:
    """End its process at once, whatever it is at."""
    processes = list((pool._processes or {}).values())  # its own shutdown would wait for the job to end
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
        process.join()
