"""The entry of the command `edgewise`: runs it, and ends well however it ends.

What is heavy is imported inside, so that an interrupt while it loads is one too.
"""

import errno
import os
import sys

from edgewise.errors import EdgewiseError

_INTERRUPTED = 130  # what shells report for Ctrl-C
_OUTPUT_LOST = 3
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class Ended(Exception):
    """Carries what ended a command through Typer, which would end it in silence: an interrupt or a closed pipe."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(reason)
        self.reason = reason


def main() -> None:
    """Run the command; an expected error becomes two lines on stderr and its exit code."""
    _open_what_is_closed()
    try:
        _run()
    except KeyboardInterrupt as interrupt:
        sys.exit(_interrupted(interrupt))
    except BrokenPipeError:
        sys.exit(_nobody_reads())
    except OSError as error:
        sys.exit(_output_lost(error))


def _run() -> None:
    from edgewise.cli.app import app
    from edgewise.cli.console import show_error

    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except Ended as ended:
        raise ended.reason from ended
    except EdgewiseError as error:
        show_error(error)
        sys.exit(error.exit_code)


def _open_what_is_closed() -> None:
    """Give a closed stdin, stdout or stderr an end that leads nowhere.

    Else the next file that is opened takes its number, and gets what was meant for a terminal.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def _interrupted(interrupt: KeyboardInterrupt) -> int:
    print(": ".join(["interrupted", *map(str, interrupt.args)]), file=sys.stderr)  # noqa: T201
    return _INTERRUPTED


def _nobody_reads() -> int:
    """The reader of our output has gone, as in `edgewise ... | head`: that is no error."""
    _drop_output()
    return 0


def _output_lost(error: OSError) -> int:
    """What was printed could not be written where the shell sends it; any other error of the system is a bug."""
    if error.filename is not None or error.errno not in _NO_ROOM:
        raise error
    _drop_output()
    print(  # noqa: T201
        f"error: The output cannot be written: {error.strerror}.\n hint: Free some space where it goes.",
        file=sys.stderr,
    )
    return _OUTPUT_LOST


def _drop_output() -> None:
    """What is still unwritten goes nowhere, so that Python does not complain of it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
