import numpy as np
import pytest

from edgewise.select.learned.heads import FOLDS, Rows, Strength
from edgewise.select.learned.induction import Nets, Plan, Sighted, advantage, fit_heads, worth
from edgewise.select.learned.sights import gather_sights

TIMES_MS = np.array([1.0, 2.0, 10.0])


def _nets(trials, order: tuple[int, ...] = (0, 1, 2)) -> Nets:
    prefixes = [order[: stage + 1] for stage in range(len(order))]
    sights = gather_sights(trials.logits, trials.labels, np.arange(len(trials)), (1.0,) * 3, prefixes, prefixes, 1)
    rows = Rows(np.ones(len(trials)), np.arange(len(trials)) % FOLDS, 6)
    return Nets(Sighted(sights, rows, Strength(2.0, np.inf)))


@pytest.mark.parametrize("average", [False, True])
def test_the_worth_is_what_following_the_advantages_gives(make_trials, average: bool) -> None:
    trials = make_trials(images=300)
    nets, plan, prices = _nets(trials), Plan((0, 1, 2), average), np.array([1e-3, 0.02, 0.2])
    found = worth(plan, nets, TIMES_MS, prices)
    advantages = advantage(plan, nets, TIMES_MS, prices)
    for place, price in enumerate(prices):
        total = 0.0
        for image in range(300):
            stage, spent = 0, TIMES_MS[0]
            while stage < 2 and advantages[stage][image, place] > 0:
                stage += 1
                spent += TIMES_MS[stage]
            _, right = nets.images.sights[plan.prefixes[stage]].answer(average)
            total += float(right[image]) - price * spent
        assert found[place] == pytest.approx(total / 300)


def test_a_second_model_that_adds_nothing_is_run_for_the_third_behind_it(make_trials) -> None:
    trials = make_trials(images=600, reach=(0.5, 0.5, 1.0))
    nets, prices = _nets(trials), np.array([0.01])
    blind = advantage(Plan((0, 1), False), nets, TIMES_MS, prices)[0][:, 0]
    ahead = advantage(Plan((0, 1, 2), False), nets, TIMES_MS, prices)[0][:, 0]
    wrong = ~nets.images.sights[(0,)].right
    assert (blind < 0).all()
    assert (ahead[wrong] > 0).mean() > 0.9
    assert (ahead[~wrong] > 0).mean() < 0.25


def test_only_the_last_head_does_not_look_ahead(make_trials) -> None:
    trials = make_trials(images=300)
    cheap, dear = fit_heads(Plan((0, 1, 2), False), _nets(trials), TIMES_MS, np.array([0.001, 0.05]))
    assert cheap[0].ahead is not None
    assert dear[0].ahead is not None
    assert (cheap[0].ahead != dear[0].ahead).any()
    assert cheap[1].ahead is dear[1].ahead is None
    assert cheap[0].gain is dear[0].gain, "what is learned is learned once"
