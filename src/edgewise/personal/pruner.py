"""The process that makes a user's tail, beside the service and with less right to the CPU.

It is told where everything lies by its arguments, and answers in JSON lines on a descriptor of its own.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from edgewise.errors import EdgewiseError
from edgewise.processes import end_with


def main() -> None:
    """The arguments: the parent's process id, the descriptor, the niceness, the job's folder, the generic network's,
    and `out`.
    """
    parent, messages, niceness = (int(text) for text in sys.argv[1:4])
    job, generic, out = (Path(text) for text in sys.argv[4:7])
    end_with(parent)
    os.set_inheritable(messages, False)
    os.nice(niceness)
    with os.fdopen(messages, "w", encoding="utf-8", buffering=1) as stream:

        def tell(kind: str, *values: Any) -> None:
            stream.write(json.dumps([kind, *values]) + "\n")

        try:
            _make(job, generic, out, lambda what, done, total: tell("progress", what, done, total))
        except EdgewiseError as error:
            tell("failed", str(error))
        except MemoryError:
            tell("failed", "There was not enough memory to make the network.")
        else:
            tell("made")
    os._exit(0)  # engines have threads that may crash on their way out, and all that was to be written is written


def _make(job: Path, generic: Path, out: Path, progress: Any) -> None:
    from edgewise.personal.job import Job
    from edgewise.runtime.torch import import_torch

    torch = import_torch("Learning a user")
    torch.set_num_threads(Job.read(job).threads)
    from edgewise.personal.make_tails import make_tails

    make_tails(job, generic, out, progress)


if __name__ == "__main__":
    main()
