import numpy as np
import pytest

from edgewise.robustness.cell import CLEAN, REFUSED, Answers, Cell
from edgewise.robustness.measure import Measured
from edgewise.robustness.results import results


def _answers(answer: list[int], run: list[int], single: list[int]) -> Answers:
    images = len(answer)
    return Answers(
        tuple(map(str, range(images))),
        np.array(answer),
        np.array(run),
        np.linspace(1, 3, images),
        np.array(single),
        np.full(images, 7.0),
        ("",) * images,
    )


def test_the_figures_are_counted_by_hand() -> None:
    clean = _answers([0, 1, 2, 3], [1, 1, 2, 2], [0, 1, 2, 2])
    worse = _answers([0, 1, REFUSED, 0], [1, 2, 3, 0], [0, 0, 0, 3])
    measured = Measured(np.array([0, 1, 2, 3]), ((CLEAN, clean), (Cell("blur", 4), worse)), (("x.png", "is empty"),))
    found = results(measured, "cascade", ("a", "b"), "b", seed=1, bootstrap=200)
    assert (found.images, found.skipped) == (4, (("x.png", "is empty"),))
    first, second = found.cells
    assert (first.kind, first.severity, first.same_as_clean, first.accuracy.value) == (None, 0, 1.0, 1.0)
    assert (second.kind, second.severity) == ("blur", 4)
    assert (second.accuracy.value, second.escalated, second.refused, second.same_as_clean) == (0.5, 0.5, 0.25, 0.5)
    assert (second.single_accuracy.value, second.mean_ms, second.single_ms) == (0.5, pytest.approx(2.0), 7.0)
    assert second.over_single.value == 0
    assert second.over_single.low < 0 < second.over_single.high, "two images disagree, each for another one"
    assert second.accuracy.low < 0.5 < second.accuracy.high
