"""Topologies of SCALE-Sim: a CSV file with a layer on each line, read and written.

It knows convolutions without padding, dilation or groups, of one image; or, by the head of the file, products of
matrices.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from edgewise import store
from edgewise.accel.convolution import Convolution, dense
from edgewise.errors import DataError, EdgewiseError, UsageError
from edgewise.text import printable

_CONVOLUTIONS = (
    "Layer name",
    "IFMAP Height",
    "IFMAP Width",
    "Filter Height",
    "Filter Width",
    "Channels",
    "Num Filter",
    "Strides",
)
_PRODUCTS = ("Layer", "M", "N", "K")
_FORM = (
    "The first line names the columns; each other one is a name, image, kernel, channels, filters, stride, or M, N, K."
)


def read_topology(path: Path) -> tuple[Convolution, ...]:
    """The layers of a file. Columns beyond those that are known (sparsity) are passed over.

    Raises `DataError` for a file that cannot be read, and for a line that is no layer.
    """
    try:
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{printable(path)} cannot be read: {error}.", _FORM) from error
    rows = [(number, [cell.strip() for cell in line]) for number, line in enumerate(lines, start=1) if any(line)]
    if len(rows) < 2:
        raise DataError(f"{printable(path)} names no layers.", _FORM)
    products = [cell.lower() for cell in rows[0][1][1:4]] == ["m", "n", "k"]
    return tuple(_layer(cells, products, f"{printable(path)}, line {number}") for number, cells in rows[1:])


def _layer(cells: list[str], products: bool, where: str) -> Convolution:
    wanted = len(_PRODUCTS if products else _CONVOLUTIONS)
    try:
        name, numbers = cells[0], [int(cell) for cell in cells[1:wanted]]
        if len(numbers) < wanted - 1:
            raise ValueError(f"{len(numbers)} numbers where {wanted - 1} are needed")
        if products:
            rows, gives, takes = numbers
            return dense(name, rows, takes, gives)
        height, width, down, across, takes, gives, stride = numbers
        return Convolution(name, 1, takes, gives, (height, width), (down, across), (stride, stride))
    except EdgewiseError as error:
        raise DataError(f"{where}: {error.message}", _FORM) from error
    except ValueError as error:
        raise DataError(f"{where} is no layer: {error}.", _FORM) from error


def write_topology(path: Path, layers: Sequence[Convolution]) -> None:
    """Write convolutions for SCALE-Sim; what it cannot pad is part of the image, and a dense layer a 1 x 1 one.

    Raises `UsageError` for a layer that it has no form for, `StoreError` where the file cannot be written.
    """
    lines = [", ".join(_CONVOLUTIONS) + ","]
    for one in layers:
        problem = _problem(one)
        if problem:
            raise UsageError(f"{one.name} has {problem}; a topology of SCALE-Sim has no form for that.")
        size = [side + 2 * pad for side, pad in zip(one.size, one.padding, strict=True)]
        numbers = [*size, *one.kernel, one.takes, one.gives, one.stride[0]]
        lines.append(", ".join([one.name.replace(",", " "), *map(str, numbers)]) + ",")
    with store.atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _problem(layer: Convolution) -> str:
    if layer.batch > 1:
        return f"a batch of {layer.batch}"
    if layer.groups > 1:
        return f"{layer.groups} groups"
    if layer.dilation != (1, 1):
        return f"a dilation of {layer.dilation}"
    return f"two strides, {layer.stride}" if layer.stride[0] != layer.stride[1] else ""
