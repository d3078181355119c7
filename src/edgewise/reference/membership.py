"""Algorithm 1 on one page, with its three methods: Taylor et al. 2018, 3.2; Sanz Marco et al. 2019. Plain Python."""

from collections.abc import Sequence


def choose(right: Sequence[Sequence[bool]], times_ms: Sequence[float], theta_points: float, method: str) -> list[int]:
    """The models to choose among, in the order in which they are found.

    `right`: a row per input, a column per model, cheapest first; `method`: "accuracy", "optimal" or "alternate".
    """
    models = range(len(times_ms))
    optimal_for = [0 for _ in models]
    for row in right:
        if any(row):
            optimal_for[list(row).index(True)] += 1  # the cheapest that is right
    members = [optimal_for.index(max(optimal_for))]

    while len(members) < len(times_ms):
        failed = [row for row in right if not any(row[member] for member in members)]
        gains = {model: 100.0 * sum(row[model] for row in failed) / len(right) for model in models}
        worth_it = [model for model in models if model not in members and gains[model] > theta_points]
        if not worth_it:
            break
        by_time = method == "optimal" or (method == "alternate" and len(members) % 2 == 0)
        # max() keeps the first of equals, which is the cheapest.
        members.append(max(worth_it, key=lambda m: gains[m] / times_ms[m] if by_time else gains[m]))
    return members
