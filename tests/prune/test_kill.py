"""A run that is killed: the original is as it was, nothing half written is read, and the next run goes through."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from edgewise.errors import StoreError  # noqa: E402
from edgewise.prune.load import load_pruned  # noqa: E402
from tests.prune.test_make import _generic, _images  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.slow]  # makes networks in processes of their own

SCRIPT = """
import os, signal, sys
from pathlib import Path

folder, file_to_die_at, step_to_die_at = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
replaced, replace = 0, os.replace

def dying(source, target):
    global replaced
    replaced += 1
    if replaced == file_to_die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)

os.replace = dying
from edgewise.images.preprocess import Preprocess
from edgewise.prune.make import make_user_network
from edgewise.prune.settings import Settings
from edgewise.prune.record import check_out, write_user_network
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.card import Card
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.classifier import Classifier
from tests.prune.test_make import CLASSES, LENIENT, _generic, _images

def progress(step, done, total):
    if step == step_to_die_at:
        os.kill(os.getpid(), signal.SIGKILL)

check_out(folder)
generic = _generic()
made = make_user_network(generic, _images(40), CLASSES, Settings(1.4), LENIENT, progress=progress)
card = Card("net", "torch:own.py:net", ClassSet(tuple("abcdefgh")), Preprocess(16, 18))
classifier = Classifier(card, TorchSession(generic, "net", size_px=16), "0")
write_user_network(folder, made, classifier, classifier, threads=1)
"""


def _run(folder: Path, file: int = 0, step: str = "") -> int:
    root = Path(__file__).parents[2]
    arguments = [sys.executable, "-c", SCRIPT, str(folder), str(file), step]
    return subprocess.run(arguments, cwd=root, check=False, timeout=300).returncode


def test_killed_while_it_is_made_nothing_is_there(tmp_path: Path) -> None:
    assert _run(tmp_path / "user", step="solving layers") == -signal.SIGKILL
    assert not (tmp_path / "user").exists()


@pytest.mark.parametrize("files", [(3, 1), pytest.param((2, 3, 1), marks=pytest.mark.long)])
def test_killed_at_a_file_the_next_run_goes_through(tmp_path: Path, files: tuple[int, ...]) -> None:
    folder, generic = tmp_path / "user", _generic()
    for file in files:  # 2 is the plan's, 3 the ONNX file's, 1 the weights', over those of before where there are some
        assert _run(folder, file=file) == -signal.SIGKILL
        try:
            whole = load_pruned(folder, generic)
        except StoreError:
            continue  # torn, and said so
        with torch.no_grad():
            assert whole(_images(3)).shape == (3, 4)
    assert _run(folder) == 0
    with torch.no_grad():
        assert load_pruned(folder, generic)(_images(3)).shape == (3, 4)
    assert (folder / "report.html").is_file()
