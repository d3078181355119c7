"""RAPL's counters, as real files in the form in which Linux shows them."""

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from edgewise.energy.meter import NoMeter
from edgewise.energy.rapl import Rapl, find_rapl
from edgewise.errors import DataError
from tests.powercap_files import RANGE_UJ, zone
from tests.privileges import without_the_rights_of_root


def meter(root: Path) -> Rapl:
    found = find_rapl(root)
    assert isinstance(found, Rapl)
    return found


def test_packages_and_their_memory_are_summed(tmp_path: Path) -> None:
    """The whole platform and the parts of a package would count its energy a second time."""
    counters = {
        (place, name): zone(tmp_path, place, name, 1_000)
        for place, name in [
            ("intel-rapl:0", "package-0"),
            ("intel-rapl:0:0", "core"),
            ("intel-rapl:0:1", "dram"),
            ("intel-rapl:1", "package-1"),
            ("intel-rapl:2", "psys"),
            ("intel-rapl-mmio:0", "package-0"),
        ]
    }
    grown = {"package-0": 5_000, "core": 70_000, "dram": 300, "package-1": 20, "psys": 900_000}

    def work() -> None:
        for (place, name), path in counters.items():
            path.write_text(str(1_000 + (1_000_000 if "mmio" in place else grown[name])))

    found = meter(tmp_path)
    assert found.name == "RAPL (package-0, dram, package-1)"
    assert found.measure(work).energy_mj == pytest.approx(5.32)


def test_a_counter_that_begins_again(tmp_path: Path) -> None:
    counter = zone(tmp_path, "intel-rapl:0", "package-0", RANGE_UJ - 1_500)
    found = meter(tmp_path)
    assert found.measure(lambda: _write(counter, 500)).energy_mj == pytest.approx(2.0)
    assert found.measure(lambda: None).energy_mj == 0


def test_what_a_thread_counts_meanwhile(tmp_path: Path) -> None:
    counter = zone(tmp_path, "intel-rapl:0", "package-0")

    def count() -> None:
        for step in range(1, 201):
            beside = counter.with_name("next")
            beside.write_text(str(40 * step))
            beside.replace(counter)

    def work() -> None:
        thread = Thread(target=count)
        thread.start()
        thread.join()

    used = meter(tmp_path).measure(work)
    assert used.energy_mj == pytest.approx(8.0)
    assert used.seconds > 0


def test_no_rapl(tmp_path: Path) -> None:
    found = find_rapl(tmp_path / "powercap")
    assert isinstance(found, NoMeter)
    assert "there is no RAPL under" in found.reason
    zone(tmp_path, "intel-rapl:0", "psys")
    assert isinstance(find_rapl(tmp_path), NoMeter)


@pytest.mark.parametrize("content", ["", "many\n"])
def test_a_counter_that_is_no_number(tmp_path: Path, content: str) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0").write_text(content)
    found = find_rapl(tmp_path)
    assert isinstance(found, NoMeter)
    assert "cannot be read" in found.reason


def test_a_counter_that_goes_away(tmp_path: Path) -> None:
    counter = zone(tmp_path, "intel-rapl:0", "package-0")
    with pytest.raises(DataError, match="cannot be read any more"):
        meter(tmp_path).measure(counter.unlink)


def test_a_counter_for_root_alone(tmp_path: Path) -> None:
    """As Linux keeps it since 2020."""
    zone(tmp_path, "intel-rapl:0", "package-0").chmod(0)
    tmp_path.chmod(0o755)
    code = f"import pathlib, edgewise.energy.rapl as r; print(r.find_rapl(pathlib.Path({str(tmp_path)!r})))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        preexec_fn=without_the_rights_of_root,
    )
    assert f"only root may read {tmp_path}/intel-rapl:0/energy_uj" in done.stdout
    assert f"sudo chmod a+r {tmp_path}/intel-rapl:*/energy_uj" in done.stdout


def _write(path: Path, value: int) -> None:
    path.write_text(str(value))
