"""The agreement cascade (Kolawole et al. 2025, "Agreement-Based Cascading") and ranked votes in plain Python."""

from collections.abc import Mapping, Sequence
from math import exp


def agreement(named: Sequence[int], trust: Sequence[float], quorums: Sequence[int], last: str) -> tuple[int, int]:
    """The stage that ends one image, and its class; every model's class is given, in the order in which they run.

    `quorums`: votes that stop after 2, 3, ... models. `last`: "own" or "plurality".
    """
    for stage in range(len(named)):
        votes = {label: list(named[: stage + 1]).count(label) for label in named[: stage + 1]}
        # max() keeps the first of equals.
        speaker = max(range(stage + 1), key=lambda model: (votes[named[model]], trust[model]))
        if stage == len(named) - 1:
            return stage, named[stage] if last == "own" else named[speaker]
        if stage > 0 and votes[named[speaker]] >= quorums[stage - 1]:
            return stage, named[speaker]
    raise ValueError("a cascade has one model at least")


def ranked_votes(
    ballots: Sequence[Sequence[int]],
    weights: Sequence[Sequence[float]],
    lifts: Sequence[Sequence[Mapping[tuple[int, int], float]]],
    none: float,
) -> dict[int, float]:
    """P(class is right) of each class that some ballot names: a softmax of what its places are worth, and of `none`.

    `weights`: of each model, for each place of its ballot, then for what its first and its later choices tend to mean;
    `lifts`: of each model, for the first choice and for later ones, by (named, meant).
    """
    scores: dict[int, float] = {}
    for meant in {label for ballot in ballots for label in ballot}:
        scores[meant] = 0.0
        for ballot, own, (first, later) in zip(ballots, weights, lifts, strict=True):
            if meant in ballot:
                scores[meant] += own[list(ballot).index(meant)]
            speaks = sum(later[named, meant] for named in ballot[1:]) / len(ballot[1:])
            scores[meant] += own[-2] * first[ballot[0], meant] + own[-1] * speaks
    total = exp(none) + sum(exp(score) for score in scores.values())
    return {meant: exp(score) / total for meant, score in scores.items()}
