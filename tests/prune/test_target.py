"""Targets that are met by measuring, against clocks whose truth is known."""

import pytest

from edgewise.errors import UsageError
from edgewise.prune.target import TOLERANCE, meet


def _network(floor: float = 0.0):
    """Keeps as many of 1,000 channels as the share that is asked for; refuses below a floor."""

    def allocate(asked: float) -> dict[str, tuple[int, ...]]:
        if asked < floor:
            raise UsageError("Too small.", "Ask for less.")
        return {"only": tuple(range(round(1000 * asked)))}

    return allocate


@pytest.mark.parametrize("power", [0.4, 1.0, 1.6])
def test_what_is_asked_for_is_set_right_by_what_is_measured(power: float) -> None:
    def share(kept: dict[str, tuple[int, ...]]) -> float:
        return 0.8 * (len(kept["only"]) / 1000) ** power  # the foretold time is the share of channels

    kept = meet(0.5, 0.8, _network(), share)
    assert share(kept) == pytest.approx(0.5, rel=1.1 * TOLERANCE)


def test_a_network_that_is_fast_enough_uncut_is_an_error() -> None:
    with pytest.raises(UsageError, match="nothing would be cut"):
        meet(0.5, 0.45, _network(), lambda kept: 0.4)


def test_limits_in_the_way_are_told_with_what_was_reached() -> None:
    with pytest.raises(UsageError, match=r"50% is asked for; the nearest that was measured takes 80%") as caught:
        meet(0.5, 1.0, _network(floor=0.45), lambda kept: 0.8)
    assert caught.value.hint == "Ask for less."


def test_of_a_clock_that_cannot_decide_the_nearest_stays() -> None:
    measured = iter([0.6, 0.45, 0.53, 0.7])
    asked: list[int] = []

    def share(kept: dict[str, tuple[int, ...]]) -> float:
        asked.append(len(kept["only"]))
        return next(measured)

    assert len(meet(0.5, 1.0, _network(), share)["only"]) == asked[2]
