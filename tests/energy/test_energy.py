"""Real networks on meters that read real files: measured or modelled, never both."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from edgewise.energy.energy import energy_of
from edgewise.energy.measure import BelowIdle, measure_energy
from edgewise.energy.meter import Meter, NoMeter
from edgewise.energy.model import modelled_mj
from edgewise.energy.power_file import open_power_file
from edgewise.energy.rapl import find_rapl
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.macs.count import count_work
from edgewise.zoo.macs.work import Uncounted, Work
from edgewise.zoo.sources import find
from tests.powercap_files import zone

STRETCH_S = 0.02


class Metered:
    """A session that tells a counter of energy what its run uses."""

    def __init__(self, inner: Classifier, counter: Path, uses_uj: int) -> None:
        self._inner, self._counter, self._uses_uj = inner.session, counter, uses_uj
        self.signature = inner.session.signature

    def run(self, images: np.ndarray) -> np.ndarray:
        self._counter.write_text(str(int(self._counter.read_text()) + self._uses_uj))
        return self._inner.run(images)


@pytest.fixture(scope="module")
def zoo() -> list[Classifier]:
    return [load(source) for source in find(["tiny:xs", "tiny:s"])]


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    return zone(tmp_path, "intel-rapl:0", "package-0")


@pytest.fixture
def rapl(tmp_path: Path, counter: Path) -> Meter:
    found = find_rapl(tmp_path)
    assert not isinstance(found, NoMeter)
    return found


@pytest.fixture
def steady(tmp_path: Path) -> Iterator[Meter]:
    """A board that uses 2 W whatever it does, and a thread that says so again and again."""
    path, ended = tmp_path / "power1_input", Event()

    def board() -> None:
        while not ended.wait(0.001):
            beside = tmp_path / "next"
            beside.write_text("2000000")
            beside.replace(path)

    path.write_text("2000000")
    thread = Thread(target=board)
    thread.start()
    yield open_power_file(path)
    ended.set()
    thread.join()


def works(models: list[Classifier]) -> list[Work | Uncounted]:
    return [count_work(model) for model in models]


def metered(models: list[Classifier], counter: Path, uses_uj: list[int]) -> list[Classifier]:
    return [
        Classifier(model.card, Metered(model, counter, uj), model.fingerprint)
        for model, uj in zip(models, uses_uj, strict=True)
    ]


def test_what_a_run_uses_is_found(zoo: list[Classifier], counter: Path, rapl: Meter, photo: np.ndarray) -> None:
    """The counter stands still while the machine idles, so that nothing is taken off."""
    models = metered(zoo, counter, [3_000, 250])
    found = measure_energy([photo, photo[::2]], models, rapl, seed=0, stretch_s=STRETCH_S)
    assert found.energy_mj == pytest.approx([3.0, 0.25])
    assert found.idle_w == 0
    assert min(found.runs) >= 6  # every image in every round


def test_what_the_idle_machine_uses_is_taken_off(
    zoo: list[Classifier], steady: Meter, photo: np.ndarray, tmp_path: Path
) -> None:
    """Whoever uses what the idle machine uses has no energy of its own that this meter could tell."""
    with pytest.raises(BelowIdle) as raised:
        measure_energy([photo], zoo[:1], steady, seed=0, stretch_s=STRETCH_S)
    assert raised.value.model == "tiny:xs"
    energy = energy_of([photo], zoo[:1], works(zoo[:1]), steady, seed=0, stretch_s=STRETCH_S)
    assert energy.source == "modelled"
    assert energy.reason == f"{tmp_path / 'power1_input'} shows no more for tiny:xs than for the idle machine"


def test_all_are_measured_where_all_can_be(
    zoo: list[Classifier], counter: Path, rapl: Meter, photo: np.ndarray
) -> None:
    models = metered(zoo, counter, [10, 20])
    energy = energy_of([photo], models, [Uncounted("not needed")] * 2, rapl, seed=0, stretch_s=STRETCH_S)
    assert (energy.source, energy.how, energy.idle_w, energy.reason) == ("measured", "RAPL (package-0)", 0, "")
    assert energy.energy_mj == pytest.approx((0.01, 0.02))


def test_one_that_cannot_be_measured_makes_all_modelled(
    zoo: list[Classifier], counter: Path, rapl: Meter, photo: np.ndarray
) -> None:
    models = metered(zoo, counter, [10_000, 0])
    energy = energy_of([photo], models, works(zoo), rapl, seed=0, stretch_s=STRETCH_S)
    assert energy.source == "modelled"
    assert "tiny:s than for the idle machine" in energy.reason
    assert energy.energy_mj == tuple(modelled_mj(count_work(model)) for model in zoo)
    assert energy.idle_w is None


def test_without_a_meter_energy_is_modelled(zoo: list[Classifier], photo: np.ndarray) -> None:
    energy = energy_of([photo], zoo, works(zoo), NoMeter("nobody knows"), seed=0, stretch_s=STRETCH_S)
    assert (energy.source, energy.reason) == ("modelled", "nobody knows")
    assert "Horowitz" in energy.how
    assert 0 < energy.energy_mj[0] < energy.energy_mj[1]


def test_one_whose_work_is_not_known_leaves_none(zoo: list[Classifier], photo: np.ndarray) -> None:
    known = [count_work(zoo[0]), Uncounted("its operator If is dark")]
    energy = energy_of([photo], zoo, known, NoMeter("no meter"), seed=0, stretch_s=STRETCH_S)
    assert (energy.source, energy.energy_mj, energy.how) == (None, (), "")
    assert energy.reason == "no meter; the MACs of tiny:s are not known: its operator If is dark"
