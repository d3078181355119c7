import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.single import SingleMethod, SingleModel


def test_the_most_accurate_model_is_taken_the_cheapest_of_equals(make_trials) -> None:
    assert SingleMethod().fit(make_trials(reach=(0.5, 0.9, 0.7))) == SingleModel("net1")
    assert SingleMethod().fit(make_trials(reach=(0.5, 0.9, 0.9))) == SingleModel("net1")
    assert SingleMethod(model="net0").fit(make_trials()) == SingleModel("net0")


def test_an_unknown_model_names_the_known_ones(make_trials) -> None:
    with pytest.raises(UsageError, match="vgg") as caught:
        SingleMethod(model="vgg").fit(make_trials())
    assert "net0, net1, net2" in caught.value.hint


def test_routing_is_exactly_the_decide_loop(make_trials, decide_loop) -> None:
    trials = make_trials(images=60)
    selector = SingleModel("net1")
    routed, looped = selector.route(trials), decide_loop(selector, trials)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name
    assert (routed.right(trials.labels) == trials.right()[:, 1]).all()


def test_state_and_back() -> None:
    values, arrays = SingleModel("net1").state()
    assert arrays == {}
    assert SingleModel.from_state(values, {"unused": np.zeros(1)}) == SingleModel("net1")
