"""What an error of the real command looks like."""

from subprocess import CompletedProcess

USAGE, DATA, MISSING = 2, 3, 4


def said(done: CompletedProcess[str], code: int, *parts: str) -> None:
    """The command failed with `code`, one error that holds `parts`, and no traceback."""
    flat = " ".join(done.stderr.split())
    assert done.returncode == code, flat
    assert flat.count("error:") == 1
    assert "Traceback" not in flat
    for part in parts:
        assert part in flat
