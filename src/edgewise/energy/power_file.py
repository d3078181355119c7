"""A file that says how much power goes at the moment: sampled while work runs, and summed up.

Boards have such files: hwmon's power1_input in microwatts, the Jetson's INA3221 in milliwatts (in_power0_input of its
older systems) or as a voltage in millivolts and a current in milliamperes side by side (in1_input and curr1_input).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Literal

from edgewise.energy.meter import Used
from edgewise.errors import DataError, UsageError

PowerUnit = Literal["W", "mW", "uW"]
_WATTS: dict[PowerUnit, float] = {"W": 1.0, "mW": 1e-3, "uW": 1e-6}
_KNOWN: tuple[tuple[str, PowerUnit], ...] = (
    (r"power\d+_(input|average)", "uW"),  # hwmon
    (r"power_now", "uW"),  # power_supply
    (r"in_power\d+_input", "mW"),  # iio
)
_CURRENT = re.compile(r"curr(\d+)_input")  # hwmon
_PERIOD_S = 0.005


@dataclass(frozen=True)
class PowerFile:
    """A file that holds one number, the power in `unit`; with a `voltage`, a current: their product is power."""

    path: Path
    unit: PowerUnit
    voltage: Path | None = None

    @property
    def name(self) -> str:
        return str(self.path)

    def measure(self, work: Callable[[], None]) -> Used:
        with _Sampling(self) as sampling:
            work()
        seconds = sampling.times_s[-1] - sampling.times_s[0]
        return Used(integrate_j(sampling.times_s, sampling.watts) * 1e3, seconds)

    def watts(self) -> float:
        """The power now. Raises `DataError` when the file cannot be read as a number."""
        try:
            factor = float(self.voltage.read_text(encoding="ascii")) if self.voltage else 1.0
            return float(self.path.read_text(encoding="ascii")) * factor * _WATTS[self.unit]
        except (OSError, ValueError) as error:
            raise DataError(f"The power file {self.path} cannot be read: {error}.", "Name another.") from error


def open_power_file(path: Path, unit: PowerUnit | None = None) -> PowerFile:
    """The power file at `path`; None = the unit that its name stands for.

    Raises `UsageError` for a name that stands for none, `DataError` when it cannot be read as a number.
    """
    current = _CURRENT.fullmatch(path.name)
    if unit is None and current:
        meter = PowerFile(path, "uW", voltage=path.with_name(f"in{current[1]}_input"))
    else:
        meter = PowerFile(path, unit or _usual_unit(path))
    meter.watts()
    return meter


def _usual_unit(path: Path) -> PowerUnit:
    for pattern, unit in _KNOWN:
        if re.fullmatch(pattern, path.name):
            return unit
    raise UsageError(
        f"The name {path.name} of a power file does not tell its unit.", f"Say it: --power-unit {', '.join(_WATTS)}."
    )


def integrate_j(times_s: Sequence[float], watts: Sequence[float]) -> float:
    """Joules, by the trapezoidal rule: between two samples power is taken to go in a straight line."""
    steps = zip(times_s[:-1], times_s[1:], watts[:-1], watts[1:], strict=True)
    return sum((end - start) * (before + after) / 2 for start, end, before, after in steps)


class _Sampling:
    """Samples power in a thread of its own, and at the very start and end."""

    def __init__(self, file: PowerFile) -> None:
        self.times_s: list[float] = []
        self.watts: list[float] = []
        self._file = file
        self._ended = Event()
        self._fault: DataError | None = None
        self._thread = Thread(target=self._go_on, name="edgewise-power", daemon=True)

    def __enter__(self) -> "_Sampling":
        self._take()
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if kind is not None:
            return
        if self._fault is not None:
            raise self._fault
        self._take()

    def _go_on(self) -> None:
        try:
            while not self._ended.wait(_PERIOD_S):
                self._take()
        except DataError as error:
            self._fault = error

    def _take(self) -> None:
        watts = self._file.watts()
        self.watts.append(watts)
        self.times_s.append(perf_counter())
