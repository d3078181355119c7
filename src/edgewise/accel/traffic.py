"""How often blocks of three matrices cross the DRAM, and how long an array waits for them: arrays that broadcast."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Values = Any  # float64 or float32, of a shape that broadcasts; or a number
ORDERS = ((2, 1, 0), (0, 1, 2), (0, 2, 1))  # loops from the outermost, as sides m, k, n
KEPT: tuple[Literal["weights"], Literal["input"], Literal["sums"]] = ("weights", "input", "sums")  # by each order
_MATRICES = ((0, 1), (1, 2), (0, 2))  # the sides of the left, the right and the result


@dataclass(frozen=True, eq=False)
class Fetches:
    """How often each matrix's block changes."""

    left: Values
    right: Values
    result: Values


@dataclass(frozen=True, eq=False)
class BlockTimes:
    """Cycles to move one block of each."""

    left: Values
    right: Values
    sums: Values
    result: Values
    results: Values  # how many blocks of them there are

    def moving(self, fetches: Fetches) -> Values:
        """All that crosses for one product."""
        again = 2 * (fetches.result - self.results) * self.sums
        return fetches.left * self.left + fetches.right * self.right + again + self.results * self.result


def fetches_of(parts: Any, order: tuple[int, int, int]) -> Fetches:
    """Loops inside the innermost one that a matrix depends on do not change its block."""
    found: list[Values] = [1.0, 1.0, 1.0]
    inside: Values = 1.0
    for place, loop in enumerate(order):
        inside = inside * parts[loop]
        for matrix, sides in enumerate(_MATRICES):
            if set(order[: place + 1]) <= set(sides):
                found[matrix] = inside
            elif loop in sides:
                found[matrix] = np.where(parts[loop] > 1, inside, found[matrix])
    return Fetches(*found)


def of_order(kept: Values, parts: Any) -> Fetches:
    """Of the order that each has."""
    each = [vars(fetches_of(parts, order)) for order in ORDERS]
    return Fetches(
        *(np.select([kept == 0, kept == 1], [one[name] for one in each[:2]], each[2][name]) for name in each[0])
    )


def moved(
    count: Values, compute: Values, parts: Any, sizes: BlockTimes, fetches: Fetches
) -> tuple[Values, Values, Values]:
    """Cycles with waiting; and those in which something is read, and written, if nothing else were done.

    What seldom changes does so only where what changes oftener does as well: loops are nested. So there are four kinds
    of blocks, by how much is moved while the one before is worked on.
    """
    blocks = parts[0] * parts[1] * parts[2]
    each = compute / (count * blocks)
    again = (fetches.result - sizes.results) * sizes.sums
    final = sizes.results * sizes.result
    counts = (fetches.left, fetches.right, fetches.result)
    ones = (sizes.left, sizes.right, (2 * again + final) / fetches.result)
    few, many = np.minimum(np.minimum(*counts[:2]), counts[2]), np.maximum(np.maximum(*counts[:2]), counts[2])
    middle = counts[0] + counts[1] + counts[2] - few - many
    moved = [
        sum(one * (times >= level) for times, one in zip(counts, ones, strict=True)) for level in (few, middle, many)
    ]
    waits = [np.maximum(each, one) for one in moved]
    working = few * waits[0] + (middle - few) * waits[1] + (many - middle) * waits[2] + (blocks - many) * each
    first, last = sizes.left + sizes.right, ones[2]
    read = fetches.left * sizes.left + fetches.right * sizes.right + again
    cycles = count * working - waits[0] + each + first + last
    return cycles, count * read, count * (again + final)
