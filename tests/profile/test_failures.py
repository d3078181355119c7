"""What failed is written down."""

from pathlib import Path

import pytest

from edgewise.errors import StoreError
from edgewise.profile.failures import FAILURES, Failures, ImageFailure, ModelFailure, note_failure, read_failures
from edgewise.store import write_json

MODEL = ModelFailure("big", "onnx:/zoo/big.onnx", "crashed (SIGSEGV) on car/001.png", "Fatal Python error")
IMAGE = ImageFailure("car/002.png", "reading it crashed (SIGABRT)")


def test_failures_add_up(tmp_path: Path) -> None:
    assert read_failures(tmp_path) == Failures()
    note_failure(tmp_path, MODEL)
    assert note_failure(tmp_path, IMAGE) == read_failures(tmp_path) == Failures((MODEL,), (IMAGE,))
    assert read_failures(tmp_path).dropped("big")
    assert not read_failures(tmp_path).dropped("small")
    assert read_failures(tmp_path).reasons() == {"car/002.png": "reading it crashed (SIGABRT)"}


@pytest.mark.parametrize(
    "data", [{}, {"models": [], "images": [3]}, {"models": [{"name": "a"}], "images": []}, {"models": 1, "images": []}]
)
def test_a_file_changed_by_hand_is_refused(tmp_path: Path, data: dict[str, object]) -> None:
    write_json(tmp_path / FAILURES, "profile-failures", 1, data)
    with pytest.raises(StoreError, match=r"failures\.json"):
        read_failures(tmp_path)
