"""What a zoo could give: Algorithm 1's methods over theta, and a perfect choice against the size of the zoo."""

from itertools import combinations
from typing import Any

import numpy as np
from select_published_judge import Zoo

from edgewise.select.optimal import fastest_right
from edgewise.select.premodel.membership import MembersBy, choose_members

THETAS = tuple(round(0.1 * step, 1) for step in range(0, 31))
METHODS: tuple[MembersBy, ...] = ("accuracy", "optimal", "alternate")


def members_over_theta(zoo: Zoo) -> dict[str, list[dict[str, Any]]]:
    """For each method of Algorithm 1 and each theta: how many members, their ceiling, the MACs of a perfect choice."""
    right, found = zoo.right(), dict[str, list[dict[str, Any]]]()
    for method in METHODS:
        found[method] = []
        for theta in THETAS:
            chosen = choose_members(right, theta, method=method, times_ms=zoo.gmacs)
            members = np.sort(chosen.models)
            found[method].append(
                {
                    "theta_points": theta,
                    "members": [zoo.names[model] for model in chosen.models],
                    "ceiling_points": 100 * float(right[:, members].any(axis=1).mean()),
                    "perfect_choice_gmacs": _perfect_gmacs(right[:, members], zoo.gmacs[members]),
                }
            )
    return found


def _perfect_gmacs(right: np.ndarray, gmacs: np.ndarray) -> float:
    """Mean cost of running the cheapest right network, and the cheapest of all where none is."""
    fastest = fastest_right(right)
    return float(gmacs[np.where(fastest == len(gmacs), 0, fastest)].mean())


def perfect_choice_by_size(zoo: Zoo, at_most: int) -> list[dict[str, Any]]:
    """The ceiling of the best zoo of each size, grown one network at a time from the most accurate one."""
    right = zoo.right()
    failed, kept, steps = np.ones(len(right), bool), list[int](), list[dict[str, Any]]()
    for size in range(1, min(at_most, len(zoo.names)) + 1):
        repaired = right[failed].sum(axis=0)
        following = int(repaired.argmax())
        kept.append(following)
        failed &= ~right[:, following]
        steps.append(
            {
                "size": size,
                "network": zoo.names[following],
                "gain_points": 100 * float(repaired[following]) / len(right),
                "ceiling_points": 100 * float(1 - failed.mean()),
                "perfect_choice_gmacs": _perfect_gmacs(right[:, np.sort(kept)], zoo.gmacs[np.sort(kept)]),
            }
        )
    return steps


def best_by_size(zoo: Zoo, at_most: int) -> list[float]:
    """The ceiling of the best subset of each size, in points, of all subsets: what growing greedily may miss."""
    patterns, counts = np.unique(zoo.right(), axis=0, return_counts=True)
    best = [
        max(
            int(counts[patterns[:, list(kept)].any(axis=1)].sum()) for kept in combinations(range(len(zoo.names)), size)
        )
        for size in range(1, at_most + 1)
    ]
    return [100 * right / int(counts.sum()) for right in best]
