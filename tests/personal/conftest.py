"""What is made once: the generic network in two parts, a job for a user, and networks of which nothing was cut."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.personal.learned import Ready


@pytest.fixture(scope="session")
def opened_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a device that has the generic network, and has served nobody."""
    from tests.tiny_generic import opened

    return opened(tmp_path_factory.mktemp("opened"))


@pytest.fixture
def device_folder(opened_once: Path, tmp_path: Path) -> Path:
    """One of one's own."""
    return Path(shutil.copytree(opened_once, tmp_path / "device"))


@pytest.fixture(scope="session")
def job_once(opened_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a learner left for the pruning process, of a user of three classes; not to be changed."""
    from tests.personal.learned import ANNA, settled_job

    folder = tmp_path_factory.mktemp("job") / "device"
    shutil.copytree(opened_once, folder)
    return settled_job(folder, ANNA)


@pytest.fixture(scope="session")
def tail_once(opened_once: Path, job_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a user's tail of which nothing was cut; not to be changed."""
    from edgewise.personal.generic import FOLDER
    from tests.personal.learned import restricted_tail

    out = tmp_path_factory.mktemp("tails") / "1-4-7"
    restricted_tail(job_once, opened_once / FOLDER, out)
    return out


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> "type[Ready]":
    """Networks are made in no time, in the place of the pruning process."""
    from edgewise.personal import making
    from tests.personal.learned import Ready

    class Own(Ready):
        begun = 0

    monkeypatch.setattr(making, "Pruning", Own)
    return Own
