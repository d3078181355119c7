from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.ceiling.ceiling import ceiling
from edgewise.select.criterion import Criterion
from edgewise.select.judge.evaluate import evaluate


@pytest.mark.parametrize("criterion", ["top1", "top5"])
def test_it_agrees_with_the_fair_table_to_the_last_digit(make_trials, criterion: Criterion) -> None:
    trials = make_trials(images=300, classes=20, specialists=True, seed=2)
    found = ceiling(trials, criterion, bootstrap=100, seed=5)
    table = evaluate(trials, {}, criterion=criterion, bootstrap=100, seed=5).table
    *singles, _, oracle = table.rows
    assert [reach.accuracy for reach in found.singles] == [row.accuracy for row in singles]
    assert [reach.alone_ms for reach in found.singles] == [row.mean_ms for row in singles]
    assert found.oracle.accuracy == oracle.accuracy
    assert found.oracle.mean_ms.value == pytest.approx(oracle.mean_ms)
    assert found.gain == oracle.over_best
    assert found.best.name == next(row.name for row in singles if "best" in row.marks)


def test_nested_models_leave_nothing_but_time(make_trials) -> None:
    trials = make_trials(images=1000)
    difficulty = trials.features[:, 0]
    found = ceiling(trials, bootstrap=50)
    assert (found.best.name, found.gain.value) == ("net2", 0)
    easy, middle, hard = (
        difficulty < 0.5,
        (difficulty >= 0.5) & (difficulty < 0.7),
        (difficulty >= 0.7) & (difficulty < 0.9),
    )
    expected = 0.5 + 1 + 9 * middle.mean() + 99 * hard.mean()
    assert found.perfect_ms.value == pytest.approx(expected)
    assert found.perfect_ms.low < expected < found.perfect_ms.high
    assert found.cheapest_first_ms.value == pytest.approx(0.5 + 1 + 10 * middle.mean() + 100 * hard.mean())
    assert found.oracle.mean_ms.value == pytest.approx(found.perfect_ms.value)
    assert [accuracy for _, accuracy in found.frontier] == pytest.approx(
        np.cumsum([easy.mean(), middle.mean(), hard.mean()])
    )
    assert found.frontier[0][0] == 1.5
    look = found.best.look
    assert look is not None
    assert look.accuracy == found.best.accuracy.value, "confidences tell right from wrong here"
    assert look.mean_ms < found.best.alone_ms


def test_macro_f1_counts_classes_alike(make_trials) -> None:
    trials = make_trials(images=300, seed=4)
    labels = np.where(np.arange(300) < 290, 0, 1)
    # Always class 0: right on most images, on one class of two.
    logits = tuple(np.tile(np.eye(6, dtype=np.float32)[0], (300, 1)) for _ in trials.models)
    found = ceiling(replace(trials, labels=labels, logits=logits), "macro-f1", bootstrap=20)
    assert found.best.accuracy.value == pytest.approx(0.5)
    assert found.oracle.accuracy.value == pytest.approx(0.5)


def test_one_model_and_models_of_one_time(make_trials) -> None:
    trials = make_trials(images=50)
    one = replace(trials, models=("net0",), logits=trials.logits[:1], times_ms=trials.times_ms[:1])
    found = ceiling(one, bootstrap=5)
    assert (found.gain.value, found.perfect_ms.value, found.most_accurate_look) == (0, 1.5, None)
    assert len(found.worth) == 1
    same = ceiling(replace(trials, times_ms=np.full(3, 2.0)), bootstrap=5)
    assert {reach.perfect_ms for reach in same.singles} == {2.5}
    assert same.frontier == ((2.5, same.oracle.accuracy.value),)


def test_half_precision_and_chunks_do_not_show(make_trials, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = make_trials(images=100)
    half = replace(trials, logits=tuple(array.astype(np.float16) for array in trials.logits))
    whole = ceiling(half, bootstrap=5)
    monkeypatch.setattr("edgewise.select.ceiling.ceiling._CHUNK_ROWS", 7)
    assert ceiling(half, bootstrap=5) == whole


def test_nothing_to_count_is_refused(make_trials) -> None:
    trials = make_trials(images=20)
    with pytest.raises(UsageError, match="no images"):
        ceiling(trials.take(np.arange(0)))
    with pytest.raises(UsageError, match="resamples"):
        ceiling(trials, bootstrap=0)
