"""Blocks walked one by one, with what lies in each buffer: what the closed form of `blocking` is held against."""

from dataclasses import dataclass
from itertools import product

Sides = tuple[int, int, int]  # m, k, n


@dataclass(frozen=True)
class Walked:
    cycles: float
    read: float
    written: float


def walk(size: Sides, tile: Sides, order: Sides, bits: tuple[int, int, int, int], each: float, speed: float) -> Walked:
    """`bits`: of left, right, result, and of sums that are not whole; `each`: cycles of a block; `speed`: bytes in one.

    A block's loads, and what its predecessor gives back, cross while its predecessor is worked on.
    """
    steps = [range(-(-size[loop] // tile[loop])) for loop in order]
    held: dict[str, tuple[int, ...] | None] = {"left": None, "right": None, "result": None}
    seen: set[tuple[int, ...]] = set()
    read = written = cycles = 0.0

    def bytes_of(place: tuple[int, int, int], sides: tuple[int, int], width: int) -> float:
        extents = [min(tile[side], size[side] - place[side] * tile[side]) for side in sides]
        return extents[0] * extents[1] * width / 8

    parts_k = len(steps[order.index(1)])
    visits: dict[tuple[int, ...], int] = {}

    def gives_back(place: tuple[int, int, int]) -> float:
        key = (place[0], place[2])
        return bytes_of(place, (0, 2), bits[2] if visits[key] == parts_k else bits[3])

    before: tuple[int, int, int] | None = None
    for number, loops in enumerate(product(*steps)):
        place = tuple(loops[order.index(side)] for side in range(3))
        assert len(place) == 3
        loads = stores = 0.0
        if held["left"] != (place[0], place[1]):
            loads += bytes_of(place, (0, 1), bits[0])
            held["left"] = (place[0], place[1])
        if held["right"] != (place[1], place[2]):
            loads += bytes_of(place, (1, 2), bits[1])
            held["right"] = (place[1], place[2])
        if held["result"] != (place[0], place[2]):
            if before is not None:
                stores += gives_back(before)
            if (place[0], place[2]) in seen:
                loads += bytes_of(place, (0, 2), bits[3])
            held["result"] = (place[0], place[2])
            seen.add((place[0], place[2]))
        visits[(place[0], place[2])] = visits.get((place[0], place[2]), 0) + 1
        moved = (loads + stores) / speed
        cycles += moved if number == 0 else max(each, moved)
        read, written, before = read + loads, written + stores, place
    assert before is not None
    last = gives_back(before)
    return Walked(cycles + each + last / speed, read, written + last)
