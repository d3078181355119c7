"""Images to calibrate with, out of each kind of data set."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import DataError, UsageError
from edgewise.export.calibration import FEWEST, CalibrationInputs, calibration_inputs
from edgewise.images.preprocess import Preprocess

PREPROCESS = Preprocess(16, 18)


def test_they_are_drawn_by_the_seed_and_the_same_each_time(drawn_folder: Path) -> None:
    inputs = calibration_inputs(str(drawn_folder), PREPROCESS, 10, seed=1)
    first, again = (np.concatenate(list(inputs())) for _ in range(2))
    assert first.shape == (10, 3, 16, 16)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, again)
    other = np.concatenate(list(calibration_inputs(str(drawn_folder), PREPROCESS, 10, seed=2)()))
    assert not np.array_equal(first, other)
    assert len(list(calibration_inputs(str(drawn_folder), PREPROCESS, 1000, seed=1)())) == 120, "all that there are"


def test_a_table_of_one_label_will_do(drawn_folder: Path, tmp_path: Path) -> None:
    files = sorted(drawn_folder.rglob("*.png"))[:FEWEST]
    (tmp_path / "list.csv").write_text("file,label\n" + "".join(f"{file},any\n" for file in files))
    inputs = calibration_inputs(str(tmp_path / "list.csv"), PREPROCESS, 100, seed=0)
    assert len(list(inputs())) == FEWEST


def test_what_cannot_be_read_is_replaced_and_reported(drawn_folder: Path, tmp_path: Path) -> None:
    for place, file in enumerate(sorted(drawn_folder.rglob("*.png"))[: 2 * FEWEST]):
        (tmp_path / f"{place}.png").write_bytes(b"no image" if place % 4 == 0 else file.read_bytes())
    inputs = calibration_inputs(str(tmp_path), PREPROCESS, 100, seed=0)
    assert isinstance(inputs, CalibrationInputs)
    assert len(list(inputs())) == 2 * FEWEST - 4
    assert {Path(path).name for path in inputs.skipped} == {"0.png", "4.png", "8.png", "12.png"}
    few = calibration_inputs(str(tmp_path), PREPROCESS, FEWEST, seed=0)
    assert len(list(few())) == FEWEST, "others stand in for those that cannot be read"


def test_too_few(drawn_folder: Path, tmp_path: Path) -> None:
    for place, file in enumerate(sorted(drawn_folder.rglob("*.png"))[1:FEWEST]):
        (tmp_path / f"{place}.png").write_bytes(file.read_bytes())
    with pytest.raises(UsageError, match=f"holds {FEWEST - 1} images"):
        calibration_inputs(str(tmp_path), PREPROCESS, 100, seed=0)
    (tmp_path / "last.png").write_bytes(b"no image")
    inputs = calibration_inputs(str(tmp_path), PREPROCESS, 100, seed=0)
    assert len(list(islice(inputs(), 3))) == 3
    with pytest.raises(UsageError, match=rf"holds {FEWEST - 1} images.*last\.png"):
        list(inputs())
    with pytest.raises(UsageError, match="too few"):
        calibration_inputs(str(drawn_folder), PREPROCESS, FEWEST - 1, seed=0)
    with pytest.raises(DataError, match="There is no"):
        calibration_inputs(str(tmp_path / "gone"), PREPROCESS, 100, seed=0)
