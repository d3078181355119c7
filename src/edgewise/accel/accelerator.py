"""An accelerator: an array, its memory, what feeds it, and what it takes. Presets are TOML files."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from edgewise.accel.array import Array
from edgewise.accel.numbers import Numbers
from edgewise.accel.scale_sim_config import read_config
from edgewise.accel.tables import build, must_be_positive, read_toml
from edgewise.accel.technology import Technology
from edgewise.errors import DataError, UsageError
from edgewise.plugins import Plugin, names_of, plugin_named, plugins_of
from edgewise.text import printable

DEFAULT = "reading"
_KEEPS_UP = 1e9  # GB/s


@dataclass(frozen=True)
class Sram:
    """Three buffers, each in two halves: one is worked on while the other one is filled."""

    input_kib: float
    weight_kib: float
    output_kib: float
    bank_kib: float  # an access is to one bank

    def __post_init__(self) -> None:
        """Raises `UsageError` for what is not above 0."""
        must_be_positive("sram", self)
        if self.bank_kib > min(self.input_kib, self.weight_kib, self.output_kib):
            raise UsageError(f"[sram] bank_kib is {self.bank_kib:g}; a bank can be no larger than a buffer.")

    @property
    def kib(self) -> float:
        """All three."""
        return self.input_kib + self.weight_kib + self.output_kib

    def of_size(self, kib: float) -> "Sram":
        """As large as that, all three by their shares; banks are no larger than a buffer."""
        first, second, third = (one * kib / self.kib for one in (self.input_kib, self.weight_kib, self.output_kib))
        return Sram(first, second, third, min(self.bank_kib, first, second, third))


@dataclass(frozen=True)
class Host:
    """What lies outside the array: a processor that does what is no product, and starts each layer's work.

    Reading: one term for starting, one for multiply-accumulates, one for bytes; nothing overlaps.
    """

    dispatch_us: float  # for each layer
    gmacs_per_s: float  # where it does a network's products itself, FP32
    gb_per_s: float  # of what is no product
    watts: float  # while it works

    def __post_init__(self) -> None:
        """Raises `UsageError` for what is not above 0."""
        must_be_positive("host", self, or_zero=("dispatch_us",))


@dataclass(frozen=True)
class Accelerator:
    """What a network is run on. Units stand in the names; `gb_per_s` counts 10^9 bytes."""

    name: str
    source: str  # of its figures
    array: Array
    clock_mhz: float
    numbers: Numbers  # of answers
    gradients: Numbers  # of both products of the way back
    sram: Sram
    dram_gb_per_s: float
    static_mw: float  # whatever it does
    host: Host
    technology: Technology
    activations_stay: bool = False  # what fits into the buffers does not go out between layers
    weights_stay: bool = False  # from image to image, as many as fit into their buffer
    packs_groups: bool = False  # small groups lie in the array beside one another, where weights stay

    def __post_init__(self) -> None:
        """Raises `UsageError` for what is not above 0."""
        must_be_positive("accelerator", self, or_zero=("static_mw",))

    @property
    def bytes_per_cycle(self) -> float:
        """That come from, or go to, the DRAM."""
        return self.dram_gb_per_s * 1e3 / self.clock_mhz

    def with_array(self, array: Array) -> "Accelerator":
        """The same around another array."""
        return replace(self, array=array)


def preset_names() -> tuple[str, ...]:
    """Of edgewise's own."""
    return tuple(sorted(one.name.removesuffix(".toml") for one in _packaged("presets").iterdir() if _is_toml(one)))


def preset_plugins() -> tuple[Plugin, ...]:
    """Those of other packages; nothing of these is imported yet."""
    own = preset_names()
    return tuple(plugin for plugin in plugins_of("preset") if plugin.name not in own)


def read_accelerator(name: str) -> Accelerator:
    """A preset by its name, edgewise's own or another package's, a TOML file by its path, or SCALE-Sim's configuration,
    "NAME.cfg".

    A TOML file names its `technology`: an installed one, or a TOML file beside it. A configuration gives the array, its
    buffers and their bandwidth, a byte a word; it has no clock, and what else it lacks is the default preset's. Raises
    `UsageError` for a name that is not known, `DataError` for a file that is not right, `PluginError` for a package
    that does not hold the preset that it offers.
    """
    if name.endswith(".cfg"):
        return _of_scale_sim(Path(name))
    if not name.endswith(".toml"):
        if name not in preset_names():
            return _of_package(name)
        with resources.as_file(_packaged("presets") / f"{name}.toml") as path:
            return _read(path)
    return _read(Path(name))


def _of_package(name: str) -> Accelerator:
    plugin = plugin_named("preset", name)
    if plugin is None:
        known = ", ".join(dict.fromkeys((*preset_names(), *names_of("preset"))))
        raise UsageError(f"There is no preset {name!r}.", f"There are {known}; or give a file, NAME.toml.")
    return read_plugin(plugin)


def read_plugin(plugin: Plugin) -> Accelerator:
    """The accelerator that a package offers: `NAME.toml` in the package that the entry point names.

    Its `source` begins with the name of that package. Raises `PluginError` and `DataError`.
    """
    with plugin.answering("was read"):
        home = plugin.load()
        if not isinstance(getattr(home, "__path__", None), Iterable):
            raise plugin.unfit(f"{plugin.entry.value} is no package that could hold {plugin.name}.toml")
        file = resources.files(home) / f"{plugin.name}.toml"
        if not file.is_file():
            raise plugin.unfit(f"there is no {plugin.name}.toml in {plugin.entry.value}")
        with resources.as_file(file) as path:
            found = _read(path)
    return replace(found, source=f"{plugin.package}: {found.source}")


def _of_scale_sim(path: Path) -> Accelerator:
    found, preset = read_config(path), read_accelerator(DEFAULT)
    sizes = found.input_sram_kib, found.weight_sram_kib, found.output_sram_kib
    speed = _KEEPS_UP
    if found.bandwidth is not None:
        speed = sum(vars(found.bandwidth).values()) * preset.clock_mhz / 1e3
    return replace(
        preset,
        name=found.run_name,
        source=f"{printable(path)}, and what it lacks of {preset.name}: {preset.source}",
        array=found.array,
        sram=Sram(*sizes, bank_kib=min(preset.sram.bank_kib, *sizes)),
        dram_gb_per_s=speed,
        packs_groups=False,
    )


def _read(path: Path) -> Accelerator:
    given = read_toml(path)
    given["technology"] = _technology(given.get("technology"), path)
    return build(Accelerator, given, printable(path))


def _technology(named: Any, beside: Path) -> dict[str, Any]:
    if isinstance(named, dict):
        return named
    if not isinstance(named, str):
        raise DataError(f"{printable(beside)}: `technology` must name one.", f"There are {_technologies()}.")
    if named.endswith(".toml"):
        return read_toml(beside.parent / named)
    if named not in _technologies().split(", "):
        raise DataError(
            f"{printable(beside)}: there is no technology {named!r}.", f"There are {_technologies()}; or name a file."
        )
    with resources.as_file(_packaged("technologies") / f"{named}.toml") as path:
        return read_toml(path)


def _technologies() -> str:
    return ", ".join(
        sorted(one.name.removesuffix(".toml") for one in _packaged("technologies").iterdir() if _is_toml(one))
    )


def _packaged(folder: str) -> Any:
    return resources.files("edgewise.accel") / folder


def _is_toml(one: Any) -> bool:
    return one.name.endswith(".toml")
