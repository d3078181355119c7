"""The process that a profile is made in: it loads and runs the models, so that a crash of theirs ends only itself.

It is told what to do on stdin, answers in JSON lines on a descriptor of its own (foreign code may write to stdout), and
notes what it is at in memory that it shares with its parent.
"""

import faulthandler
import json
import os
import sys
from typing import Any

from edgewise.processes import end_with
from edgewise.profile.make import Worksite, make
from edgewise.profile.messages import error_to_json, settings_from_json
from edgewise.profile.position import Position


def main() -> None:
    """Work for a parent; the arguments are its process id, and the descriptors for messages and for the position."""
    parent, messages, position = (int(text) for text in sys.argv[1:4])
    end_with(parent)
    faulthandler.enable()
    for descriptor in (messages, position):
        os.set_inheritable(descriptor, False)
    request = sys.stdin.readline()
    if request:
        _work(request, messages, Position(position))
    # Engines have threads and finalisers that may crash on their way out, and all that was to be written is written.
    os._exit(0)


def _work(request: str, messages: int, position: Position) -> None:
    with os.fdopen(messages, "w", encoding="ascii", buffering=1) as stream:

        def tell(kind: str, *values: Any) -> None:
            stream.write(json.dumps([kind, *values]) + "\n")

        site = Worksite(
            settings_from_json(json.loads(request)),
            position,
            lambda what, done, total: tell("progress", what, done, total),
            lambda zoo: tell("zoo", zoo),
        )
        try:
            make(site)
        except BrokenPipeError:  # the parent has gone
            os._exit(1)
        except BaseException as error:
            tell("error", error_to_json(error))
        else:
            tell("done")
