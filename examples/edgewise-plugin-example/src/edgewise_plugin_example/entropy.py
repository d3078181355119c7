"""A selector: the cheapest model answers where the entropy of its answer is low, else the most accurate one does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.select import Answer, Routes, Run, Seen, Step, Trials


def probabilities_of(logits: np.ndarray) -> np.ndarray:
    """Softmax of float [..., classes]."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=np.float64)
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)


def entropy(logits: np.ndarray) -> np.ndarray:
    """In bits, of float [..., classes]."""
    shares = probabilities_of(logits).astype(np.float64)
    return -(shares * np.log2(np.maximum(shares, 1e-12))).sum(axis=-1)


@dataclass(frozen=True)
class Entropy:
    """The fitted selector; two models, or one where no second is worth its time."""

    models: tuple[str, ...]
    limit_bits: float  # the second model runs above it

    kind = "entropy"  # as the entry point is called
    feature_names = ()  # it looks at answers alone

    def decide(self, seen: Seen) -> Step:
        """The next step for one image."""
        first, last = self.models[0], self.models[-1]
        if first not in seen.logits:
            return Run(first, "it is the cheapest")
        bits = float(entropy(seen.logits[first]))
        if last not in seen.logits and bits > self.limit_bits:
            return Run(last, f"{bits:.2f} bits are more than {self.limit_bits:.2f}")
        ran = last if last in seen.logits else first
        return Answer(probabilities_of(seen.logits[ran]), (ran,), f"{bits:.2f} bits of entropy")

    def route(self, trials: Trials) -> Routes:
        """The same for all images at once."""
        first, last = (trials.models.index(name) for name in (self.models[0], self.models[-1]))
        unsure = (entropy(trials.logits[first]) > self.limit_bits) & (first != last)
        ran = np.zeros((len(trials), len(trials.models)), bool)
        ran[:, first] = True
        ran[unsure, last] = True
        shares = np.where(
            unsure[:, None], probabilities_of(trials.logits[last]), probabilities_of(trials.logits[first])
        )
        top = np.argsort(-shares, axis=1, kind="stable")[:, :5]
        return Routes(ran, np.where(unsure, last, first), top, ran.sum(axis=1) + 1)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What is saved: JSON values, and arrays by name."""
        return {"models": list(self.models), "limit_bits": self.limit_bits}, {}


@dataclass(frozen=True)
class EntropyMethod:
    """How it is fitted: a budget steers it, so it has `fit_path`; a method that none steers has `fit(trials)`."""

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Entropy, ...]:
        """For each price of a millisecond, in right answers, the limit that is worth most."""
        right = trials.right()
        first, last = 0, int(right.mean(axis=0).argmax())  # models come cheapest first
        if first == last:
            return (Entropy((trials.models[first],), 0.0),)
        bits = entropy(trials.logits[first])
        order = np.argsort(-bits, kind="stable")  # the least sure first
        gained = np.cumsum((right[:, last].astype(float) - right[:, first])[order])
        models = trials.models[first], trials.models[last]
        found: list[Entropy] = []
        for price in prices:
            worth = np.concatenate([[0.0], gained - price * trials.times_ms[last] * np.arange(1, len(order) + 1)])
            runs = int(worth.argmax())  # so many images go to the second model
            found.append(Entropy(models, float(bits[order[runs]]) if runs < len(order) else 0.0))
        return tuple(found)


def method(*, criterion: str, seed: int) -> EntropyMethod:
    """edgewise asks for this when it fits; nothing here is random, and what counts as right is the first class."""
    return EntropyMethod()


def from_state(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Entropy:
    """The inverse of `state`."""
    return Entropy(tuple(values["models"]), float(values["limit_bits"]))
