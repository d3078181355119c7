"""The fast agreement cascade and the fast count of ranked votes against the page in plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.reference.agreement import agreement, ranked_votes
from edgewise.select.agreement.cascade import AgreementCascade
from edgewise.select.agreement.meanings import Meanings
from edgewise.select.agreement.tally import tally


@given(
    models=st.integers(1, 5),
    classes=st.integers(1, 4),
    last=st.sampled_from(["own", "plurality"]),
    seed=st.integers(0, 2**31),
)
def test_the_cascades_agree(models: int, classes: int, last, seed: int) -> None:
    rng = np.random.default_rng(seed)
    named = rng.integers(0, classes, (12, models))
    trust = tuple(rng.choice([0.5, 0.6, 0.7], models).tolist())  # few different ones, so that some are equal
    quorums = tuple(rng.integers(2, models + 2, max(0, models - 2)).tolist())
    ended, answered = AgreementCascade(tuple(map(str, range(models))), quorums, trust, last).settled(named)
    for image in range(12):
        assert (ended[image], answered[image]) == agreement(named[image].tolist(), trust, quorums, last)


def test_a_worked_example() -> None:
    assert agreement([3, 3, 5], [0.5, 0.6, 0.9], [2], "own") == (1, 3)
    assert agreement([3, 4, 4], [0.5, 0.6, 0.9], [2], "own") == (2, 4)
    assert agreement([3, 4, 5], [0.5, 0.9, 0.6], [2], "plurality") == (2, 4)


def test_no_model_is_an_error() -> None:
    with pytest.raises(ValueError, match="one model"):
        agreement([], [], [], "own")


@given(models=st.integers(1, 3), classes=st.integers(2, 6), places=st.integers(2, 4), seed=st.integers(0, 2**31))
def test_the_counts_agree(models: int, classes: int, places: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = min(places, classes)
    ballots = rng.random((8, models, classes)).argsort(axis=2)[:, :, :places]
    meanings = Meanings.learn(ballots, rng.integers(0, classes, 8), classes)
    weights, none = rng.normal(size=(models, places + 2)).astype(np.float32), float(rng.normal())
    named, shares = tally(ballots, meanings, np.arange(models), weights, none)
    pairs = [(had, meant) for had in range(classes) for meant in range(classes)]
    lifts = [
        [
            {pair: float(meanings.lift(*map(np.asarray, (2 * model + table, *pair)))) for pair in pairs}
            for table in (0, 1)
        ]
        for model in range(models)
    ]
    for image in range(8):
        plain = ranked_votes(ballots[image].tolist(), weights.tolist(), lifts, none)
        fast = {int(c): float(p) for c, p in zip(named[image], shares[image], strict=True) if p > 0 or c not in plain}
        assert fast == pytest.approx(plain, rel=1e-4, abs=1e-6)
