"""One writer at a time, and nothing of others is touched."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgewise.errors import StoreError
from edgewise.profile.folder import look, writing
from tests.privileges import without_the_rights_of_root

_HOLDER = """
import sys
from pathlib import Path
from edgewise.profile.folder import writing
with writing(Path(sys.argv[1])):
    (Path(sys.argv[1]) / ".plan.json.0123abcd.part").write_text("half")
    print("mine", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that is writing to `tmp_path / "out"`."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(tmp_path / "out")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    yield process
    process.kill()
    process.communicate()


def test_the_second_writer_is_told_who_the_first_is(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    message = rf"Another edgewise profile \(pid {holder.pid}, since 20.*\) is writing to .*out"
    with pytest.raises(StoreError, match=message) as caught, writing(tmp_path / "out"):
        pass
    assert "Wait until it ends" in caught.value.hint
    assert (tmp_path / "out" / ".plan.json.0123abcd.part").exists()


def test_a_killed_writer_leaves_no_lock_and_no_halves(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert look(tmp_path / "out") == "new"  # what it left is not taken for somebody's files
    with writing(tmp_path / "out"):
        assert not list((tmp_path / "out").glob("*.part"))
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_writer_that_ends_leaves_only_what_it_wrote(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with writing(out):
        (out / "plan.json").write_text("{}")
    assert [path.name for path in out.iterdir()] == ["plan.json"]


def test_a_folder_in_which_nothing_came_to_be_goes_again(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), writing(tmp_path / "deep" / "out"):
        raise RuntimeError("no such data")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    with writing(tmp_path / "mine"):
        pass
    assert list((tmp_path / "mine").iterdir()) == []


def test_what_is_in_a_folder(tmp_path: Path) -> None:
    assert look(tmp_path / "absent") == "new"
    assert look(tmp_path) == "new"
    (tmp_path / ".lock").touch()
    (tmp_path / "failures.json").touch()
    assert look(tmp_path) == "new"
    (tmp_path / "plan.json").touch()
    assert look(tmp_path) == "unfinished"
    (tmp_path / "manifest.json").touch()
    assert look(tmp_path) == "finished"


@pytest.mark.parametrize("name", ["thesis.txt", "manifest.json", ".hidden"])
def test_other_files_are_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("precious")
    with pytest.raises(StoreError, match="holds other files"):
        look(tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="is a file"):
        look(tmp_path / "file")
    with pytest.raises(StoreError, match="Not a directory"):
        look(tmp_path / "file" / "out")


def test_failures_before_the_plan_are_forgotten(tmp_path: Path) -> None:
    """Nothing was computed yet, so a corrected model gets another chance in the same folder."""
    (tmp_path / "failures.json").write_text("{}")
    with writing(tmp_path):
        assert not (tmp_path / "failures.json").exists()
    (tmp_path / "failures.json").write_text("{}")
    (tmp_path / "plan.json").write_text("{}")
    with writing(tmp_path):
        assert (tmp_path / "failures.json").exists()


_LOOKER = """
import sys
from pathlib import Path
from edgewise.errors import StoreError
from edgewise.profile.folder import look
try:
    look(Path(sys.argv[1]))
except StoreError as error:
    print(error.message)
"""


def test_a_folder_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0)
    done = subprocess.run(
        [sys.executable, "-c", _LOOKER, tmp_path / "out"],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=without_the_rights_of_root,
    )
    assert done.stdout == f"{tmp_path / 'out'} cannot be written: Permission denied.\n"
