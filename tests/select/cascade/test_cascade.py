import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.select.calibration import IsotonicMap, VectorScaling, softmax
from edgewise.select.cascade import cascade as module
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.cascade.signals import SIGNALS, Signal, signal_of
from edgewise.select.selector import Answer, Run, Seen

WEIGHTS = ((1.0,), (0.25, 0.75), (0.2, 0.5, 0.3))


def _scalings(stages: int, classes: int) -> tuple[VectorScaling, ...]:
    rng = np.random.default_rng(0)
    return tuple(
        VectorScaling(rng.uniform(0.5, 2, classes).astype(np.float32), rng.normal(0, 1, classes).astype(np.float32))
        for _ in range(stages)
    )


def _maps(stages: int) -> tuple[IsotonicMap, ...]:
    return tuple(
        IsotonicMap(np.array([0.1, 0.5, 0.9]), np.array([0.2, 0.3 + stage / 10, 0.95])) for stage in range(stages)
    )


@pytest.mark.parametrize("sure", [False, True])
@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(
    ("average", "weights", "vector", "isotonic"),
    [(False, (), False, False), (True, (), False, True), (True, WEIGHTS, True, False), (False, (), True, True)],
)
def test_routing_is_exactly_the_decide_loop(
    make_trials, decide_loop, monkeypatch, sure: bool, signal: Signal, average: bool, weights, vector, isotonic
) -> None:
    monkeypatch.setattr(module, "_CHUNK_ROWS", 19)
    trials = make_trials(images=120, classes=33, sure_when_right=sure)
    first = softmax(trials.logits[2], 1.7)
    middle = float(np.median(signal_of(first, signal)))
    selector = Cascade(
        ("net2", "net0", "net1"),
        (1.7, 0.9, 1.0),
        (middle, 0.9),
        average,
        signal,
        weights,
        _scalings(3, 33) if vector else (),
        _maps(3) if isotonic else (),
    )
    routed, looped = selector.route(trials), decide_loop(selector, trials)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name
    assert len(np.unique(routed.chosen)) > 1 or vector or isotonic, "the thresholds split the images"


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
    assert first == Run("small", "small is the first stage")
    assert second == Run("large", "confidence 0.500 is under 0.900", (0.5,))


@pytest.mark.parametrize(("temperatures", "thresholds"), [((1.0,), (0.5,)), ((1.0, 1.0), ()), ((1.0, 1.0), (0.1, 0.2))])
def test_stages_temperatures_and_thresholds_must_fit(temperatures, thresholds) -> None:
    with pytest.raises(UsageError, match="2 stages"):
        Cascade(("small", "large"), temperatures, thresholds, False)


def test_a_weighted_mean_and_an_isotonic_confidence() -> None:
    seen = Seen(None, {"small": np.log(np.float32([0.8, 0.2])), "large": np.log(np.float32([0.3, 0.7]))})
    maps = (IsotonicMap(np.array([0.5, 1.0]), np.array([0.4, 0.9])),) * 2
    step = Cascade(("small", "large"), (1.0, 1.0), (2.0,), True, "max-prob", ((1.0,), (0.2, 0.8)), (), maps).decide(
        seen
    )
    assert isinstance(step, Answer)
    assert step.probabilities == pytest.approx([0.4, 0.6])
    assert step.scores == pytest.approx((0.7, 0.5))


@given(
    seed=st.integers(0, 2**31),
    order=st.permutations(["b", "a", "c"]),
    weights=st.tuples(*[st.floats(0.01, 1)] * 3),
)
def test_the_order_of_stages_never_changes_a_mean(seed: int, order: list[str], weights: tuple[float, ...]) -> None:
    rng = np.random.default_rng(seed)
    logits = {name: rng.normal(0, 3, 11).astype(np.float32) for name in "abc"}
    counts = dict(zip("abc", weights, strict=True))

    def answered(names: list[str]) -> np.ndarray:
        rows = tuple(tuple(counts[name] for name in names[: stage + 1]) for stage in range(3))
        step = Cascade(tuple(names), (1.0,) * 3, (2.0,) * 2, True, weights=rows).decide(Seen(None, logits))
        assert isinstance(step, Answer)
        return step.probabilities

    assert (answered(order) == answered(["a", "b", "c"])).all()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"weights": ((1.0,), (1.0,))}, "2 stages"),
        ({"weights": ((1.0,),)}, "2 stages"),
        ({"scalings": _scalings(1, 3)}, "1 vector"),
        ({"maps": _maps(3)}, "3 isotonic"),
        ({"signal": "variance"}, "'variance'"),
    ],
)
def test_what_is_given_must_be_given_for_each_stage(settings, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Cascade(("small", "large"), (1.0, 1.0), (0.5,), True, **settings)


def test_state_and_back() -> None:
    selector = Cascade(("small", "large"), (1.5, 0.25), (0.875,), True, "entropy", ((1.0,), (0.5, 0.5)))
    assert Cascade.from_state(*selector.state()) == selector


def test_state_and_back_with_arrays() -> None:
    selector = Cascade(("a", "b", "c"), (1.0,) * 3, (0.5, 0.5), True, scalings=_scalings(3, 6), maps=_maps(3))
    values, arrays = selector.state()
    again = Cascade.from_state(json.loads(json.dumps(values)), arrays)
    assert again.state()[0] == values
    assert all((again.state()[1][name] == array).all() for name, array in arrays.items())
    assert len(arrays) == 12


def test_what_was_stored_before_there_were_signals_is_read() -> None:
    values = {"models": ["small", "large"], "temperatures": [1.0, 2.0], "thresholds": [0.5], "average": True}
    assert Cascade.from_state(values, {}) == Cascade(("small", "large"), (1.0, 2.0), (0.5,), True)
