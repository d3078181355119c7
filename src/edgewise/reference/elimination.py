"""Greedy backward elimination on one page: Taylor et al. 2018, 3.3, in plain Python."""

from collections.abc import Sequence

from edgewise.reference.premodel import Rows, premodel


def eliminate(rows: Rows, labels: Sequence[int], levels: int, fold: Sequence[int], keep: int, k: int = 5) -> list[int]:
    """The columns that go, in the order in which they go, until `keep` are left."""
    inside = list(range(len(rows[0])))
    gone: list[int] = []
    while len(inside) > keep:
        right: dict[int, int] = {}
        for column in inside:
            left = [other for other in inside if other != column]
            right[column] = held_out_right([[row[c] for c in left] for row in rows], labels, levels, fold, k)
        missed_least = max(inside, key=lambda column: (right[column], column))  # the last of equals
        inside.remove(missed_least)
        gone.append(missed_least)
    return gone


def held_out_right(rows: Rows, labels: Sequence[int], levels: int, fold: Sequence[int], k: int = 5) -> int:
    """Rows whose label a premodel names that was trained on all other folds."""
    right = 0
    for row, label, held_out in zip(rows, labels, fold, strict=True):
        others = [i for i, other in enumerate(fold) if other != held_out]
        named = premodel([rows[i] for i in others], [labels[i] for i in others], levels, row, k)
        right += named == label
    return right
