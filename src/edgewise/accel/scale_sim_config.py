"""Configurations of SCALE-Sim: an INI file with an array, its memories and their bandwidth, read and written.

What shapes stalls alone (banks, layouts, request buffers, traces of the DRAM) is passed over by the reader and written
as SCALE-Sim ships it. Sparsity changes the work itself, and is refused.
"""

from configparser import ConfigParser, Error
from dataclasses import dataclass
from pathlib import Path

from edgewise import store
from edgewise.accel.array import Array, Dataflow
from edgewise.errors import DataError, UsageError
from edgewise.text import printable

_DATAFLOWS: dict[str, Dataflow] = {"ws": "weight", "os": "output", "is": "input"}
_ARRAY, _LAYOUT, _RUN = "architecture_presets", "layout", "run_presets"
_FORM = (
    "SCALE-Sim wants [general] run_name; [architecture_presets] ArrayHeight, ArrayWidth, IfmapSramSzkB, "
    "FilterSramSzkB, OfmapSramSzkB, IfmapOffset, FilterOffset, OfmapOffset, Dataflow; [run_presets] InterfaceBandwidth."
)


@dataclass(frozen=True)
class Bandwidth:
    """What the DRAM gives and takes, in words (a value of an operand each) per cycle."""

    input_words_per_cycle: int
    weight_words_per_cycle: int
    output_words_per_cycle: int

    def __post_init__(self) -> None:
        """Raises `UsageError` for less than one word."""
        if min(self.input_words_per_cycle, self.weight_words_per_cycle, self.output_words_per_cycle) < 1:
            raise UsageError(f"A bandwidth must be 1 word per cycle or more; it is {self}.")


@dataclass(frozen=True)
class ScaleSimConfig:
    """An array and its memories, as SCALE-Sim knows them.

    Without a bandwidth SCALE-Sim calculates the one that never stalls the array (its CALC). Offsets are the addresses,
    in words, at which operands begin in its traces.
    """

    run_name: str  # of the folder for the reports as well
    array: Array
    input_sram_kib: int
    weight_sram_kib: int
    output_sram_kib: int
    bandwidth: Bandwidth | None = None
    input_offset: int = 0
    weight_offset: int = 10_000_000
    output_offset: int = 20_000_000

    def __post_init__(self) -> None:
        """Raises `UsageError` for what SCALE-Sim has no form for."""
        name = self.run_name
        if name != name.strip() or name in ("", ".", "..") or not name.isprintable() or set(name) & set("/%"):
            raise UsageError(
                f"The run's name is '{printable(name)}'; it must be one that a folder can have, without '/' and '%'."
            )
        if self.array.shadow:
            raise UsageError("The array has shadow registers; SCALE-Sim's has none. Give it one without.")
        sizes = self.input_sram_kib, self.weight_sram_kib, self.output_sram_kib
        if min(sizes) < 1:
            raise UsageError(f"The memories have {sizes} KiB; each must have 1 or more.")
        offsets = self.input_offset, self.weight_offset, self.output_offset
        if min(offsets) < 0:
            raise UsageError(f"The operands begin at {offsets}; addresses must be 0 or more.")


def read_config(path: Path) -> ScaleSimConfig:
    """The configuration of a file for SCALE-Sim 2 or 3.

    Of several bandwidths the first is meant, as in SCALE-Sim. Version 3 has a bandwidth of its own for inputs and for
    weights, in [layout]; where that section has none, they are those of the outputs.

    Raises `DataError` for a file that cannot be read, and for a key that is missing or has no allowed value.
    """
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, Error) as error:
        said = printable(" ".join(str(error).split()))
        raise DataError(f"{printable(path)} cannot be read: {said}.", _FORM) from error
    found = _Keys(path, parser)
    found.refuse_sparsity()
    try:
        return ScaleSimConfig(
            found.text("general", "run_name"),
            Array(
                found.number("ArrayHeight"),
                found.number("ArrayWidth"),
                _DATAFLOWS[found.one_of("Dataflow", *_DATAFLOWS)],
            ),
            found.number("IfmapSramSzkB"),
            found.number("FilterSramSzkB"),
            found.number("OfmapSramSzkB"),
            found.bandwidth(),
            found.number("IfmapOffset", least=0),
            found.number("FilterOffset", least=0),
            found.number("OfmapOffset", least=0),
        )
    except UsageError as error:
        raise DataError(f"{printable(path)}: {error.message}", error.hint) from error


