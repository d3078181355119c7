"""The one thread that works for the service."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from edgewise.serve.worker import Busy, Stopped, Worker
from tests.serve.service import until

_S = 10


@pytest.fixture
def begin() -> Iterator[Callable[..., Worker]]:
    """Makes workers, and stops them in the end."""
    workers: list[Worker] = []

    def made(most_waiting: int = 8, idle: Callable[[], Any] = lambda: None) -> Worker:
        workers.append(Worker(most_waiting, idle))
        return workers[-1]

    yield made
    for worker in workers:
        worker.stop()


def blocked(worker: Worker) -> threading.Event:
    """Have the worker wait for an event, and wait until it does."""
    begun, free = threading.Event(), threading.Event()
    worker.submit(lambda: (begun.set(), free.wait(_S)))
    assert begun.wait(_S)
    return free


def test_pieces_are_done_in_order_and_each_is_followed_up_before_the_next(begin: Callable[..., Worker]) -> None:
    worker, done = begin(100), []

    def work(number: int) -> int:
        done.append(("work", number))
        return number

    futures = [worker.submit(lambda n=n: work(n), lambda n: done.append(("then", n))) for n in range(50)]
    assert [future.result(_S) for future in futures] == list(range(50))
    worker.stop()
    assert done == [(what, n) for n in range(50) for what in ("work", "then")]


def test_an_error_reaches_its_caller_and_nobody_else(begin: Callable[..., Worker]) -> None:
    worker, followed = begin(), []
    failing = worker.submit(lambda: 1 / 0, followed.append)
    with pytest.raises(ZeroDivisionError):
        failing.result(_S)
    assert worker.submit(lambda: 7).result(_S) == 7
    assert not followed


def test_a_piece_that_was_cancelled_while_it_waited_is_passed_over(begin: Callable[..., Worker]) -> None:
    worker, done = begin(), []
    free = blocked(worker)
    given_up, kept = worker.submit(lambda: done.append("given up")), worker.submit(lambda: done.append("kept"))
    assert given_up.cancel()
    free.set()
    kept.result(_S)
    assert done == ["kept"]


def test_a_full_queue_refuses_and_takes_again_once_there_is_room(begin: Callable[..., Worker]) -> None:
    worker = begin(2)
    free = blocked(worker)
    waiting = [worker.submit(lambda: None) for _ in range(2)]
    assert worker.waiting == 2
    with pytest.raises(Busy):
        worker.submit(lambda: None)
    free.set()
    for future in waiting:
        future.result(_S)
    assert worker.submit(lambda: 3).result(_S) == 3


def test_stopping_does_what_waits_even_in_a_full_queue_and_refuses_what_comes(begin: Callable[..., Worker]) -> None:
    worker = begin(2)
    free = blocked(worker)
    waiting = [worker.submit(lambda n=n: n) for n in range(2)]
    stopping = [threading.Thread(target=worker.stop) for _ in range(2)]
    for thread in stopping:
        thread.start()
    free.set()
    for thread in stopping:
        thread.join(_S)
        assert not thread.is_alive()
    assert [future.result(0) for future in waiting] == [0, 1]
    with pytest.raises(Stopped):
        worker.submit(lambda: None)
    worker.stop()


def test_nothing_that_was_taken_is_left_undone_when_the_end_comes_amid_it() -> None:
    for _ in range(15):
        worker, taken = Worker(1000, lambda: None), []

        def submit(worker: Worker = worker, taken: list[Any] = taken) -> None:
            try:
                while True:
                    taken.append(worker.submit(lambda: None))
            except (Busy, Stopped):
                return

        threads = [threading.Thread(target=submit) for _ in range(2)]
        for thread in threads:
            thread.start()
        worker.stop()
        for thread in threads:
            thread.join(_S)
        assert all(future.done() for future in taken)


@pytest.mark.parametrize("error", [ValueError("what follows"), SystemExit(3)], ids=["error", "exit"])
def test_what_follows_an_answer_may_fail(
    begin: Callable[..., Worker], caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    def follow(_: object) -> None:
        raise error

    worker = begin()
    assert worker.submit(lambda: 1, follow).result(_S) == 1
    assert worker.submit(lambda: 2).result(_S) == 2
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_what_is_done_in_between_may_fail_and_is_told_of_once(
    begin: Callable[..., Worker], caplog: pytest.LogCaptureFixture
) -> None:
    failing, calls = [True], []

    def idle() -> None:
        calls.append(1)
        if failing[0]:
            raise OSError("in between")

    worker = begin(idle=idle)
    for _ in range(3):
        assert worker.submit(lambda: 1).result(_S) == 1
    until(lambda: len(calls) >= 4)
    assert len(caplog.records) == 1
    failing[0] = False
    before = len(calls)
    until(lambda: len(calls) > before + 1)
    failing[0] = True
    until(lambda: len(caplog.records) == 2)


def test_idle_comes_without_any_work(begin: Callable[..., Worker]) -> None:
    called = threading.Event()
    begin(idle=called.set)
    assert called.wait(_S)


def test_the_last_piece_is_not_held_while_nothing_comes(begin: Callable[..., Worker]) -> None:
    import weakref

    class Upload:
        """Of many bytes."""

    worker, upload = begin(), Upload()
    gone = weakref.ref(upload)
    worker.submit(lambda upload=upload: None).result(_S)
    del upload
    until(lambda: gone() is None)
