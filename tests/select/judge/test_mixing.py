import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.select.judge.mixing import mixing_accuracies, mixing_accuracy, mixing_line


def test_a_worked_hull() -> None:
    # Refusing, then four models: (2, 0.2) lies under the line from (0, 0) to (4, 0.8); (9, 0.85) is slower and worse.
    line = mixing_line(np.array([9.0, 0.0, 2.0, 8.0, 4.0]), np.array([0.85, 0.0, 0.2, 0.9, 0.8]))
    assert line == ((0.0, 0.0), (4.0, 0.8), (8.0, 0.9))
    assert mixing_accuracy(line, 2.0) == pytest.approx(0.4)
    assert mixing_accuracy(line, 6.0) == pytest.approx(0.85)
    assert mixing_accuracy(line, 100.0) == 0.9, "beyond the best model more time buys nothing"
    assert mixing_accuracy(line, -1.0) == 0.0


def test_a_point_on_the_line_is_no_corner() -> None:
    assert mixing_line(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.25, 0.5])) == ((0.0, 0.0), (2.0, 0.5))


def test_a_slower_model_that_is_no_better_is_no_corner() -> None:
    assert mixing_line(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.5, 0.5])) == ((0.0, 0.0), (1.0, 0.5))


def test_of_equal_times_the_better_counts() -> None:
    assert mixing_line(np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.3, 0.6])) == ((0.0, 0.0), (1.0, 0.6))


def test_no_points_is_an_error() -> None:
    with pytest.raises(UsageError, match="points"):
        mixing_line(np.array([]), np.array([]))


_POINTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 20)), min_size=1, max_size=7)


@given(_POINTS, st.lists(st.floats(0, 15), min_size=1, max_size=5))
def test_many_lines_at_once_agree_with_the_hull(points: list[tuple[int, int]], at: list[float]) -> None:
    times = np.array([0.0, *sorted(float(time) for time, _ in points)])
    accuracies = np.array([0.0, *(value / 20 for _, value in points)])
    line = mixing_line(times, accuracies)
    many = mixing_accuracies(times, np.tile(accuracies, (2, 1)), np.tile(at, (2, 1)))
    assert many.shape == (2, len(at))
    assert many[1] == pytest.approx([mixing_accuracy(line, time) for time in at])
    for time, accuracy in zip(times, accuracies, strict=True):
        assert mixing_accuracy(line, time) >= accuracy - 1e-12, "no model lies above the line"
