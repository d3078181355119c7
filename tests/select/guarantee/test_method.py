from dataclasses import dataclass, replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.guarantee.claims import AccuracyClaim
from edgewise.select.guarantee.guaranteed import Guaranteed
from edgewise.select.guarantee.method import GuaranteedMethod, promising
from edgewise.select.guarantee.tried import Tried
from edgewise.select.guarantee.watched_fit import RefusalPath
from edgewise.select.single import SingleMethod, SingleModel

REPEATS, DELTA = 25, 0.1


@dataclass(frozen=True)
class LargeAlone:
    """A path that always escalates."""

    def fit_path(self, trials, prices):
        return (SingleModel("large"),)


def _selected(world, path, repeats: int = REPEATS, **asked: float) -> tuple[list[float], list[Guaranteed]]:
    """Where the certified selectors of many drawn trials stand."""
    method = GuaranteedMethod(path, delta=DELTA, **asked)
    drawn = [world.World().trials(1600, np.random.default_rng(seed)) for seed in range(repeats)]
    fitted = [method.fit(trials) for trials in drawn]
    return [world.World().position(one.selector) for one in fitted], fitted


def _rare(violations: int) -> bool:
    return violations / REPEATS <= DELTA + 3 * np.sqrt(DELTA * (1 - DELTA) / REPEATS)


def test_an_accuracy_is_kept_and_no_more_is_escalated_than_it_takes(world) -> None:
    known = world.World()
    places, fitted = _selected(world, world.ThresholdPath(14), min_accuracy=0.92)
    assert _rare(sum(known.accuracy(s) < 0.92 for s in places))
    exact = next(s for s in np.linspace(0, 1, 1001) if known.accuracy(s) >= 0.92)
    for one, s in zip(fitted, places, strict=True):
        assert one.certificate.share_escalated == pytest.approx(known.escalated(s), abs=0.07)
        assert one.certificate.empirical == pytest.approx(known.accuracy(s), abs=0.04)
    assert np.mean([one.certificate.share_escalated for one in fitted]) <= known.escalated(exact) + 0.2
    always, _ = _selected(world, LargeAlone(), repeats=3, min_accuracy=0.92)
    assert known.escalated(always[0]) > known.escalated(exact) + 0.2, "always escalating keeps it, and is not tight"


def test_a_loss_is_kept_though_accuracy_is_not_monotone(world) -> None:
    known = world.World()
    assert known.accuracy(0.98) > known.accuracy(1.0), "the surest images are better left to the small model"
    places, fitted = _selected(world, world.ThresholdPath(14), max_loss=0.03)
    assert _rare(sum(known.accuracy(1.0) - known.accuracy(s) > 0.03 for s in places))
    assert np.mean([one.certificate.share_escalated for one in fitted]) < 0.75
    assert "3 points under that of large" in fitted[0].certificate.claim


def test_a_share_of_wrong_answers_is_kept_without_refusing_all(world) -> None:
    known = world.World()
    path = RefusalPath(SingleMethod("small"), positions=15)
    method = GuaranteedMethod(path, max_risk=0.1, delta=DELTA)
    violations, refused = 0, []
    for seed in range(REPEATS):
        one = method.fit(known.trials(1600, np.random.default_rng(seed)))
        s = world.position(one.selector.sure_from, one.selector.temperatures[0])
        violations += known.wrong(s) / (1 - s**2) > 0.1
        refused.append(one.certificate.share_refused)
        assert one.certificate.share_refused == pytest.approx(s**2, abs=0.07)
    assert _rare(violations)
    exact = next(s for s in np.linspace(0, 0.99, 1000) if known.wrong(s) / (1 - s**2) <= 0.1)
    assert np.mean(refused) <= exact**2 + 0.2


@pytest.mark.parametrize("rule", ["fixed sequence", "bonferroni", "multi-start"])
def test_every_rule_finds_something_cheaper_than_the_large_model(world, rule) -> None:
    trials = world.World().trials(3000, np.random.default_rng(5))
    fitted = GuaranteedMethod(world.ThresholdPath(), max_loss=0.04, rule=rule).fit(trials)
    assert isinstance(fitted.selector, Cascade)
    assert fitted.certificate.mean_ms < fitted.certificate.most_ms == 10.0
    assert rule in str(fitted.certificate)


