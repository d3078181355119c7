"""The deferral head on one page: Jitkrittum et al. 2023, post-hoc deferral, one image in plain Python."""

from collections.abc import Sequence
from math import exp, log

from edgewise.reference.cascade import softmax

Head = tuple[Sequence[float], float, Sequence[float]]  # weights, bias, an offset for each class


def net_gain(
    logits: Sequence[Sequence[float]], temperatures: Sequence[float], gain: Head, loss: Head, average: bool
) -> float:
    """P(next right and this wrong) - P(this right and next wrong), from what the models that ran have said."""
    parts = [softmax(scores, temperature) for scores, temperature in zip(logits, temperatures, strict=True)]
    mean = [sum(column) / len(parts) for column in zip(*parts, strict=True)]
    answer = mean if average else parts[-1]
    seen = outlook(mean)
    if len(parts) > 1:
        agree = len({named(part) for part in parts}) == 1
        seen = [*seen, *outlook(parts[-1]), float(agree)]
    return chance(gain, seen, named(answer)) - chance(loss, seen, named(answer))


def outlook(probabilities: Sequence[float]) -> list[float]:
    """Log-odds of the highest, logarithm of the second, their margin, the entropy."""
    first, second = sorted(probabilities, reverse=True)[:2]
    entropy = -sum(p * log(p) for p in probabilities if p > 0)
    return [log((first + 1e-4) / (1 - first + 1e-4)), log(second + 1e-3), first - second, entropy]


def named(probabilities: Sequence[float]) -> int:
    """The class of the highest probability."""
    return max(range(len(probabilities)), key=lambda index: probabilities[index])


def chance(head: Head, seen: Sequence[float], answered: int) -> float:
    """The probability that a logistic regression gives."""
    weights, bias, offsets = head
    score = bias + offsets[answered] + sum(weight * figure for weight, figure in zip(weights, seen, strict=True))
    return 1 / (1 + exp(-score))
