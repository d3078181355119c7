from dataclasses import dataclass, replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.budget.auto import BudgetedMethod
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.charges import Charges
from edgewise.select.calibration import softmax
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.guarantee.halves import halves
from edgewise.select.guarantee.watched import Watched, sureness_of
from edgewise.select.guarantee.watched_fit import RefusalPath, WatchedMethod
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.selector import Answer, Method, Refuse, Routes, Run, Seen, Selector
from edgewise.select.single import SingleMethod
from edgewise.select.trials import Trials, top_classes

POLICIES = ["escalate", "refuse", "ignore"]


@dataclass(frozen=True)
class TwoStages:
    """A cascade of the first and another model, with a threshold that lets about half of the images pass."""

    last: int = 1
    average: bool = False

    def fit(self, trials: Trials) -> Cascade:
        threshold = float(np.quantile(softmax(trials.logits[0]).max(axis=1), 0.5))
        return Cascade((trials.models[0], trials.models[self.last]), (1.0, 1.0), (threshold,), self.average)


INNER: dict[str, Method] = {
    "cascade": TwoStages(2),
    "averaging cascade": TwoStages(2, average=True),
    "premodel that refuses": PremodelMethod(on_fail="refuse"),
    "premodel that runs": PremodelMethod(on_fail="run"),
    "single": SingleMethod("net0"),
}


