import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.reference.deferral import net_gain
from edgewise.select.learned import deferral as module
from edgewise.select.learned.deferral import Deferral, DeferralHead
from edgewise.select.learned.logistic import Logistic
from edgewise.select.learned.outlook import joint_figures
from edgewise.select.selector import Answer, Run, Seen


def _deferral(seed: int, models: tuple[str, ...], classes: int, average: bool, least: float = 0.0) -> Deferral:
    """Heads drawn at random: what they say is without sense, and different for every image."""
    rng = np.random.default_rng(seed)

    def regression(figures: int) -> Logistic:
        return Logistic(rng.normal(0, 0.6, figures), 0.0, rng.normal(0, 0.5, classes))

    heads: list[DeferralHead] = []
    for stage in range(len(models) - 1):
        figures = joint_figures(stage + 1)
        ahead = rng.normal(0, 0.02, figures + 1) if stage < len(models) - 2 else None
        heads.append(DeferralHead(regression(figures), regression(figures), ahead))
    temperatures = tuple(rng.uniform(0.5, 2, len(models)).tolist())
    return Deferral(models, temperatures, tuple(heads), (least,) * len(heads), average)


@settings(max_examples=12)
@given(seed=st.integers(0, 999), average=st.booleans(), classes=st.sampled_from([2, 6, 33]))
def test_routing_is_exactly_the_decide_loop(make_trials, decide_loop, seed: int, average: bool, classes: int) -> None:
    trials = make_trials(images=50, classes=classes, seed=seed, sure_when_right=False)
    selector = _deferral(seed, trials.models, classes, average)
    routed, looped = selector.route(trials), decide_loop(selector, trials)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name


def test_parts_of_any_size_route_alike(make_trials, monkeypatch) -> None:
    trials = make_trials(images=120)
    selector = _deferral(2, trials.models, 6, True)
    whole = selector.route(trials)
    monkeypatch.setattr(module, "_CHUNK_ROWS", 19)
    parts = selector.route(trials)
    assert len(np.unique(whole.chosen)) > 1, "the heads split the images"
    assert (parts.top == whole.top).all()
    assert (parts.ran == whole.ran).all()


@pytest.mark.parametrize("average", [False, True])
def test_the_net_gain_is_that_of_the_plain_page(make_trials, average: bool) -> None:
    trials = make_trials(images=20)
    selector = _deferral(2, trials.models, 6, average)
    for image in range(20):
        logits = [array[image] for array in trials.logits[:2]]
        step = selector.decide(Seen(None, dict(zip(selector.models, logits, strict=False))))
        gain, loss = (
            (one.weights.tolist(), one.bias, one.offsets.tolist())
            for one in (selector.heads[1].gain, selector.heads[1].loss)
        )
        plain = net_gain([row.tolist() for row in logits], selector.temperatures[:2], gain, loss, average)
        assert step.scores == pytest.approx((plain,), abs=1e-4)
        assert isinstance(step, Run) == (plain > 0)


def test_it_goes_on_only_where_the_gain_is_more_than_its_time() -> None:
    even = DeferralHead(Logistic(np.zeros(4), 0.0, np.zeros(3)), Logistic(np.zeros(4), -50.0, np.zeros(3)))
    seen = Seen(None, {"small": np.float32([3, 1, 0])})
    for least, expected in ((0.5, Answer), (0.4999999, Run)):
        step = Deferral(("small", "large"), (1.0, 1.0), (even,), (least,), False).decide(seen)
        assert isinstance(step, expected)
        assert step.scores == (0.5,)
        assert step.why == f"large would add +0.500; its time is worth {least:.3f}"


def test_averaging_takes_all_stages_so_far() -> None:
    seen = Seen(None, {"small": np.log(np.float32([0.8, 0.2])), "large": np.log(np.float32([0.3, 0.7]))})
    for average, expected, models in ((True, [0.55, 0.45], ("small", "large")), (False, [0.3, 0.7], ("large",))):
        head = _deferral(0, ("small", "large"), 2, average).heads
        answer = Deferral(("small", "large"), (1.0, 1.0), head, (0.0,), average).decide(seen)
        assert isinstance(answer, Answer)
        assert answer.probabilities == pytest.approx(expected)
        assert answer.models == models


def test_the_first_stage_runs_unasked() -> None:
    assert _deferral(0, ("small", "large"), 3, False).decide(Seen(None)) == Run("small", "small is the first stage")


@pytest.mark.parametrize(("temperatures", "least"), [((1.0,), (0.5,)), ((1.0, 1.0), ()), ((1.0, 1.0), (0.1, 0.2))])
def test_stages_temperatures_and_gains_must_fit(temperatures, least) -> None:
    heads = _deferral(0, ("small", "large"), 3, False).heads
    with pytest.raises(UsageError, match="2 stages"):
        Deferral(("small", "large"), temperatures, heads, least, False)


def test_state_and_back(make_trials) -> None:
    trials = make_trials(images=80)
    selector = _deferral(4, trials.models, 6, True, least=0.01)
    values, arrays = selector.state()
    again = Deferral.from_state(values, arrays)
    assert again.state()[0] == values
    routed, expected = again.route(trials), selector.route(trials)
    assert (routed.top == expected.top).all()
    assert (routed.ran == expected.ran).all()
    assert again.heads[1].ahead is None
