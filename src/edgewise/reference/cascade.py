"""The confidence cascade on one page: Wang et al. 2022, "Wisdom of Committees", in plain Python."""

from collections.abc import Sequence
from math import exp


def cascade(
    logits: Sequence[Sequence[float]], temperatures: Sequence[float], thresholds: Sequence[float], average: bool
) -> tuple[int, list[float]]:
    """The stage that answers one image, and its probabilities; every stage's logits are given, cheapest first."""
    so_far: list[list[float]] = []
    for stage, scores in enumerate(logits):
        so_far.append(softmax(scores, temperatures[stage]))
        answer = mean(so_far) if average else so_far[-1]
        if stage == len(logits) - 1 or max(answer) >= thresholds[stage]:
            return stage, answer
    raise ValueError("a cascade has one stage at least")


def softmax(scores: Sequence[float], temperature: float) -> list[float]:
    """Probabilities of scores divided by the temperature."""
    powers = [exp((score - max(scores)) / temperature) for score in scores]
    return [power / sum(powers) for power in powers]


def mean(rows: Sequence[Sequence[float]]) -> list[float]:
    """The mean of several rows, value by value."""
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]
