import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.reference.utility import worth_most
from edgewise.select.calibration import IsotonicMap
from edgewise.select.learned import utility as module
from edgewise.select.learned.utility import Foresight, Utility
from edgewise.select.selector import Answer, Run, Seen


def _utility(seed: int, models: tuple[str, ...], classes: int, average: bool, mapped: bool = False) -> Utility:
    """Regressions drawn at random: what they say is without sense, and different for every image."""
    rng = np.random.default_rng(seed)
    count = len(models)
    maps = [IsotonicMap(np.sort(rng.random(5)), np.sort(rng.random(5))) if mapped else None for _ in models]
    foresight = Foresight(rng.normal(0, 0.6, (count, 5)), rng.normal(0, 0.8, (count, classes)), tuple(maps))
    temperatures = tuple(rng.uniform(0.5, 2, count).tolist())
    return Utility(models, temperatures, foresight, (0.0, *[0.01] * (count - 1)), average)


@settings(max_examples=12)
@given(seed=st.integers(0, 999), average=st.booleans(), mapped=st.booleans(), classes=st.sampled_from([2, 6, 33]))
def test_routing_is_exactly_the_decide_loop(
    make_trials, decide_loop, seed: int, average: bool, mapped: bool, classes: int
) -> None:
    trials = make_trials(images=50, classes=classes, seed=seed, sure_when_right=False)
    first_last = trials.models[::-1] if seed % 2 else trials.models
    selector = _utility(seed, first_last, classes, average, mapped)
    routed, looped = selector.route(trials), decide_loop(selector, trials)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name


def test_parts_of_any_size_route_alike(make_trials, monkeypatch) -> None:
    trials = make_trials(images=120)
    selector = _utility(5, trials.models, 6, True)
    whole = selector.route(trials)
    monkeypatch.setattr(module, "_CHUNK_ROWS", 19)
    parts = selector.route(trials)
    assert len(np.unique(whole.chosen)) > 1, "the images are split"
    assert (parts.top == whole.top).all()
    assert (parts.ran == whole.ran).all()


def test_the_choice_is_that_of_the_plain_page(make_trials) -> None:
    trials = make_trials(images=40, sure_when_right=False)
    selector = _utility(1, trials.models, 6, False)
    heads = [
        (weights[:-1].tolist(), float(weights[-1]), offsets.tolist())
        for weights, offsets in zip(selector.foresight.weights, selector.foresight.offsets, strict=True)
    ]
    chosen = set()
    for image in range(40):
        logits = trials.logits[0][image]
        plain = worth_most(logits.tolist(), selector.temperatures[0], heads, [9.0, 1.0, 1.0], 0.01)
        step = selector.decide(Seen(None, {"net0": logits}))
        assert (step.model if isinstance(step, Run) else "net0") == selector.models[plain]
        chosen.add(plain)
    assert len(chosen) > 1


def test_it_jumps_to_the_model_that_is_worth_most_and_answers_with_it() -> None:
    sure = np.array([[0, 0, 0, 0, 0.0], [0, 0, 0, 0, 1.0], [0, 0, 0, 0, 2.0]])
    logits = {"small": np.log(np.float32([0.8, 0.2])), "large": np.log(np.float32([0.3, 0.7]))}
    foresight = Foresight(sure, np.zeros((3, 2)), (None,) * 3)
    for cost, expected in ((0.1, "large"), (0.3, "middle")):
        selector = Utility(("small", "middle", "large"), (1.0,) * 3, foresight, (0.0, 0.1, cost), True)
        step = selector.decide(Seen(None, {"small": logits["small"]}))
        assert isinstance(step, Run)
        assert step.model == expected
        assert step.scores == pytest.approx([0.5, 0.7310586 - 0.1, 0.8807971 - cost])
    answer = selector.decide(Seen(None, logits))
    assert isinstance(answer, Answer)
    assert answer.probabilities == pytest.approx([0.55, 0.45])
    assert answer.models == ("small", "large")


def test_of_equal_worth_the_answer_at_hand_is_given() -> None:
    foresight = Foresight(np.zeros((2, 5)), np.zeros((2, 2)), (None, None))
    step = Utility(("small", "large"), (1.0, 1.0), foresight, (0.0, 0.0), False).decide(
        Seen(None, {"small": np.zeros(2, np.float32)})
    )
    assert isinstance(step, Answer)
    assert step.scores == (0.5, 0.5)


def test_a_map_replaces_what_the_regression_says() -> None:
    flat = IsotonicMap(np.array([0.0, 1.0]), np.array([0.2, 0.9]))
    foresight = Foresight(np.zeros((2, 5)), np.zeros((2, 2)), (None, flat))
    assert foresight.chances(np.zeros((3, 4)), np.zeros(3, int)) == pytest.approx(np.tile([0.5, 0.55], (3, 1)))


def test_one_model_alone_answers_every_image(make_trials) -> None:
    trials = make_trials(images=30)
    routes = _utility(0, ("net1",), 6, False).route(trials)
    assert (routes.right(trials.labels) == trials.right()[:, 1]).all()
    assert set(routes.steps) == {2}


def test_models_and_what_belongs_to_them_must_fit() -> None:
    foresight = Foresight(np.zeros((2, 5)), np.zeros((2, 3)), (None, None))
    for temperatures, costs in (((1.0,), (0.0, 0.1)), ((1.0, 1.0), (0.0,))):
        with pytest.raises(UsageError, match="2 models"):
            Utility(("small", "large"), temperatures, foresight, costs, False)


@pytest.mark.parametrize("mapped", [False, True])
def test_state_and_back(make_trials, mapped: bool) -> None:
    trials = make_trials(images=80)
    selector = _utility(4, trials.models, 6, True, mapped)
    values, arrays = selector.state()
    again = Utility.from_state(values, arrays)
    assert again.state()[0] == values
    routed, expected = again.route(trials), selector.route(trials)
    assert (routed.top == expected.top).all()
    assert (routed.ran == expected.ran).all()