def _embedded(trials: Trials, seed: int = 0) -> Trials:
    """The same trials with an embedding of the first model in which every tenth image lies elsewhere."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(trials), 8)) + 3 * np.eye(8)[trials.labels]
    vectors[::10] *= -1
    return replace(trials, embeddings={"net0": vectors.astype(np.float32)})


def _loop(selector: Selector, trials: Trials) -> Routes:
    """Routes by calling `decide` image by image, embeddings given."""
    features = trials.columns(selector.feature_names)
    ran = np.zeros((len(trials), len(trials.models)), bool)
    chosen, steps = np.full(len(trials), -1), np.zeros(len(trials), np.int64)
    top = np.full((len(trials), 5), -1)
    for image in range(len(trials)):
        seen, step = Seen(features[image]), None
        while not isinstance(step, Answer | Refuse):
            step = selector.decide(seen)
            steps[image] += 1
            if isinstance(step, Run):
                model = trials.models.index(step.model)
                assert not ran[image, model], "no model runs twice"
                ran[image, model], chosen[image] = True, model
                embeddings = {name: array[image] for name, array in trials.embeddings.items() if name == step.model}
                logits = {**seen.logits, step.model: trials.logits[model][image]}
                seen = Seen(seen.features, logits, {**seen.embeddings, **embeddings})
        if isinstance(step, Answer):
            top[image] = top_classes(step.probabilities[None], 5)[0]
        else:
            chosen[image] = -1
    return Routes(ran, chosen, top, steps)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("embedded", [False, True])
def test_routing_is_exactly_the_decide_loop(make_trials, policy, inner: str, embedded: bool) -> None:
    trials = make_trials(images=320, reach=(0.3, 0.5, 0.8), sure_when_right=False)
    trials = _embedded(trials) if embedded else trials
    method = WatchedMethod(INNER[inner], policy, 0.2, measures=("neighbours", "mahalanobis"), share=0.3)
    selector = method.fit(trials.take(np.arange(200)))
    held = trials.take(np.arange(200, 320))
    routed, looped = selector.route(held), _loop(selector, held)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name
    if policy == "refuse":
        assert (routed.chosen < 0).sum() > (selector.inner.route(held).chosen < 0).sum()
    if policy == "ignore":
        assert (routed.top == selector.inner.route(held).top).all()


@pytest.mark.parametrize("false_alarms", [0.01, 0.05, 0.2])
def test_familiar_images_are_flagged_as_often_as_was_allowed(make_trials, false_alarms: float) -> None:
    shares: list[float] = []
    for seed in range(12):
        trials = make_trials(images=2400, reach=(0.5, 0.8), seed=seed)
        vectors = np.random.default_rng(seed).normal(size=(2400, 8))
        trials = replace(trials, embeddings={"net0": vectors})
        method = WatchedMethod(TwoStages(), "refuse", false_alarms, share=0.5, seed=seed)
        selector = method.fit(trials.take(np.arange(800)))
        held = trials.take(np.arange(800, 2400))
        strange, unsure = selector.flags(held, selector.inner.route(held))
        shares.append(float((strange | unsure).mean()))
    error = 3 * np.std(shares) / np.sqrt(len(shares))
    assert np.mean(shares) <= false_alarms + error
    assert np.mean(shares) >= false_alarms - 1 / 401 - error, "and no more careful than that"


def test_images_that_tie_with_the_limit_are_not_flagged(make_trials) -> None:
    """One confidence for all images, as a model has that is never wrong: nobody stands out."""
    trials = make_trials(images=300, reach=(0.9, 0.95))
    row = np.random.default_rng(0).normal(size=6).astype(np.float32)
    same = replace(trials, logits=(np.tile(row, (300, 1)), trials.logits[1]))
    selector = WatchedMethod(SingleMethod("net0"), "refuse", 0.2).fit(same.take(np.arange(200)))
    assert (selector.route(same).chosen == 0).all()


def test_what_lies_elsewhere_is_sent_to_the_most_capable_model_or_refused(make_trials) -> None:
    trials = make_trials(images=400, reach=(0.5, 0.7, 0.9))
    vectors = np.random.default_rng(0).normal(size=(400, 8)) + 5
    trials = replace(trials, embeddings={"net0": vectors})
    far = Seen(None, {"net0": trials.logits[0][0]}, {"net0": -vectors[0]})
    selector = WatchedMethod(TwoStages(2), "escalate").fit(trials)
    step = selector.decide(far)
    assert isinstance(step, Run)
    assert step.model == "net2"
    assert step.why.startswith("unfamiliar: by neighbours")
    answer = selector.decide(Seen(None, {**far.logits, "net2": trials.logits[2][0]}, far.embeddings))
    assert isinstance(answer, Answer)
    assert answer.models == ("net2",)
    assert isinstance(replace(selector, policy="refuse").decide(far), Refuse)
    seen = Seen(None, {**far.logits, "net2": trials.logits[2][0]}, far.embeddings)
    ignored = replace(selector, policy="ignore").decide(seen)
    assert isinstance(ignored, Answer)
    assert "unfamiliar: by neighbours" in ignored.why
    with pytest.raises(UsageError, match="embedding of net0 is watched"):
        selector.decide(replace(far, embeddings={}))
    with pytest.raises(UsageError, match="these trials do not have it"):
        selector.route(replace(trials, embeddings={}))


def test_state_and_back(make_trials) -> None:
    trials = _embedded(make_trials(images=300))
    selector = WatchedMethod(TwoStages(), measures=("neighbours", "mahalanobis")).fit(trials)
    values, arrays = selector.state()
    again = Watched.from_state(values, arrays)
    assert (again.route(trials).top == selector.route(trials).top).all()
    assert (again.policy, again.sure_from, again.strange_above) == (
        "escalate",
        selector.sure_from,
        selector.strange_above,
    )
    assert (again.embedding_names, again.feature_names) == (("net0",), ())
    without = replace(selector, watches=(), strange_above=())
    assert Watched.from_state(*without.state()).embedding_names == ()


def test_positions_of_a_path_refuse_ever_more(make_trials) -> None:
    trials = make_trials(images=300)
    path = RefusalPath(SingleMethod("net1"), positions=10).fit_path(trials, [0.1])
    refused = [float((one.route(trials).chosen < 0).mean()) for one in path]
    assert refused == pytest.approx(np.arange(len(path)) / 10, abs=0.02)
    assert len(path) == 10
    with pytest.raises(UsageError, match="1 positions"):
        RefusalPath(SingleMethod(), positions=1).fit_path(trials, [])


def test_sureness_is_that_of_the_model_that_ended_the_decision(make_trials) -> None:
    trials = make_trials(images=50)
    cascade = TwoStages().fit(trials)
    routes = cascade.route(trials)
    found = sureness_of(trials, routes, cascade.models, (1.0, 2.0))
    ended = np.where(routes.chosen == 0, softmax(trials.logits[0]).max(axis=1), 0)
    assert (found[routes.chosen == 0] == ended[routes.chosen == 0]).all()
    assert (found[routes.chosen == 1] == softmax(trials.logits[1], 2.0).max(axis=1)[routes.chosen == 1]).all()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"false_alarms": 0.0}, "false alarms is 0"),
        ({"false_alarms": 0.001}, "Set apart 999 or more"),
        ({"policy": "panic"}, "'panic'"),
        ({"measures": ("guess",)}, "'guess'"),
        ({"n_neighbors": 0}, "0-th nearest"),
    ],
)
def test_settings_that_cannot_work(make_trials, settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        WatchedMethod(TwoStages(), **settings).fit(make_trials(images=200))  # type: ignore[arg-type]


def test_parts_that_do_not_fit(make_trials) -> None:
    selector = WatchedMethod(TwoStages()).fit(make_trials(images=200))
    for wrong, says in (
        ({"temperatures": (1.0,)}, "temperature of each"),
        ({"capable": "net9"}, "'net9'"),
        ({"strange_above": ()}, "need a distance each"),
    ):
        with pytest.raises(UsageError, match=says):
            replace(selector, **wrong)


@pytest.mark.parametrize(("policy", "escalated"), [("escalate", 0.1), ("refuse", 0.0)])
def test_what_watching_adds_is_charged_before_the_budget_chooses(make_trials, policy, escalated: float) -> None:
    trials = make_trials(images=400)
    inner = BudgetedMethod("cascade", CascadeMethod(average=False), Budget(max_mean_ms=30), charges=Charges(0.0))
    method = WatchedMethod(inner, policy, 0.1)
    choice = method.choose(trials)
    assert isinstance(choice.selector, Watched)
    assert choice.chosen.mean_ms <= 30
    assert "cascade" in choice.why
    fitting = halves(trials, method.share, method.seed)[0]
    charged = replace(inner, charges=Charges(0.0, escalated=escalated)).choose(fitting)
    assert choice.chosen == charged.chosen
    assert method.fit(trials).inner == charged.selector
    others = make_trials(images=400, seed=1)
    assert (0.5 + choice.selector.route(others).ran @ others.times_ms).mean() < 33


def test_what_chooses_nothing_has_no_choice(make_trials) -> None:
    method = WatchedMethod(TwoStages())
    assert not method.chooses
    with pytest.raises(UsageError, match="chooses nothing"):
        method.choose(make_trials(images=200))


def test_a_look_at_an_image_takes_time(make_trials) -> None:
    method = WatchedMethod(BudgetedMethod("cascade", CascadeMethod()), "ignore")
    trials = make_trials(images=200)
    assert method.choose(trials).chosen.mean_ms > 0
    assert 0 <= method._check_ms(trials) < 1000
