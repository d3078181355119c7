"""What tests of files and folders share: another user, who may not read all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user can enter; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="edgewise-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_nobody(open_folder: Path) -> Iterator[Callable[[], None]]:
    """Call it to go on as a user whom permissions bind; root reads everything. Ends with the test."""
    root = os.geteuid() == 0

    def give_up() -> None:
        if root:
            os.seteuid(NOBODY)

    yield give_up
    if root:
        os.seteuid(0)
    for folder in [open_folder, *(path for path in open_folder.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
