"""The vote within a radius on one page: Sanz Marco et al. 2019, 7.5, in plain Python."""

from collections.abc import Sequence

from edgewise.reference.premodel import Rows, minmax, squared_distance


def radius_premodel(
    training: Rows, labels: Sequence[int], levels: int, query: Sequence[float], radius: float
) -> tuple[int, float, int]:
    """The level that the chain names (`levels`: none), the share of the votes behind it, and the number of voters."""
    lowest = [min(column) for column in zip(*training, strict=True)]
    highest = [max(column) for column in zip(*training, strict=True)]
    scaled = minmax(query, lowest, highest)

    voters = [
        label
        for row, label in zip(training, labels, strict=True)
        if squared_distance(minmax(row, lowest, highest), scaled) <= radius**2
    ]
    for level in range(levels):
        yes = voters.count(level)
        if yes > len(voters) / 2:
            return level, yes / len(voters), len(voters)
    return levels, 0.0, len(voters)
