"""A state folder with a small generic network, opened once; each test has a copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.service import RunningService, copied, png
from tests.tiny_generic import images, opened


@pytest.fixture(scope="session")
def opened_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opened(tmp_path_factory.mktemp("opened"))


@pytest.fixture
def state(opened_state: Path, tmp_path: Path) -> Path:
    return copied(opened_state, tmp_path)


@pytest.fixture(scope="module")
def service(opened_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One process for all tests of a file that leave it running."""
    with RunningService(copied(opened_state, tmp_path_factory.mktemp("service"))) as running:
        yield running


@pytest.fixture(scope="session")
def drawn() -> list[bytes]:
    """Image files of ten classes, in turn."""
    pixels, labels = images(4)
    order = sorted(range(len(labels)), key=lambda at: (at % 4, labels[at]))
    return [png(pixels[at]) for at in order]
