"""Expected utility on one page: the model that is worth most for its time, one image in plain Python."""

from collections.abc import Sequence

from edgewise.reference.cascade import softmax
from edgewise.reference.deferral import Head, chance, named, outlook


def worth_most(
    logits: Sequence[float], temperature: float, heads: Sequence[Head], times_ms: Sequence[float], price: float
) -> int:
    """Which model's answer to give, 0 being the first one's, which has said `logits` and costs nothing more."""
    probabilities = softmax(logits, temperature)
    right = [chance(head, outlook(probabilities), named(probabilities)) for head in heads]
    later_ms = [0.0, *times_ms[1:]]
    utilities = [p - price * ms for p, ms in zip(right, later_ms, strict=True)]
    return max(range(len(utilities)), key=lambda index: utilities[index])