@dataclass(frozen=True)
class _Keys:
    """What a file says, key by key."""

    path: Path
    parser: ConfigParser

    def text(self, section: str, key: str) -> str:
        if not self.parser.has_option(section, key):
            raise DataError(f"{printable(self.path)} has no {key} in [{section}].", _FORM)
        return self.parser.get(section, key).strip()

    def one_of(self, key: str, *allowed: str, section: str = _ARRAY) -> str:
        """Spelled as here: SCALE-Sim takes what it does not know for the dataflow 'os', and goes on."""
        value = self.text(section, key)
        if value not in allowed:
            raise self._wrong(section, key, value, " or ".join(allowed))
        return value

    def number(self, key: str, least: int = 1, section: str = _ARRAY) -> int:
        value = self.text(section, key).split(",")[0].strip() if key == "Bandwidth" else self.text(section, key)
        try:
            number = int(value)
        except ValueError:
            number = least - 1
        if number < least:
            raise self._wrong(section, key, value, f"a whole number, {least} or more")
        return number

    def bandwidth(self) -> Bandwidth | None:
        if self.one_of("InterfaceBandwidth", "CALC", "USER", section=_RUN) == "CALC":
            return None
        output = self.number("Bandwidth")
        sides = ("IfmapSRAMBankBandwidth", "FilterSRAMBankBandwidth")
        inputs, weights = (
            self.number(key, section=_LAYOUT) if self.parser.has_option(_LAYOUT, key) else output for key in sides
        )
        return Bandwidth(inputs, weights, output)

    def refuse_sparsity(self) -> None:
        value = self.parser.get("sparsity", "SparsitySupport", fallback="false").strip()
        if value.lower() == "true":
            raise self._wrong("sparsity", "SparsitySupport", value, "false: products here are whole")

    def _wrong(self, section: str, key: str, value: str, allowed: str) -> DataError:
        return DataError(
            f"{printable(self.path)}: {key} in [{section}] is '{printable(value)}'; allowed: {allowed}.", _FORM
        )


def write_config(path: Path, config: ScaleSimConfig) -> None:
    """Write a configuration that SCALE-Sim 2 and 3 read. Raises `StoreError` where the file cannot be written."""
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # keys as SCALE-Sim spells them
    parser.read_dict(_sections(config))
    with store.atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        parser.write(file)


def _sections(config: ScaleSimConfig) -> dict[str, dict[str, str | int]]:
    given = config.bandwidth or Bandwidth(10, 10, 10)  # unused, and yet version 3 wants those of inputs and weights
    (dataflow,) = (name for name, known in _DATAFLOWS.items() if known == config.array.dataflow)
    return {
        "general": {"run_name": config.run_name},
        _ARRAY: {
            "ArrayHeight": config.array.rows,
            "ArrayWidth": config.array.columns,
            "IfmapSramSzkB": config.input_sram_kib,
            "FilterSramSzkB": config.weight_sram_kib,
            "OfmapSramSzkB": config.output_sram_kib,
            "IfmapOffset": config.input_offset,
            "FilterOffset": config.weight_offset,
            "OfmapOffset": config.output_offset,
            "Dataflow": dataflow,
            **({"Bandwidth": given.output_words_per_cycle} if config.bandwidth else {}),
            "ReadRequestBuffer": 32,
            "WriteRequestBuffer": 32,
        },
        _LAYOUT: {
            "IfmapCustomLayout": "False",
            "IfmapSRAMBankBandwidth": given.input_words_per_cycle,
            "IfmapSRAMBankNum": 1,  # which divides every bandwidth, as version 3 demands
            "IfmapSRAMBankPort": 2,
            "FilterCustomLayout": "False",
            "FilterSRAMBankBandwidth": given.weight_words_per_cycle,
            "FilterSRAMBankNum": 1,
            "FilterSRAMBankPort": 2,
        },
        "sparsity": {"SparsitySupport": "false"},
        _RUN: {"InterfaceBandwidth": "USER" if config.bandwidth else "CALC", "UseRamulatorTrace": "False"},
    }
