"""The process that a profile is made in: it loads and runs the models, so that a crash of theirs ends only itself.

It is told what to do on stdin, answers in JSON lines on a descriptor of its own (foreign code may write to stdout), and
notes what it is at in memory that it shares with its parent.
"""

import faulthandler
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from edgewise.processes import end_with
from edgewise.profile.make import Worksite, make
from edgewise.profile.messages import error_to_json, settings_from_json
from edgewise.profile.position import Position

Tell = Callable[..., None]  # a kind of message and its values


def main() -> None:
    """Make a profile for a parent."""
    work_for_parent(_make)


def work_for_parent(work: Callable[[Position, Tell], None]) -> None:
    """Work, and end this process; its arguments are the parent's id, and descriptors for messages and the position."""
    parent, messages, position = (int(text) for text in sys.argv[1:4])
    end_with(parent)
    faulthandler.enable()
    for descriptor in (messages, position):
        os.set_inheritable(descriptor, False)
    with os.fdopen(messages, "w", encoding="ascii", buffering=1) as stream:

        def tell(kind: str, *values: Any) -> None:
            stream.write(json.dumps([kind, *values]) + "\n")

        try:
            work(Position(position), tell)
        except BrokenPipeError:  # the parent has gone
            os._exit(1)
        except BaseException as error:
            tell("error", error_to_json(error))
    # Engines have threads and finalisers that may crash on their way out, and all that was to be written is written.
    os._exit(0)


def _make(position: Position, tell: Tell) -> None:
    line = sys.stdin.readline()
    if not line:
        return
    request = json.loads(line)
    site = Worksite(
        settings_from_json(request["settings"]),
        position,
        lambda what, done, total: tell("progress", what, done, total),
        lambda zoo: tell("zoo", zoo),
    )
    make(site, only_plan=request["only_plan"])
    tell("done")
