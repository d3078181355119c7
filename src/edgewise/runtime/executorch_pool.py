"""ExecuTorch's threads: one pool for the process, which the programs that are loaded hold on to.

A program that is run after the pool was made anew would use freed memory, so all let go of theirs before that.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Protocol
from weakref import WeakSet

from edgewise.runtime.quiet_stderr import without_lines

LOG = re.compile(rb"\[\w+\.cpp:\d+\] ")  # how a line of ExecuTorch's own log begins
_lock = RLock()


class Holder(Protocol):
    """What has a method loaded that holds on to the pool."""

    def let_go(self) -> None: ...


_holders: WeakSet[Holder] = WeakSet()


@contextmanager
def pool_of(native: Any, threads: int, holder: Holder) -> Iterator[None]:
    """A block in which the pool has so many threads, and no other session uses it.

    Sessions of other numbers of threads in one process take turns, and load their methods anew at each.
    """
    with _lock:
        with without_lines(LOG):
            current = native._threadpool_get_thread_count()
        if current != threads:
            for other in tuple(_holders):
                other.let_go()
            _holders.clear()
            with without_lines(LOG):
                native._unsafe_reset_threadpool(threads)
        _holders.add(holder)
        yield
