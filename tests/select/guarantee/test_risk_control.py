import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.guarantee.risk_control import control, control_threshold, exit_harm, wrong_answer

ALPHA, IMAGES, REPEATS = 0.05, 200, 2000


def _achieved(world, choose) -> np.ndarray:
    """True harms, by formula, of the thresholds that `choose` finds on many drawn calibration splits."""
    known, rng = world.World(), np.random.default_rng(0)
    harms: list[float] = []
    for _ in range(REPEATS):
        v, small, large = known.draw(IMAGES, rng)
        harms.append(known.harm(min(choose(v, large & ~small), 1.0)))
    return np.array(harms)


def _holds(harms: np.ndarray) -> bool:
    return harms.mean() <= ALPHA + 3 * harms.std() / np.sqrt(REPEATS)


def _tight(harms: np.ndarray) -> bool:
    return harms.mean() >= ALPHA - 2 / (IMAGES + 1) - 3 * harms.std() / np.sqrt(REPEATS)


def test_the_bound_holds_and_is_tight(world) -> None:
    harms = _achieved(world, lambda v, harmful: control_threshold(v, harmful, ALPHA))
    assert _holds(harms), harms.mean()
    assert _tight(harms), harms.mean()


def test_always_escalating_keeps_the_bound_and_is_not_tight(world) -> None:
    harms = _achieved(world, lambda v, harmful: 1.0)
    assert _holds(harms)
    assert not _tight(harms)


def test_the_empirical_rule_without_the_correction_does_not_keep_it(world) -> None:
    """The check can fail: a threshold that just meets alpha on the images themselves is too bold."""

    def bold(v: np.ndarray, harmful: np.ndarray) -> float:
        worst = np.sort(v[harmful])[::-1]
        return float(worst[int(ALPHA * IMAGES) + 1])

    assert not _holds(_achieved(world, bold))


def test_both_losses_are_controlled_on_a_grid(world) -> None:
    known, rng = world.World(), np.random.default_rng(1)
    grid, found = np.linspace(0, 1, 201), np.empty((2, 400))
    for repeat in range(400):
        v, small, large = known.draw(IMAGES, rng)
        found[0, repeat] = known.harm(grid[control(exit_harm(v, small, large, grid), ALPHA)])
        found[1, repeat] = known.wrong(grid[control(wrong_answer(v, small, grid), ALPHA)])
    for achieved in found:
        assert ALPHA - 3 / IMAGES <= achieved.mean() <= ALPHA + 3 * achieved.std() / 20


def test_losses_of_another_bound() -> None:
    losses = np.array([[4.0, 2.0, 0.0]] * 99)
    assert control(losses, 2.1, bound=4.0) == 1
    assert control(losses, 2.0, bound=4.0) == 2


def test_too_few_images_are_told_how_many_it_takes() -> None:
    with pytest.raises(UsageError, match="On 10 calibration images") as raised:
        control_threshold(np.linspace(0, 1, 10), np.zeros(10, bool), 0.05)
    assert raised.value.hint == "Allow 0.09091, or calibrate on 19 images or more."
    assert control_threshold(np.linspace(0, 1, 19), np.zeros(19, bool), 0.05) == 0.0


@pytest.mark.parametrize(
    ("losses", "alpha", "says"),
    [
        ([[0.0, 1.0]] * 50, 0.5, "rises"),
        ([[2.0, 1.0]] * 50, 0.5, "from 0 to 1"),
        ([[-0.1, -0.2]] * 50, 0.5, "from 0 to 1"),
        ([[np.nan, 0.0]] * 50, 0.5, "from 0 to 1"),
        ([[]], 0.5, "one at least"),
        ([[1.0, 0.0]] * 50, 0.0, "Alpha is 0"),
        ([[1.0, 0.0]] * 50, 1.0, "Alpha is 1"),
        ([[1.0, 0.5]] * 50, 0.4, "no threshold keeps"),
    ],
)
def test_what_cannot_be_controlled(losses: list[list[float]], alpha: float, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        control(np.array(losses), alpha)


def test_thresholds_rise_and_images_are_there() -> None:
    with pytest.raises(UsageError, match="rise"):
        wrong_answer(np.zeros(3), np.zeros(3, bool), np.array([0.5, 0.4]))
    with pytest.raises(UsageError, match="no calibration images"):
        control_threshold(np.zeros(0), np.zeros(0, bool), 0.5)
