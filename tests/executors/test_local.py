"""Jobs in processes of this machine: all are done, once each, whatever happens to the processes."""

import os
import time
from pathlib import Path

import pytest

from edgewise.errors import ImageError, UsageError
from edgewise.executors.executor import WorkerLost, open_executor
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
