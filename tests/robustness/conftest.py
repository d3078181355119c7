"""A few drawn images, and the bundled selector to answer them."""

from pathlib import Path

import pytest

from edgewise.images.dataset import Dataset, read_dataset
from edgewise.robustness.subject import Subject


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from edgewise.drawn import write_split

    folder = tmp_path_factory.mktemp("sample")
    write_split(folder, "sample", 2)
    return folder


@pytest.fixture(scope="session")
def dataset(photographs: Path) -> Dataset:
    """Twenty images of ten classes."""
    return read_dataset(photographs)


@pytest.fixture(scope="session")
def subject() -> Subject:
    return Subject(None)
