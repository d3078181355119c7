"""One thread that does what the service is asked for, one piece after the other, out of a queue that cannot grow."""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

_T = TypeVar("_T")
_IDLE_S = 0.2
_log = logging.getLogger("edgewise.serve")


class Busy(Exception):
    """The queue is full."""


class Stopped(Exception):
    """The worker has ended."""


@dataclass(frozen=True, eq=False)
class _Piece:
    work: Callable[[], Any]
    then: Callable[[Any], object]
    future: "Future[Any]"


class Worker:
    """At most `most_waiting` pieces wait. `idle` is called after each, and a few times a second while none comes.

    Nothing that is called here ends the thread. What `work` raises is its caller's to see. What `then` and `idle`
    raise has no caller any more: it is logged, that of `idle` once until it succeeds again.
    """

    def __init__(self, most_waiting: int, idle: Callable[[], object]) -> None:
        self._queue: queue.Queue[_Piece | None] = queue.Queue(most_waiting)
        self._idle, self._idle_failed = idle, False
        self._ended, self._entering = False, threading.Lock()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        return self._queue.qsize()

    def submit(self, work: Callable[[], _T], then: Callable[[_T], object] = lambda _: None) -> "Future[_T]":
        """Have `work` done, its result given, and `then` called with it. Raises `Busy`, or `Stopped`.

        A future that is cancelled while it waits is passed over.
        """
        future: Future[_T] = Future()
        with self._entering:  # nothing enters behind the end, where it would wait for ever
            if self._ended:
                raise Stopped
            try:
                self._queue.put_nowait(_Piece(work, then, future))
            except queue.Full:
                raise Busy from None
        return future

    def stop(self) -> None:
        """Do what waits, and end; more than once does nothing more."""
        with self._entering:
            first, self._ended = not self._ended, True
        if first:
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            piece: _Piece | None = None
            with suppress(queue.Empty):
                piece = self._queue.get(timeout=_IDLE_S)
                if piece is None:
                    return
            if piece is not None and piece.future.set_running_or_notify_cancel():
                self._do(piece)
            self._be_idle()

    def _do(self, piece: _Piece) -> None:
        try:
            found = piece.work()
        except BaseException as error:  # it is the caller's to see
            piece.future.set_exception(error)
            return
        piece.future.set_result(found)
        try:
            piece.then(found)
        except BaseException:
            _log.exception("What was to follow an answer failed.")

    def _be_idle(self) -> None:
        try:
            self._idle()
        except BaseException:
            if not self._idle_failed:
                _log.exception("What is done between answers failed.")
            self._idle_failed = True
        else:
            self._idle_failed = False
