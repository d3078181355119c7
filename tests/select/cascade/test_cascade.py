import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.cascade import cascade as module
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.selector import Answer, Run, Seen


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("sure", [False, True])
def test_routing_is_exactly_the_decide_loop(make_trials, decide_loop, monkeypatch, average: bool, sure: bool) -> None:
    monkeypatch.setattr(module, "_CHUNK_ROWS", 19)
    trials = make_trials(images=120, classes=33, sure_when_right=sure)
    middle = float(np.median(module.softmax(trials.logits[0], 1.7).max(axis=1)))
    selector = Cascade(trials.models, (1.7, 0.9, 1.0), (middle, 0.9), average)
    routed, looped = selector.route(trials), decide_loop(selector, trials)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name
    assert len(np.unique(routed.chosen)) > 1, "the thresholds split the images"


def test_routing_finds_its_models_among_others(make_trials) -> None:
    trials = make_trials(images=40)
    routes = Cascade(("net0", "net2"), (1.0, 1.0), (2.0,), average=False).route(trials)
    assert routes.ran.tolist() == [[True, False, True]] * 40
    assert set(routes.chosen) == {2}
    assert set(routes.steps) == {3}
    assert (routes.right(trials.labels) == trials.right()[:, 2]).all()


def test_it_stops_at_the_threshold_exactly() -> None:
    logits = np.zeros(2, np.float32)  # confidence one half
    for threshold, expected in ((0.5, Answer), (0.5000001, Run)):
        step = Cascade(("small", "large"), (1.0, 1.0), (threshold,), False).decide(Seen(None, {"small": logits}))
        assert isinstance(step, expected)
        assert step.scores == (0.5,)


def test_averaging_takes_all_stages_so_far() -> None:
    seen = Seen(None, {"small": np.log(np.float32([0.8, 0.2])), "large": np.log(np.float32([0.3, 0.7]))})
    mean = Cascade(("small", "large"), (1.0, 1.0), (2.0,), True).decide(seen)
    last = Cascade(("small", "large"), (1.0, 1.0), (2.0,), False).decide(seen)
    assert isinstance(mean, Answer)
    assert isinstance(last, Answer)
    assert mean.probabilities == pytest.approx([0.55, 0.45])
    assert mean.models == ("small", "large")
    assert last.probabilities == pytest.approx([0.3, 0.7])
    assert last.models == ("large",)


def test_the_steps_say_why() -> None:
    selector = Cascade(("small", "large"), (1.0, 1.0), (0.9,), False)
    first = selector.decide(Seen(None))
    second = selector.decide(Seen(None, {"small": np.zeros(2, np.float32)}))
    assert first == Run("small", "small is the cheapest stage")
    assert second == Run("large", "confidence 0.500 is under 0.900", (0.5,))


@pytest.mark.parametrize(("temperatures", "thresholds"), [((1.0,), (0.5,)), ((1.0, 1.0), ()), ((1.0, 1.0), (0.1, 0.2))])
def test_stages_temperatures_and_thresholds_must_fit(temperatures, thresholds) -> None:
    with pytest.raises(UsageError, match="2 stages"):
        Cascade(("small", "large"), temperatures, thresholds, False)


def test_state_and_back() -> None:
    selector = Cascade(("small", "large"), (1.5, 0.25), (0.875,), True)
    assert Cascade.from_state(*selector.state()) == selector
