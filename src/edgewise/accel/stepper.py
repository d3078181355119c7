"""An array that moves its operands cycle by cycle: what the closed forms of `array` are held against. NumPy alone.

In each cycle every register takes over what its neighbour held, and every multiplier adds one product. It is slow, and
meant for arrays of some dozens of rows.
"""

from bisect import bisect_left, bisect_right

import numpy as np

from edgewise.accel.array import Array
from edgewise.accel.gemm import Gemm

_Fold = tuple[slice, slice]  # along the array's rows and columns


def step(array: Array, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, int]:
    """The product of int [m, k] and [k, n], int64 [m, n], and the cycles that it took."""
    down, across, length = array.sides(Gemm(len(left), left.shape[1], right.shape[1]))
    folds = [
        (slice(row, row + array.rows), slice(column, column + array.columns))
        for row in range(0, down, array.rows)
        for column in range(0, across, array.columns)
    ]
    apart = max(length, array.rows) if array.shadow else 2 * array.rows + length + array.columns - 2
    if array.dataflow == "output":
        return _OutputsStay(array, left, right, folds, apart).run()
    if array.dataflow == "weight":
        return _OneSideStays(array, right, left, folds, apart).run()
    made, cycles = _OneSideStays(array, left.T, right.T, folds, apart).run()
    return made.T, cycles


class _OneSideStays:
    """`streaming` [t, k] goes past tiles of `staying` [k, n]: values move to the right, sums down.

    Tiles are shifted in from above, each column a cycle behind the one before it, and a row moves on no sooner than
    its own value of the last tile is in use: a multiplier takes its value over with the first that streams past.
    """

    def __init__(
        self, array: Array, staying: np.ndarray, streaming: np.ndarray, folds: list[_Fold], apart: int
    ) -> None:
        self._rows, self._columns, self._length = array.rows, array.columns, len(streaming)
        self._tiles = [_whole(staying[fold], (self._rows, self._columns)) for fold in folds]
        self._streams = [_whole(streaming[:, fold[0]], (self._length, self._rows)) for fold in folds]
        self._places = [fold[1].start for fold in folds]
        self._begin = [self._rows + number * apart for number in range(len(folds))]
        self._made = np.zeros((self._length, staying.shape[1] + self._columns), np.int64)  # room for whole tiles
        self._gives = staying.shape[1]
        shape = self._rows, self._columns
        self._waiting, self._used, self._values, self._sums = (np.zeros(shape, np.int64) for _ in range(4))
        self._distance = np.add.outer(np.arange(self._rows), np.arange(self._columns))

    def run(self) -> tuple[np.ndarray, int]:
        cycle = left = 0
        to_come = self._length * self._columns * len(self._begin)
        while left < to_come:
            near = _near(self._begin, cycle, self._length, self._rows, self._columns)
            for number in near:
                self._used = np.where(self._distance == cycle - self._begin[number], self._waiting, self._used)
            self._values[:, 1:] = self._values[:, :-1].copy()
            self._values[:, 0] = _entering(self._streams, self._begin, near, cycle, self._rows)
            self._sums[1:] = self._sums[:-1].copy()
            self._sums[0] = 0
            self._sums += self._values * self._used
            left += self._collect(cycle, near)
            self._load(cycle, near)
            cycle += 1
        return self._made[:, : self._gives], cycle

    def _collect(self, cycle: int, near: range) -> int:
        """Sums that leave below; how many."""
        found = 0
        for number in near:
            for column in range(self._columns):
                place = cycle - self._begin[number] - (self._rows - 1) - column
                if 0 <= place < self._length:
                    self._made[place, self._places[number] + column] += self._sums[-1, column]
                    found += 1
        return found

    def _load(self, cycle: int, near: range) -> None:
        for number in near:
            for column in range(self._columns):
                since = cycle - (self._begin[number] - self._rows + column)
                if 0 <= since < self._rows:
                    self._waiting[1 : since + 1, column] = self._waiting[:since, column].copy()
                    self._waiting[0, column] = self._tiles[number][self._rows - 1 - since, column]


class _OutputsStay:
    """[m, k] comes from the left and [k, n] from above; each multiplier keeps the sum of one place of a tile.

    A sum is handed over when its last product is in. Those of a column are shifted out below once its last one is
    there, and a row that has passed its sum on is free for the next tile's.
    """

    def __init__(self, array: Array, left: np.ndarray, right: np.ndarray, folds: list[_Fold], apart: int) -> None:
        self._rows, self._columns, self._length = array.rows, array.columns, left.shape[1]
        self._lefts = [_whole(left[fold[0]].T, (self._length, self._rows)) for fold in folds]
        self._rights = [_whole(right[:, fold[1]], (self._length, self._columns)) for fold in folds]
        self._folds = folds
        self._begin = [number * apart for number in range(len(folds))]
        self._made = np.zeros((len(left) + self._rows, right.shape[1] + self._columns), np.int64)
        self._shape = len(left), right.shape[1]
        shape = self._rows, self._columns
        self._values, self._weights, self._sums, self._leaving = (np.zeros(shape, np.int64) for _ in range(4))
        self._distance = np.add.outer(np.arange(self._rows), np.arange(self._columns))

    def run(self) -> tuple[np.ndarray, int]:
        cycle = left = 0
        to_come = self._rows * self._columns * len(self._begin)
        while left < to_come:
            near = _near(self._begin, cycle, self._length, self._rows, self._columns)
            left += self._drain(cycle, near)
            self._values[:, 1:] = self._values[:, :-1].copy()
            self._values[:, 0] = _entering(self._lefts, self._begin, near, cycle, self._rows)
            self._weights[1:] = self._weights[:-1].copy()
            self._weights[0] = _entering(self._rights, self._begin, near, cycle, self._columns)
            for number in near:
                self._sums[self._distance == cycle - self._begin[number]] = 0
            self._sums += self._values * self._weights
            for number in near:
                done = self._distance == cycle - self._begin[number] - (self._length - 1)
                self._leaving = np.where(done, self._sums, self._leaving)
            cycle += 1
        height, width = self._shape
        return self._made[:height, :width], cycle

    def _drain(self, cycle: int, near: range) -> int:
        """Sums that leave below; how many."""
        found = 0
        for number in near:
            down, across = self._folds[number]
            for column in range(self._columns):
                since = cycle - (self._begin[number] + self._length + self._rows - 1 + column)
                if 0 <= since < self._rows:
                    row = down.start + self._rows - 1 - since
                    self._made[row, across.start + column] = self._leaving[-1, column]
                    self._leaving[since + 1 :, column] = self._leaving[since:-1, column].copy()
                    found += 1
        return found


def _near(begin: list[int], cycle: int, length: int, rows: int, columns: int) -> range:
    """The folds of which something is loaded, moves or leaves."""
    return range(bisect_left(begin, cycle - length - 2 * rows - columns), bisect_right(begin, cycle + rows))


def _entering(streams: list[np.ndarray], begin: list[int], near: range, cycle: int, lanes: int) -> list[int]:
    """What enters each lane; each is a cycle behind the one before it."""
    found = [0] * lanes
    for number in near:
        for lane in range(lanes):
            place = cycle - begin[number] - lane
            if 0 <= place < len(streams[number]):
                found[lane] = int(streams[number][place, lane])
    return found


def _whole(tile: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """With zeros, as large as the array."""
    return np.pad(tile, [(0, whole - side) for whole, side in zip(shape, tile.shape, strict=True)])
