import json
from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select import kinds
from edgewise.select.guarantee.controlled import ExitMethod, RefusalMethod
from edgewise.select.guarantee.guaranteed import Guaranteed
from edgewise.select.guarantee.watched import KIND
from edgewise.select.single import SingleMethod, SingleModel

ALPHA, IMAGES, REPEATS = 0.04, 600, 60


def test_early_exits_harm_alpha_and_hardly_less(world) -> None:
    known, harms = world.World(), []
    for seed in range(REPEATS):
        fitted = ExitMethod(ALPHA).fit(known.trials(IMAGES, np.random.default_rng(seed)))
        s = known.position(fitted.selector)
        harms.append(known.harm(s))
        assert fitted.certificate.share_escalated == pytest.approx(known.escalated(s), abs=0.1)
        assert known.accuracy(s) >= known.accuracy(1.0) - known.harm(s)
    error = 3 * np.std(harms) / np.sqrt(REPEATS)
    assert ALPHA - 2 / (IMAGES / 2 + 1) - error <= np.mean(harms) <= ALPHA + error
    assert fitted.certificate.alpha == ALPHA
    assert fitted.certificate.share_escalated < 0.75


def test_refusals_leave_alpha_wrong_and_hardly_less(world) -> None:
    known, wrong = world.World(), []
    for seed in range(REPEATS):
        fitted = RefusalMethod(SingleMethod("small"), ALPHA).fit(known.trials(IMAGES, np.random.default_rng(seed)))
        s = world.position(fitted.selector.sure_from, fitted.selector.temperatures[0])
        wrong.append(known.wrong(s))
        assert fitted.certificate.share_refused == pytest.approx(s**2, abs=0.1)
    error = 3 * np.std(wrong) / np.sqrt(REPEATS)
    assert ALPHA - 2 / (IMAGES / 2 + 1) - error <= np.mean(wrong) <= ALPHA + error


def test_the_fastest_first_stage_is_chosen(make_trials) -> None:
    trials = make_trials(images=600, reach=(0.2, 0.8, 0.9))
    fitted = ExitMethod(0.02).fit(trials)
    assert fitted.selector.models == ("net1", "net2")
    assert fitted.certificate.most_ms == 100.0
    assert ExitMethod(0.02, full="net1").fit(trials).selector.models[-1] == "net1"


def test_where_the_cheapest_model_is_the_best_it_runs_alone(make_trials) -> None:
    fitted = ExitMethod(0.02).fit(make_trials(images=400, reach=(0.9, 0.5)))
    assert fitted.selector == SingleModel("net0")
    assert fitted.certificate.share_escalated == 0.0


def test_where_no_exit_pays_everything_is_escalated_and_shown(make_trials) -> None:
    fitted = ExitMethod(0.02).fit(make_trials(images=400, reach=(0.01, 0.9), sure_when_right=False))
    assert fitted.certificate.share_escalated > 0.9


@pytest.mark.parametrize("method", [ExitMethod(0.05), RefusalMethod(SingleMethod(), 0.05)])
def test_state_and_back(world, monkeypatch: pytest.MonkeyPatch, method) -> None:
    monkeypatch.setitem(kinds.OWN, KIND, "guarantee.watched:Watched")
    trials = world.World().trials(400, np.random.default_rng(0))
    fitted = method.fit(trials)
    values, arrays = fitted.state()
    again = Guaranteed.from_state(json.loads(json.dumps(values, allow_nan=False)), arrays)
    assert again.certificate == fitted.certificate
    assert (again.route(trials).top == fitted.route(trials).top).all()


def test_settings_that_cannot_work(world) -> None:
    trials = world.World().trials(60, np.random.default_rng(0))
    for method in (ExitMethod(0.1), RefusalMethod(SingleMethod(), 0.1)):
        with pytest.raises(UsageError, match="no mean over images"):
            replace(method, criterion="macro-f1").fit(trials)
        with pytest.raises(UsageError, match="199 images or more"):
            replace(method, alpha=0.005).fit(trials)
    with pytest.raises(UsageError, match="'huge' is not in the trials"):
        ExitMethod(full="huge").fit(trials)
