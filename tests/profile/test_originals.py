from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edgewise.errors import ImageError
from edgewise.profile.originals import Originals
from edgewise.profile.run import Settings, profile


def test_images_in_a_table_are_found_again(tmp_path: Path, drawn_folder: Path) -> None:
    files = sorted(drawn_folder.glob("*/0000.png"))
    rows = {
        "image": [{"bytes": f.read_bytes(), "path": f.name} for f in files],
        "label": [f.parent.name for f in files],
    }
    pq.write_table(pa.table(rows), tmp_path / "set.parquet")
    outcomes = profile(Settings(("tiny:xs",), tmp_path / "set.parquet", tmp_path / "out"))
    originals = Originals(outcomes)
    assert [originals.read(row) for row in range(10)] == [file.read_bytes() for file in files]
    (tmp_path / "set.parquet").unlink()
    with pytest.raises(ImageError, match="there is no such file"):
        Originals(outcomes).read(0)


def test_what_changed_is_not_the_original(tmp_path: Path, drawn_folder: Path) -> None:
    for file in drawn_folder.glob("*/0000.png"):
        (tmp_path / "data" / file.parent.name).mkdir(parents=True)
        (tmp_path / "data" / file.parent.name / "a.png").write_bytes(file.read_bytes())
    outcomes = profile(Settings(("tiny:xs",), tmp_path / "data", tmp_path / "out"))
    path = tmp_path / "data" / outcomes.images["image"][0]
    assert Originals(outcomes).read(0) == path.read_bytes()
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ImageError, match="has changed since"):
        Originals(outcomes).read(0)
