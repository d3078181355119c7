"""The process that makes a user's tail, beside the service and with less right to the CPU.

It is told where everything lies by its arguments, and answers in JSON lines on a descriptor of its own.
"""

import json
import os
import sys
from pathlib import Path
from resource import RLIMIT_DATA, setrlimit
from typing import Any

from edgewise.errors import EdgewiseError
from edgewise.processes import end_with

_NO_MEMORY = (  # as PyTorch, ONNX Runtime, the loader of libraries and the system say it
    "can't allocate memory",
    "bad_alloc",
    "bad allocation",
    "failed to map segment",
    "Cannot allocate memory",
)


def main() -> None:
    """The arguments: the parent's process id, the descriptor, the niceness, the job's folder, the generic network's,
    `out` and, where memory is limited, the bytes that may be held.
    """
    parent, messages, niceness = (int(text) for text in sys.argv[1:4])
    job, generic, out = (Path(text) for text in sys.argv[4:7])
    most_bytes = int(sys.argv[7]) if len(sys.argv) > 7 else None
    end_with(parent)
    os.set_inheritable(messages, False)
    os.nice(niceness)
    with os.fdopen(messages, "w", encoding="utf-8", buffering=1) as stream:

        def tell(kind: str, *values: Any) -> None:
            stream.write(json.dumps([kind, *values]) + "\n")

        try:
            _make(job, generic, out, most_bytes, lambda what, done, total: tell("progress", what, done, total))
        except Exception as error:
            if _memory_ran_out(error):
                allowed = "" if most_bytes is None else f"; {most_bytes / 1e6:g} MB are allowed"
                tell("failed", f"There was not enough memory to make the network{allowed}.")
            elif isinstance(error, EdgewiseError):
                tell("failed", str(error))
            else:
                raise
        else:
            tell("made")
    os._exit(0)  # engines have threads that may crash on their way out, and all that was to be written is written


def _memory_ran_out(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _NO_MEMORY)


def _make(job: Path, generic: Path, out: Path, most_bytes: int | None, progress: Any) -> None:
    from edgewise.personal.job import Job
    from edgewise.runtime.torch import import_torch

    torch = import_torch("Learning a user")
    torch.set_num_threads(Job.read(job).threads)
    from edgewise.personal.make_tails import make_tails

    if most_bytes is not None:
        setrlimit(RLIMIT_DATA, (most_bytes, most_bytes))
    make_tails(job, generic, out, progress)


if __name__ == "__main__":
    main()