def test_what_cannot_be_certified_says_what_could_and_what_it_takes(world) -> None:
    trials = world.World().trials(600, np.random.default_rng(0))
    method = GuaranteedMethod(world.ThresholdPath(), min_accuracy=0.965)
    with pytest.raises(UsageError, match="300 calibration images nothing can be certified") as raised:
        method.fit(trials)
    promised = float(raised.value.message.split("at least ")[-1].split("%")[0]) / 100
    assert replace(method, min_accuracy=promised - 0.003).fit(trials)
    with pytest.raises(UsageError, match="More images would not help"):
        replace(method, min_accuracy=0.995).fit(trials)
    with pytest.raises(UsageError, match="It takes roughly"):
        replace(method, min_accuracy=None, max_loss=0.001).fit(trials)
    with pytest.raises(UsageError, match="of the answers given are wrong"):
        replace(method, min_accuracy=None, max_risk=0.001).fit(trials)


def test_so_many_images_do(world) -> None:
    """The number that the error names is of the right size: with twice as many the promise can be made."""
    method = GuaranteedMethod(world.ThresholdPath(), min_accuracy=0.94)
    with pytest.raises(UsageError, match="nothing can be certified") as raised:
        method.fit(world.World().trials(300, np.random.default_rng(2)))
    needed = int(raised.value.hint.split("roughly ")[1].split(" ")[0].replace(",", ""))
    assert 200 < needed < 20_000
    assert method.fit(world.World().trials(4 * needed, np.random.default_rng(3)))


def test_nothing_is_fitted_on_the_images_that_certify(make_trials, world, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = make_trials(images=400, reach=(0.6, 0.95))
    fitted_on: list[np.ndarray] = []
    routed: list[np.ndarray] = []
    route = Cascade.route

    def fit(path, trials, prices):
        fitted_on.append(trials.features)
        return (Cascade(trials.models, (1.0, 1.0), (0.5,), average=False),)

    def spied(selector, trials):
        routed.append(trials.features)
        return route(selector, trials)

    monkeypatch.setattr(world.ThresholdPath, "fit_path", fit)
    monkeypatch.setattr(Cascade, "route", spied)
    certificate = GuaranteedMethod(world.ThresholdPath(), min_accuracy=0.5, share=0.3).fit(trials).certificate
    known, seen = routed
    assert len(fitted_on[0]) == 280
    assert (known == fitted_on[0]).all()
    assert len(seen) == certificate.n_calibration == 120
    assert not set(seen[:, 0]) & set(known[:, 0])


def test_it_is_a_selector_like_its_inner_one_and_keeps_its_certificate(world, decide_loop) -> None:
    trials = world.World().trials(1200, np.random.default_rng(0))
    fitted = GuaranteedMethod(world.ThresholdPath(), max_loss=0.05).fit(trials)
    again = Guaranteed.from_state(*fitted.state())
    assert (again.certificate, again.selector) == (fitted.certificate, fitted.selector)
    assert (again.models, again.feature_names, again.embedding_names) == (("small", "large"), (), ())
    routed, looped = fitted.route(trials.take(np.arange(100))), decide_loop(again, trials.take(np.arange(100)))
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name


def test_the_order_has_no_dominated_configuration_and_begins_with_the_safest() -> None:
    def tried(right: list[int], mean_ms: list[float]) -> Tried:
        answers = np.arange(10)[:, None] < np.array(right)
        every = np.ones_like(answers)
        return Tried(answers, every, every, np.array(mean_ms), every[:, 0])

    # The second is dearer and worse than the first; the fourth as good as the third and dearer.
    assert promising(AccuracyClaim(0.5), tried([6, 5, 9, 9, 3], [2.0, 3.0, 8.0, 9.0, 1.0])) == [2, 0, 4]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "Asked for: nothing"),
        ({"min_accuracy": 0.9, "max_loss": 0.1}, "min_accuracy, max_loss"),
        ({"min_accuracy": 90.0}, "The accuracy asked for is 90"),
        ({"max_loss": 0.0}, "The loss asked for is 0"),
        ({"max_risk": -0.1}, "The risk asked for is -0.1"),
        ({"min_accuracy": 0.9, "criterion": "macro-f1"}, "no mean over images"),
        ({"min_accuracy": 0.9, "criterion": "top3"}, "'top3'"),
        ({"min_accuracy": 0.9, "delta": 0.0}, "Delta is 0"),
        ({"min_accuracy": 0.9, "share": 1.0}, "none on one side"),
    ],
)
def test_settings_that_cannot_work(world, settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        GuaranteedMethod(world.ThresholdPath(), **settings).fit(world.World().trials(50, np.random.default_rng(0)))
