"""The confidence cascade on one page: Wang et al. 2022, "Wisdom of Committees", in plain Python."""

from collections.abc import Sequence
from math import exp, log

Row = Sequence[float]


def cascade(
    logits: Sequence[Row],
    temperatures: Row,
    thresholds: Row,
    average: bool,
    signal: str = "max-prob",
    weights: Sequence[Row] = (),
) -> tuple[int, list[float]]:
    """The stage that answers one image, and its probabilities; every stage's logits are given, in their order.

    `weights`: where averaged, for each stage what it and those before it count; none = all the same.
    """
    so_far: list[list[float]] = []
    for stage, scores in enumerate(logits):
        so_far.append(softmax(scores, temperatures[stage]))
        answer = mean(so_far, weights[stage] if weights else [1.0] * len(so_far)) if average else so_far[-1]
        if stage == len(logits) - 1 or sureness(answer, signal) >= thresholds[stage]:
            return stage, answer
    raise ValueError("a cascade has one stage at least")


def sureness(answer: Row, signal: str) -> float:
    """The highest probability, its distance from the second, or how far the entropy is under its highest."""
    first, second = sorted(answer)[:-3:-1]
    if signal == "entropy":
        return 1 + sum(share * log(share) for share in answer if share > 0) / log(len(answer))
    return first - second if signal == "margin" else first


def softmax(scores: Row, temperature: float) -> list[float]:
    """Probabilities of scores divided by the temperature."""
    powers = [exp((score - max(scores)) / temperature) for score in scores]
    return [power / sum(powers) for power in powers]


def mean(rows: Sequence[Row], weights: Row) -> list[float]:
    """The weighted mean of several rows, value by value."""
    return [
        sum(w * x for w, x in zip(weights, column, strict=True)) / sum(weights) for column in zip(*rows, strict=True)
    ]
