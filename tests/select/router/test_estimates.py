"""What both estimators promise."""

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.router.estimate import Teacher, evenly, restored, teacher, unexplained
from edgewise.select.router.neighbours import NeighbourLesson
from edgewise.select.router.ridge import RidgeLesson

RNG = np.random.default_rng(5)
POINTS = RNG.normal(size=(240, 3))
WORTH = (RNG.random((240, 2)) < 1 / (1 + np.exp(-3 * POINTS[:, :2]))).astype(np.float32)
SAMPLE = np.arange(0, 240, 4)


@pytest.mark.parametrize("name", ["knn", "ridge"])
def test_it_learns_what_there_is_to_learn(name) -> None:
    learned = teacher(name, POINTS, SAMPLE).learn(WORTH)
    mean = np.broadcast_to(WORTH.mean(axis=0), WORTH.shape)
    assert unexplained(learned.left_out, WORTH[SAMPLE]) < 0.8 * unexplained(mean[SAMPLE], WORTH[SAMPLE])
    fresh = RNG.normal(size=(400, 3))
    truth = 1 / (1 + np.exp(-3 * fresh[:, :2]))
    assert np.abs(learned.estimate.expect(fresh) - truth).mean() < 0.15


@pytest.mark.parametrize("name", ["knn", "ridge"])
def test_nothing_is_learned_from_noise(name) -> None:
    noise = (np.random.default_rng(8).random((240, 2)) < 0.5).astype(np.float32)
    learned = teacher(name, POINTS, SAMPLE).learn(noise)
    assert np.abs(learned.estimate.expect(POINTS) - noise.mean(axis=0)).mean() < 0.12


@pytest.mark.parametrize("name", ["knn", "ridge"])
def test_left_out_means_left_out(name) -> None:
    """Fitted again without an image, the estimate of it is the left-out one, near enough."""
    whole = teacher(name, POINTS, SAMPLE, n_neighbors=10).learn(WORTH)
    for position, row in list(enumerate(SAMPLE))[::12]:
        rest = np.arange(240) != row
        again: Teacher = teacher(name, POINTS[rest], np.arange(5), n_neighbors=10)
        if isinstance(again, NeighbourLesson):
            alone = again.learn(WORTH[rest]).estimate
            # the step of the coordinates is that of the other points: a neighbour at the edge may be another one
            tolerance = 0.1001
        else:
            alone = _with_the_same_penalty(again, whole.estimate, WORTH[rest])
            tolerance = 0.02
        assert alone.expect(POINTS[row : row + 1])[0] == pytest.approx(whole.left_out[position], abs=tolerance)


def _with_the_same_penalty(lesson: RidgeLesson, like, worth):
    """The estimate of the four whose weights are nearest to another's."""
    from edgewise.select.router import ridge

    found = []
    for penalty in ridge._PENALTIES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ridge, "_PENALTIES", (penalty,))
            found.append(lesson.learn(worth).estimate)
    return min(found, key=lambda one: np.abs(one.weights - like.weights).max())


@pytest.mark.parametrize("name", ["knn", "ridge"])
def test_a_row_gets_the_same_alone_and_among_others(name) -> None:
    estimate = teacher(name, POINTS, SAMPLE).learn(WORTH).estimate
    together = estimate.expect(POINTS)
    np.testing.assert_array_equal(together, np.concatenate([estimate.expect(row[None]) for row in POINTS]))


@pytest.mark.parametrize("name", ["knn", "ridge"])
def test_state_and_back(name) -> None:
    estimate = teacher(name, POINTS, SAMPLE).learn(WORTH).estimate
    again = restored(*estimate.state())
    assert again.kind == name
    np.testing.assert_array_equal(again.expect(POINTS), estimate.expect(POINTS))


def test_a_given_k_stands() -> None:
    assert teacher("knn", POINTS, SAMPLE, n_neighbors=7).learn(WORTH).estimate.n_neighbors == 7


@pytest.mark.parametrize("count", [2, 3, 20])
def test_few_images_have_few_neighbours(count: int) -> None:
    learned = teacher("knn", POINTS[:count], np.arange(count)).learn(WORTH[:count])
    assert learned.estimate.n_neighbors <= count - 1
    assert np.isfinite(learned.left_out).all()


@pytest.mark.parametrize(("count", "k", "says"), [(1, None, "two images"), (9, 0, "n_neighbors is 0")])
def test_what_no_neighbours_can_be_found_of(count: int, k: int | None, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        teacher("knn", POINTS[:count], np.arange(count), n_neighbors=k)


def test_only_differences_between_models_count() -> None:
    worth = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert unexplained(worth + np.array([[0.3], [-0.2]]), worth) == pytest.approx(0)
    assert unexplained(worth[::-1], worth) == pytest.approx(1)


def test_rows_are_spread_evenly() -> None:
    assert evenly(3, 10).tolist() == [0, 1, 2]
    assert evenly(101, 5).tolist() == [0, 25, 50, 75, 100]
