"""How to choose among tails is fitted to what they make of inputs."""

from dataclasses import replace

import numpy as np
import pytest

from edgewise.personal.shadow import Shadow, fitted

INPUTS = 2000
GENERIC_MS = 10.0


def _shadow(wrong: tuple[float, ...], seed: int = 0) -> Shadow:
    """Tails that are wrong so often, always where they are most in doubt; nothing is foreign."""
    random = np.random.default_rng(seed)
    doubt = random.random((INPUTS, len(wrong)))
    drops = (doubt > 1 - np.array(wrong)).astype(float)
    return Shadow(doubt, np.zeros_like(doubt), drops)


def _told(shadow: Shadow, chooser, ms: tuple[float, ...]) -> tuple[float, float, float]:
    """Mean ms, own share and drop, input by input."""
    spent, own, lost = 0.0, 0, 0.0
    for doubts, foreign, drops in zip(shadow.doubt, shadow.foreign, shadow.drops, strict=True):
        tail = chooser.tail_for(doubts, foreign)
        ran = chooser.tails[:1] if foreign[chooser.tails[0]] > chooser.most_foreign else chooser.tails
        last = ran.index(tail) + 1 if tail is not None else len(ran)
        spent += sum(ms[one] for one in ran[:last]) + (GENERIC_MS if tail is None else 0)
        own += tail is not None
        lost += 0 if tail is None else drops[tail]
    return spent / INPUTS, own / INPUTS, lost / INPUTS


@pytest.mark.parametrize("wrong", [(0.0,), (0.05,), (0.2, 0.02), (0.5, 0.1)])
def test_what_is_foretold_is_what_comes(wrong: tuple[float, ...]) -> None:
    shadow, ms = _shadow(wrong), (4.0, 6.0)[: len(wrong)]
    shadow = replace(shadow, foreign=np.random.default_rng(1).random(shadow.doubt.shape))
    chooser = fitted(shadow, ms, GENERIC_MS, [0.95] * len(wrong), 0.005)
    assert chooser is not None
    mean_ms, own, lost = _told(shadow, chooser, ms)
    assert chooser.mean_ms == pytest.approx(mean_ms)
    assert chooser.own_share == pytest.approx(own)
    assert lost <= 0.005


def test_one_that_is_never_wrong_answers_all() -> None:
    chooser = fitted(_shadow((0.0, 0.0)), (4.0, 6.0), GENERIC_MS, (0.0, 0.0), 0.005)
    assert chooser is not None
    assert (chooser.tails, chooser.mean_ms, chooser.own_share) == ((0,), 4.0, 1.0)


def test_the_second_answers_what_the_first_doubts() -> None:
    """The quick one is right on half of the inputs, the other on all: 3 + 0.5 * 5 beside 5 alone and 3 + 0.5 * 10."""
    shadow = _shadow((0.5, 0.0))
    chooser = fitted(shadow, (3.0, 5.5), GENERIC_MS, (0.0, 0.0), 0.001)
    assert chooser is not None
    assert chooser.tails == (1,)
    chooser = fitted(shadow, (1.0, 5.5), GENERIC_MS, (0.0, 0.0), 0.001)
    assert chooser is not None
    assert chooser.tails == (0, 1)
    assert chooser.mean_ms == pytest.approx(1 + 0.5 * 5.5, rel=0.1)


def test_nothing_is_chosen_where_nothing_is_gained() -> None:
    assert fitted(_shadow((1.0,)), (4.0,), GENERIC_MS, (0.0,), 0.005) is None
    assert fitted(_shadow((0.0,)), (9.9,), GENERIC_MS, (0.0,), 0.005) is None


def test_the_more_may_be_lost_the_quicker() -> None:
    shadow = _shadow((0.3, 0.05))
    ms = [fitted(shadow, (4.0, 6.0), GENERIC_MS, (0.0, 0.0), most) for most in (0.002, 0.01, 0.05, 0.4)]
    found = [one.mean_ms for one in ms if one]
    assert len(found) == 4
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]
