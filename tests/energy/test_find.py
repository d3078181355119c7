"""What a machine offers, told from folders in the form of /sys/class."""

from pathlib import Path

import pytest

from edgewise.energy.find import find_meter, survey
from edgewise.energy.meter import NoMeter
from edgewise.energy.power_file import PowerFile
from edgewise.energy.rapl import Rapl
from edgewise.errors import UsageError
from tests.powercap_files import zone


def test_the_power_file_goes_first(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0")
    (tmp_path / "power1_input").write_text("5")
    assert isinstance(find_meter(tmp_path / "power1_input", powercap=tmp_path), PowerFile)
    assert isinstance(find_meter(powercap=tmp_path), Rapl)
    assert isinstance(find_meter(powercap=tmp_path / "none"), NoMeter)


def test_a_unit_of_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--power-unit mW is of no file"):
        find_meter(power_unit="mW", powercap=tmp_path)


def test_a_survey(tmp_path: Path) -> None:
    nothing = survey(tmp_path)
    assert (nothing.counters, nothing.power_files) == (None, ())
    assert nothing.reason.startswith(f"there is no RAPL under {tmp_path}/powercap")
    zone(tmp_path / "powercap", "intel-rapl:0", "package-0")
    board = tmp_path / "hwmon" / "hwmon3"
    board.mkdir(parents=True)
    for name, content in (("power1_input", "7"), ("power2_input", ""), ("curr1_input", "1"), ("curr2_input", "1"),
                          ("in1_input", "1"), ("temp1_input", "1")):  # fmt: skip
        (board / name).write_text(content)
    found = survey(tmp_path)
    assert (found.counters, found.reason, found.hint) == ("RAPL (package-0)", "", "")
    assert [path.name for path in found.power_files] == ["power1_input", "curr1_input"]
