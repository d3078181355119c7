"""What is made once: the generic network in two parts, a job, tails of which nothing was cut, devices on their way."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.personal.learned import Ready, Served


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
    """The folder of a user's network of one tail of which nothing was cut; not to be changed."""
    from edgewise.personal.chooser import Chooser
    from edgewise.personal.generic import FOLDER
    from tests.personal.learned import restricted_tail

    out = tmp_path_factory.mktemp("tails") / "1-4-7"
    most_foreign = restricted_tail(job_once, opened_once / FOLDER, out).held_out.most_foreign[0]
    Chooser((0,), (1.0,), float(most_foreign), mean_ms=3.1, own_share=0.95).write(out)
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


@pytest.fixture
def device(device_folder: Path, at_once: "type[Ready]") -> "Iterator[Served]":
    """On which nobody was served yet."""
    from tests.personal.learned import served

    with served(device_folder) as found:
        yield found


@pytest.fixture(scope="session")
def stages_once(opened_once: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A device on which Anna's own network is tried, and one on which it serves; not to be changed."""
    from edgewise.personal import making
    from tests.personal.learned import ANNA, Ready, served

    folder = Path(shutil.copytree(opened_once, tmp_path_factory.mktemp("stages") / "device"))
    found: dict[str, Path] = {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(making, "Pruning", Ready)
        for stage in ("verify", "watch"):
            with served(folder) as device:
                learner = device.learner()
                device.until(learner, ANNA, stage)
                learner.close()
            found[stage] = Path(shutil.copytree(folder, folder.with_name(stage)))
    return found


@pytest.fixture
def verifying(stages_once: dict[str, Path], tmp_path: Path, at_once: "type[Ready]") -> "Iterator[Served]":
    """On which Anna's own network is tried."""
    from tests.personal.learned import served

    with served(Path(shutil.copytree(stages_once["verify"], tmp_path / "verifying"))) as found:
        yield found


@pytest.fixture
def watched(stages_once: dict[str, Path], tmp_path: Path, at_once: "type[Ready]") -> "Iterator[Served]":
    """On which Anna's own network serves."""
    from tests.personal.learned import served

    with served(Path(shutil.copytree(stages_once["watch"], tmp_path / "watched"))) as found:
        yield found
