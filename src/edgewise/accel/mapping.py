"""How a layer's products are cut and in which order: chosen by the model, or named in a TOML file.

["layer1.0.conv1".forward]
m = 784
k = 64
n = 64
keeps = "weights"
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgewise import store
from edgewise.accel.products import KINDS, Kind
from edgewise.accel.tables import build, read_toml
from edgewise.accel.traffic import KEPT
from edgewise.errors import DataError, UsageError
from edgewise.text import printable

Keeps = Literal["weights", "input", "sums"]
Where = tuple[str, Kind]  # a layer's name, and which of its products


@dataclass(frozen=True)
class Block:
    """So much of a product at once, rounded up to what is whole to the array; `keeps`: over the innermost loop."""

    m: int
    k: int
    n: int
    keeps: Keeps

    def __post_init__(self) -> None:
        """Raises `UsageError` for a side below 1."""
        if min(self.m, self.k, self.n) < 1:
            raise UsageError(f"A block is {self.m} x {self.k} x {self.n}; each side must be 1 or more.")

    @property
    def order(self) -> int:
        """The place of what it keeps in `traffic.KEPT`."""
        return KEPT.index(self.keeps)


def read_mapping(path: Path) -> dict[Where, Block]:
    """By layer and kind of product. Raises `DataError` for a file that is not right."""
    found: dict[Where, Block] = {}
    for layer, kinds in read_toml(path).items():
        where = f"{printable(path)}, {printable(layer)}"
        if not isinstance(kinds, Mapping):
            raise DataError(f"{where} is no table.", f'It must be ["LAYER".KIND], KIND one of {", ".join(KINDS)}.')
        for kind, block in kinds.items():
            if kind not in KINDS or not isinstance(block, Mapping):
                raise DataError(f"{where}: {kind!r} is no kind of product.", f"Kinds: {', '.join(KINDS)}.")
            found[layer, kind] = build(Block, block, f"{where}, {kind}")
    return found


def write_mapping(path: Path, blocks: Mapping[Where, Block]) -> None:
    """In the form that is read. Raises `StoreError` where it cannot be written."""
    lines: list[str] = []
    for (layer, kind), block in blocks.items():
        lines += [f"[{_quoted(layer)}.{_quoted(kind)}]", f"m = {block.m}", f"k = {block.k}", f"n = {block.n}"]
        lines += [f'keeps = "{block.keeps}"', ""]
    with store.atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")


def check_mapping(mapping: Mapping[Where, Block], asked: Sequence[Where]) -> None:
    """Raises `UsageError` for a layer that the network lacks, or a product that is not asked for."""
    unknown = [where for where in mapping if where not in asked]
    if unknown:
        layer, kind = unknown[0]
        layers = ", ".join(dict.fromkeys(name for name, _ in asked))
        raise UsageError(f"The mapping names {layer!r}, {kind}, which is not run.", f"Layers: {layers}.")


def _quoted(text: str) -> str:
    """As a key of TOML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
