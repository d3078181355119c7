"""The search by histograms against the page in plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.reference.cascade import mean, softmax, sureness
from edgewise.reference.threshold_search import Stages, best_cascade, orders, smoothed, table
from edgewise.select.cascade.calibrated import CalibratedZoo
from edgewise.select.cascade.options import Averaging, Choices, Space, gather_choices
from edgewise.select.cascade.search import best_path
from edgewise.select.cascade.signals import SIGNALS, Signal

IMAGES, CLASSES = 16, 4


class _Plain:
    """Answers in plain Python, and the grids of the fast search."""

    def __init__(self, logits, labels, worth, choices: Choices, averaging: Averaging, signal: Signal) -> None:
        self.logits, self.labels, self.worth = logits, labels, worth
        self.choices, self.averaging, self.signal = choices, averaging, signal
        options = choices.options(lambda right: right[None].astype(float))
        self.known = {option.stages: option.grids for option in options if option.averaging == averaging}

    def answers(self, stages: Stages) -> list[tuple[float, float]]:
        members = stages[-1:] if self.averaging == "none" else stages
        counts = self.choices.blend(self.averaging, stages).counts(members)
        found: list[tuple[float, float]] = []
        for image, label in enumerate(self.labels):
            answer = mean([softmax(self.logits[model][image].tolist(), 1.0) for model in members], counts)
            found.append((sureness(answer, self.signal), self.worth[image] * (answer.index(max(answer)) == label)))
        return found

    def grid(self, stages: Stages) -> list[float]:
        longer = next(known for known in self.known if known[: len(stages)] == stages and len(known) > len(stages))
        return self.known[longer][len(stages) - 1].tolist()


@settings(max_examples=20)
@given(
    models=st.integers(2, 3),
    max_stages=st.integers(1, 3),
    quantiles=st.integers(2, 6),
    averaging=st.sampled_from(["none", "mean", "weighted"]),
    signal=st.sampled_from(SIGNALS),
    weighted=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_they_agree(
    models: int, max_stages: int, quantiles: int, averaging: Averaging, signal: Signal, weighted: bool, seed: int
) -> None:
    # Worths, times, prices and the number of images are such that no sum is ever rounded: equal means equal.
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, IMAGES)
    logits = [rng.normal(0, 1, (IMAGES, CLASSES)).astype(np.float32) for _ in range(models)]
    for array in logits:
        array[np.arange(IMAGES), labels] += 3 * rng.random(IMAGES)
    worth = rng.integers(1, 9, IMAGES) / 4 if weighted else np.ones(IMAGES)
    times = np.sort(rng.integers(1, 64, models)) / 4
    zoo = CalibratedZoo(logits, (1.0,) * models)
    space = Space((averaging,), (signal,), min(models, max_stages), quantiles=quantiles)
    choices, _ = gather_choices(zoo, ["b", "a", "c"], labels, worth, times, 1, space)
    plain = _Plain(logits, labels.tolist(), worth.tolist(), choices, averaging, signal)
    prices = [0.0, 1 / 256, 1 / 64, 1 / 16]
    for price, found in zip(prices, best_path(choices, prices), strict=True):
        value, mean_ms, _, _ = best_cascade(plain.answers, plain.grid, times.tolist(), price, space.max_stages)
        surface = table(found.stages, plain.answers, plain.grid, times.tolist())
        grids = [plain.grid(found.stages[: stage + 1]) for stage in range(len(found.thresholds))]
        cell = tuple(grid.index(threshold) for grid, threshold in zip(grids, found.thresholds, strict=True))
        worth_there, mean_ms_there = smoothed(surface, cell)
        assert (worth_there - price * mean_ms_there, mean_ms_there) == (value, mean_ms), "one of the best"
        assert surface[cell] == (found.right / IMAGES, found.mean_ms)


def test_a_worked_example() -> None:
    sure = {(0,): [0.9, 0.2], (1,): [0.5, 0.5], (0, 1): [1.0, 1.0], (1, 0): [0.9, 0.9]}
    right = {0: [1.0, 0.0], 1: [1.0, 1.0]}

    def answers(stages: Stages) -> list[tuple[float, float]]:
        return list(zip(sure[stages], right[stages[-1]], strict=True))

    assert list(orders(2, 2)) == [(0,), (1,), (0, 1), (1, 0)]
    assert table((0, 1), answers, lambda _: [0.5, 2.0], [1.0, 4.0]) == {(0,): (1.0, 3.0), (1,): (1.0, 5.0)}
    # Alone, the second model takes 4 ms; stopping at 0.5 takes 3, smoothed with its neighbour 3.5.
    assert best_cascade(answers, lambda _: [0.5, 2.0], [1.0, 4.0], 0.01, 2) == (1 - 0.035, 3.5, (0, 1), (0,))
    assert best_cascade(answers, lambda _: [0.5, 2.0], [1.0, 4.0], 1.0, 2)[2] == (0,)


def test_no_model_is_an_error() -> None:
    with pytest.raises(ValueError, match="one model"):
        best_cascade(lambda _: [], lambda _: [], [], 0.1, 2)
