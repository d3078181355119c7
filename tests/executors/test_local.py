"""Jobs in processes of this machine: all are done, once each, whatever happens to the processes."""

import multiprocessing
import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from edgewise.errors import ImageError, UsageError
from edgewise.executors.executor import WorkerLost, open_executor
from edgewise.executors.local import LocalExecutor
from tests.executors import jobs


@pytest.mark.parametrize("count", [1, 3])
def test_each_job_is_answered_once(count: int) -> None:
    with open_executor("local", jobs=count) as executor:
        assert sorted(executor.run(jobs.square, range(10))) == [(n, n * n) for n in range(10)]


def test_no_jobs() -> None:
    with open_executor("local", jobs=2) as executor:
        assert list(executor.run(jobs.square, [])) == []


def test_one_at_a_time_runs_here_and_more_run_elsewhere() -> None:
    with open_executor("local", jobs=1) as executor:
        assert {pid for _, pid in executor.run(jobs.process, range(2))} == {os.getpid()}
    with open_executor("local", jobs=2) as executor:
        pids = {pid for _, pid in executor.run(jobs.process, range(6))}
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_the_job_of_a_killed_worker_is_done_again(tmp_path: Path) -> None:
    markers = [tmp_path / name for name in "abc"]
    with open_executor("local", jobs=2) as executor:
        assert sorted(executor.run(jobs.die_once, markers)) == [(0, "a"), (1, "b"), (2, "c")]


def test_a_process_that_dies_while_it_has_nothing_to_do() -> None:
    with closing(LocalExecutor(1, apart=True).run(jobs.process, range(3))) as results:
        _, pid = next(results)
        os.kill(pid, signal.SIGKILL)
        while pid in [child.pid for child in multiprocessing.active_children()]:
            time.sleep(0.02)
        time.sleep(0.3)  # until the pool has seen it; before that it is a job that is done again
        rest = list(results)
    assert [number for number, _ in rest] == [1, 2]
    assert pid not in [other for _, other in rest]


def test_a_job_that_always_kills_its_worker_is_named() -> None:
    with open_executor("local", jobs=2) as executor, pytest.raises(WorkerLost, match=r"Job 1 .* 3 times"):
        list(executor.run(jobs.die, range(3)))


def test_what_the_work_raises_comes_whole() -> None:
    with open_executor("local", jobs=2) as executor, pytest.raises(ImageError) as raised:
        list(executor.run(jobs.refuse, range(4)))
    assert (raised.value.path, raised.value.reason, raised.value.hint) == (Path("a.jpg"), "is no image", "Look at it.")


def test_closing_early_ends_the_processes(tmp_path: Path) -> None:
    with open_executor("local", jobs=2) as executor:
        results = executor.run(jobs.note_and_wait, [None, tmp_path, tmp_path])
        assert next(results) == (0, None)
        while not list(tmp_path.iterdir()):
            time.sleep(0.02)
        results.close()
    assert not [path for path in tmp_path.iterdir() if Path("/proc", path.name).exists()]


def test_an_address_is_of_ray() -> None:
    with pytest.raises(UsageError, match="Give --executor ray"), open_executor("local", address="127.0.0.1:6379"):
        pass


def test_no_jobs_at_a_time_is_refused() -> None:
    with pytest.raises(UsageError, match="0 jobs"), open_executor("local", jobs=0):
        pass
