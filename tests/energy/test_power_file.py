"""Files that hold the power of the moment."""

from pathlib import Path
from threading import Thread
from time import sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.energy.power_file import PowerUnit, integrate_j, open_power_file
from edgewise.errors import DataError, UsageError


@pytest.mark.parametrize(
    ("name", "unit", "watts"),
    [
        ("power1_input", None, 0.0025),
        ("power2_average", None, 0.0025),
        ("power_now", None, 0.0025),
        ("in_power0_input", None, 2.5),
        ("power1_input", "W", 2500.0),
        ("board", "mW", 2.5),
    ],
)
def test_the_unit(tmp_path: Path, name: str, unit: PowerUnit | None, watts: float) -> None:
    (tmp_path / name).write_text("2500\n")
    assert open_power_file(tmp_path / name, unit).watts() == pytest.approx(watts)


def test_current_and_voltage(tmp_path: Path) -> None:
    (tmp_path / "curr1_input").write_text("400\n")
    (tmp_path / "in1_input").write_text("5000\n")
    (tmp_path / "in2_input").write_text("1\n")
    assert open_power_file(tmp_path / "curr1_input").watts() == pytest.approx(2.0)
    (tmp_path / "in1_input").unlink()
    with pytest.raises(DataError, match=r"curr1_input cannot be read.*in1_input"):
        open_power_file(tmp_path / "curr1_input")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "board").write_text("12")
    with pytest.raises(UsageError, match="does not tell its unit") as raised:
        open_power_file(tmp_path / "board")
    assert "--power-unit W, mW, uW" in raised.value.hint
    with pytest.raises(DataError, match="cannot be read"):
        open_power_file(tmp_path / "power1_input")
    (tmp_path / "power1_input").write_text("on")
    with pytest.raises(DataError, match="cannot be read"):
        open_power_file(tmp_path / "power1_input")


def test_constant_power(tmp_path: Path) -> None:
    (tmp_path / "power1_input").write_text("3000000")
    used = open_power_file(tmp_path / "power1_input").measure(lambda: sleep(0.03))
    assert used.seconds >= 0.03
    assert used.energy_mj == pytest.approx(3000 * used.seconds)


def test_power_that_a_thread_changes(tmp_path: Path) -> None:
    """From 1 W to 5 W: what goes in the time is between the two."""
    path = tmp_path / "power1_input"
    path.write_text("1000000")

    def board() -> None:
        beside = tmp_path / "next"
        beside.write_text("5000000")
        beside.replace(path)

    def work() -> None:
        sleep(0.02)
        thread = Thread(target=board)
        thread.start()
        thread.join()
        sleep(0.02)

    used = open_power_file(path).measure(work)
    assert 1e3 * used.seconds < used.energy_mj < 5e3 * used.seconds


def test_a_file_that_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "power1_input"
    path.write_text("1")
    with pytest.raises(DataError, match="cannot be read"):
        open_power_file(path).measure(path.unlink)


def test_the_faults_of_the_work_come_through(tmp_path: Path) -> None:
    (tmp_path / "power1_input").write_text("1")
    with pytest.raises(ZeroDivisionError):
        open_power_file(tmp_path / "power1_input").measure(lambda: print(1 / 0))


@given(
    st.lists(st.floats(0.001, 10), min_size=1, max_size=20),
    st.floats(-5, 5),
    st.floats(0, 50),
)
def test_power_in_a_straight_line_is_summed_exactly(steps: list[float], slope: float, start: float) -> None:
    times = [0.0]
    for step in steps:
        times.append(times[-1] + step)
    end = times[-1]
    watts = [start + slope * time for time in times]
    assert integrate_j(times, watts) == pytest.approx(start * end + slope * end**2 / 2, abs=1e-6)
