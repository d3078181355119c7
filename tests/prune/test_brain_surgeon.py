"""The closed form against least squares solved anew for every set of channels."""

from itertools import combinations

import pytest

torch = pytest.importorskip("torch")

from edgewise.prune.brain_surgeon import Reading, removal  # noqa: E402

pytestmark = pytest.mark.torch


def _reading(channels: int, r: int, outputs: int, seed: int) -> Reading:
    generator = torch.Generator().manual_seed(seed)
    inputs = channels * r
    mixing = torch.randn(inputs, inputs, generator=generator, dtype=torch.float64)
    covariance = mixing @ mixing.T / inputs + 0.05 * torch.eye(inputs, dtype=torch.float64)
    weights = torch.randn(outputs, inputs, generator=generator)
    return Reading(covariance, weights, torch.arange(inputs).reshape(channels, r))


def _error(reading: Reading, gone: list[int], ridge: float) -> float:
    """Least squared error (ridge included) when the channels' inputs are gone and all others are solved anew."""
    covariance = reading.covariance + ridge * reading.covariance.diagonal().mean() * torch.eye(len(reading.covariance))
    inputs = reading.index[gone].reshape(-1)
    kept = [i for i in range(len(covariance)) if i not in set(inputs.tolist())]
    own = reading.weights.double()
    target = own @ covariance  # [o, d]
    solved = torch.linalg.solve(covariance[kept][:, kept], target[:, kept].T).T
    missed = own.clone()
    missed[:, kept] -= solved
    return float(((missed @ covariance) * missed).sum())


@pytest.mark.parametrize("r", [1, 4])
def test_the_first_to_go_is_the_one_missed_least(r: int) -> None:
    reading = _reading(7, r, 5, seed=r)
    found = removal([reading], 1)
    errors = [_error(reading, [channel], 1e-2) for channel in range(7)]
    assert int(found.order[0]) == min(range(7), key=errors.__getitem__)


@pytest.mark.parametrize("r", [1, 4])
def test_losses_are_those_of_least_squares(r: int) -> None:
    readings = [_reading(6, r, 4, seed=2), _reading(6, r, 3, seed=3)]
    found = removal(readings, 4)
    variance = sum(float(((one.weights.double() @ one.covariance) * one.weights.double()).sum()) for one in readings)
    assert found.variance == pytest.approx(variance, rel=1e-4)
    for removed in range(1, 5):
        gone = found.order[:removed].tolist()
        expected = sum(_error(reading, gone, 1e-2) for reading in readings)
        assert float(found.losses[removed - 1]) == pytest.approx(expected, rel=1e-3)


def test_greedy_is_near_the_best_of_all_sets() -> None:
    reading = _reading(8, 1, 6, seed=5)
    greedy = _error(reading, removal([reading], 4).order.tolist(), 1e-2)
    best = min(_error(reading, list(gone), 1e-2) for gone in combinations(range(8), 4))
    worst = max(_error(reading, list(gone), 1e-2) for gone in combinations(range(8), 4))
    assert best <= greedy <= best + 0.1 * (worst - best)


def test_a_copy_goes_first() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(500, 5, generator=generator, dtype=torch.float64)
    inputs[:, 3] = inputs[:, 1]
    weights = torch.randn(4, 5, generator=generator)
    found = removal([Reading(inputs.T @ inputs / 500, weights, torch.arange(5)[:, None])], 1, ridge=1e-6)
    assert int(found.order[0]) in (1, 3)
    assert float(found.losses[0]) < 1e-4 * found.variance


def test_several_at_once_are_distinct_channels() -> None:
    found = removal([_reading(9, 2, 4, seed=7)], 7, step=3)
    assert len(set(found.order.tolist())) == 7
    assert (found.losses.diff() >= 0).all()
