import numpy as np
import pytest

from edgewise.select.calibration import IsotonicMap, VectorScaling
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.hybrid.parts import starting_at
from edgewise.select.selector import Answer, Seen

PLAIN = Cascade(("a", "b", "c"), (1.0, 2.0, 3.0), (0.7, 0.8), False)
MIXED = Cascade(("a", "b", "c"), (1.0, 1.0, 1.0), (0.7, 0.8), True, weights=((1.0,), (0.25, 0.75), (0.5, 0.3, 0.2)))


def test_the_stages_before_are_gone() -> None:
    part = starting_at(PLAIN, 1, first_ran=False)
    assert (part.models, part.temperatures, part.thresholds) == (("b", "c"), (2.0, 3.0), (0.8,))
    assert starting_at(PLAIN, 2, first_ran=False).models == ("c",)


@pytest.mark.parametrize("first_ran", [False, True])
@pytest.mark.parametrize("cascade", [PLAIN, MIXED])
def test_from_the_first_stage_it_is_the_cascade(cascade: Cascade, first_ran: bool) -> None:
    assert starting_at(cascade, 0, first_ran=first_ran) == cascade


def test_a_first_stage_that_ran_stays_and_never_stops() -> None:
    part = starting_at(PLAIN, 2, first_ran=True)
    assert (part.models, part.temperatures) == (("a", "c"), (1.0, 3.0))
    assert part.thresholds[0] > 1
    assert starting_at(PLAIN, 1, first_ran=True).thresholds[1:] == (0.8,)


def test_weights_keep_their_proportions() -> None:
    part = starting_at(MIXED, 2, first_ran=True)
    assert part.weights[0] == (1.0,)
    assert part.weights[1] == pytest.approx((5 / 7, 2 / 7))
    part = starting_at(MIXED, 1, first_ran=False)
    assert part.weights[1] == pytest.approx((0.6, 0.4))
    logits = {"a": np.float32([0, 9]), "b": np.log(np.float32([0.6, 0.4])), "c": np.log(np.float32([0.1, 0.9]))}
    answer = part.decide(Seen(None, {"b": logits["b"], "c": logits["c"]}))
    assert isinstance(answer, Answer)
    assert answer.probabilities == pytest.approx([0.4, 0.6], abs=1e-6)


def test_scalings_and_maps_go_with_their_stages() -> None:
    scalings = tuple(VectorScaling(np.full(2, scale), np.zeros(2)) for scale in (1.0, 2.0, 3.0))
    maps = tuple(IsotonicMap(np.array([0.0, 1.0]), np.array([0.0, p])) for p in (0.5, 0.6, 0.7))
    whole = Cascade(("a", "b", "c"), (1.0,) * 3, (0.7, 0.8), False, scalings=scalings, maps=maps)
    part = starting_at(whole, 2, first_ran=True)
    assert part.scalings == (scalings[0], scalings[2])
    assert part.maps == (maps[0], maps[2])
