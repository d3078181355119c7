from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.criterion import Criterion, score
from edgewise.select.judge.evaluate import OnFeatures, evaluate
from edgewise.select.judge.fair_table import Interval
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.single import SingleMethod


def _row(evaluation, name):
    return next(row for row in evaluation.table.rows if row.name == name)


def test_features_that_tell_beat_the_mixing_line(make_trials) -> None:
    trials = make_trials(images=500, specialists=True)
    evaluation = evaluate(trials, {"premodel": PremodelMethod(on_fail="refuse")}, bootstrap=400)
    row = _row(evaluation, "premodel")
    assert row.verdict == "beats the mixing line"
    assert row.gain is not None
    assert 0.1 < row.gain.low < row.gain.value < row.gain.high
    assert row.selection_accuracy is not None
    assert row.selection_accuracy > 0.95
    assert row.refusal_rate == pytest.approx(0.1, abs=0.05)
    assert row.accuracy.value == pytest.approx(_row(evaluation, "oracle").accuracy.value, abs=0.03)


@pytest.mark.parametrize("seed", range(4))
def test_features_that_know_nothing_never_do(make_trials, seed: int) -> None:
    trials = make_trials(images=300, features="noise", seed=seed)
    methods = {"refuse": PremodelMethod(on_fail="refuse"), "run": PremodelMethod()}
    evaluation = evaluate(trials, methods, bootstrap=400, seed=seed)
    assert {_row(evaluation, name).verdict for name in methods} <= {"does not", "cannot tell"}


def test_confidence_that_tells_beats_the_mixing_line_and_flat_confidence_does_not(make_trials) -> None:
    methods = {"cascade": CascadeMethod(max_mean_ms=30.0, average=False)}
    sure = evaluate(make_trials(images=400), methods, bootstrap=400)
    flat = evaluate(make_trials(images=400, sure_when_right=False), methods, bootstrap=400)
    assert _row(sure, "cascade").verdict == "beats the mixing line"
    assert _row(flat, "cascade").verdict != "beats the mixing line"


def test_the_figures_of_singles_and_oracle_are_counted_by_hand(make_trials) -> None:
    trials = make_trials(images=200)
    difficulty = trials.features[:, 0]
    table = evaluate(trials, {"static": SingleMethod()}, bootstrap=50).table
    assert [(row.name, row.kind) for row in table.rows] == [
        ("net0", "single"),
        ("net1", "single"),
        ("net2", "single"),
        ("best static", "baseline"),
        ("static", "selector"),
        ("oracle", "oracle"),
    ]
    single, oracle = table.rows[1], table.rows[-1]
    assert single.accuracy.value == pytest.approx((difficulty < 0.7).mean())
    assert single.accuracy.low < single.accuracy.value < single.accuracy.high
    assert (single.mean_ms, single.p90_ms, single.choose_ms) == (10.5, 10.5, 0.0)
    assert single.selection_accuracy == pytest.approx(((difficulty >= 0.5) & (difficulty < 0.7)).mean())
    assert single.shares == {"net0": 0.0, "net1": 1.0, "net2": 0.0}
    assert (single.mixing_accuracy, single.gain, single.verdict) == (None, None, "")
    cost = np.select([difficulty < 0.5, difficulty < 0.7, difficulty < 0.9], [1.0, 10.0, 100.0], 1.0)
    assert oracle.mean_ms == pytest.approx(0.5 + cost.mean())
    assert oracle.accuracy.value == pytest.approx((difficulty < 0.9).mean())
    assert (oracle.selection_accuracy, oracle.verdict) == (None, "")
    assert table.mixing_line[0] == (0.5, 0.0)
    assert table.mixing_line[-1] == (100.5, pytest.approx((difficulty < 0.9).mean()))


def test_a_selector_pays_for_decoding_features_deciding_and_all_models_run(make_trials) -> None:
    trials = make_trials(images=200)
    methods = {"premodel": PremodelMethod(), "cascade": CascadeMethod()}
    evaluation = evaluate(trials, methods, bootstrap=50)
    for name, features_ms in (("premodel", 0.25), ("cascade", 0.0)):
        routes, row = evaluation.routed[name], _row(evaluation, name)
        without_deciding = 0.5 + features_ms + routes.ran @ trials.times_ms
        deciding = evaluation.time_ms[name] - without_deciding
        per_step = deciding / routes.steps
        assert per_step == pytest.approx(per_step[0], rel=1e-6)
        assert 0 < per_step[0] < 5
        assert row.choose_ms == pytest.approx(features_ms + deciding.mean())
        assert row.mean_ms == pytest.approx(evaluation.time_ms[name].mean())
        assert row.p90_ms == pytest.approx(np.quantile(evaluation.time_ms[name], 0.9))
        assert sum(row.shares.values()) == pytest.approx(1 - row.refusal_rate)
        assert row.accuracy.value == routes.right(trials.labels).mean()


def test_a_given_cost_of_deciding_replaces_the_measured_one(make_trials) -> None:
    trials = make_trials(images=60)
    evaluation = evaluate(trials, {"cascade": CascadeMethod()}, bootstrap=5, decide_ms=2.0)
    routes = evaluation.routed["cascade"]
    expected = 0.5 + 2.0 * routes.steps + routes.ran @ trials.times_ms
    assert evaluation.time_ms["cascade"] == pytest.approx(expected)


def test_a_static_choice_of_the_best_model_does_not_beat_the_line(make_trials) -> None:
    assert _row(evaluate(make_trials(), {"static": SingleMethod()}, bootstrap=200), "static").verdict == "does not"


def test_a_control_shows_what_its_own_features_give_away(make_trials) -> None:
    trials = make_trials(images=400, features="noise")
    leak = make_trials(images=400).features  # same seed: the difficulty of the same images
    controls = {"file size": OnFeatures(PremodelMethod(on_fail="refuse"), leak, ("bytes",))}
    evaluation = evaluate(trials, {"premodel": PremodelMethod()}, controls=controls, bootstrap=200, decide_ms=0.0)
    row = _row(evaluation, "file size")
    assert (row.kind, row.verdict) == ("control", "beats the mixing line")
    assert (row.choose_ms, _row(evaluation, "premodel").choose_ms) == (0.0, 0.25), "its features cost nothing"


def test_same_seed_same_figures_other_seed_other_folds(make_trials) -> None:
    trials = make_trials(images=150, features="noise")
    first, again, other = (evaluate(trials, {"p": PremodelMethod()}, bootstrap=50, seed=s) for s in (1, 1, 2))
    assert (first.fold == again.fold).all()
    assert (first.routed["p"].chosen == again.routed["p"].chosen).all()
    assert first.table.rows[0] == again.table.rows[0]
    assert (first.fold != other.fold).any()
    assert sorted(set(first.fold)) == [0, 1, 2, 3, 4]


def test_top_five_and_classes_rarer_than_folds(make_trials) -> None:
    trials = make_trials(images=60, classes=40)
    table = evaluate(trials, {"p": PremodelMethod("top5")}, criterion="top5", folds=10, bootstrap=20).table
    assert (table.criterion, table.folds) == ("top5", 10)
    assert table.rows[0].accuracy.value == trials.right(5)[:, 0].mean()


@pytest.mark.parametrize("criterion", ["top1", "macro-f1"])
def test_a_row_is_compared_with_the_best_single_model_image_by_image(make_trials, criterion: Criterion) -> None:
    trials = make_trials(images=300)
    evaluation = evaluate(trials, {"c": CascadeMethod(), "static": SingleMethod()}, criterion=criterion, bootstrap=200)
    best = _row(evaluation, "net2")
    assert (best.marks, best.over_best) == (("largest", "best"), None)
    assert (_row(evaluation, "net0").marks, _row(evaluation, "net1").marks) == (("smallest",), ())
    for row in evaluation.table.rows:
        if row is not best:
            assert row.over_best is not None
            assert row.over_best.value == pytest.approx(row.accuracy.value - best.accuracy.value)
    for same in ("static", "best static"):
        assert _row(evaluation, same).over_best == Interval(0, 0, 0), "it is that model, in every resample"
    # net1 is right where net2 is, and nowhere else: a difference that resampling the two apart would get wrong.
    paired = _row(evaluation, "net1").over_best
    assert paired is not None
    assert paired.high < 0


def test_the_best_static_model_is_named_without_the_images_that_it_answers(make_trials) -> None:
    trials = make_trials(images=60)
    fold = evaluate(trials, {}, folds=3, bootstrap=5).fold
    # Each of two models is right in one fold alone: the training folds always name the wrong one.
    wrong = np.roll(np.eye(6)[trials.labels], 1, axis=1)
    logits = [np.where((fold == which)[:, None], np.eye(6)[trials.labels], wrong) for which in (0, 1)]
    pair = replace(trials, models=("a", "b"), logits=tuple(logits), times_ms=np.array([1.0, 2.0]))
    row = _row(evaluate(pair, {}, folds=3, bootstrap=5), "best static")
    assert (row.kind, row.verdict, row.gain) == ("baseline", "", None)
    assert row.accuracy.value == 0
    assert row.shares == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}


def test_macro_f1_is_that_of_the_answers_and_its_gain_is_over_the_coin_s(make_trials) -> None:
    trials = make_trials(images=400, specialists=True)
    methods = {"premodel": PremodelMethod(on_fail="refuse")}
    evaluation = evaluate(trials, methods, criterion="macro-f1", bootstrap=100)
    row = _row(evaluation, "premodel")
    routes = evaluation.routed["premodel"]
    assert row.accuracy.value == pytest.approx(score(trials.labels, routes.top, "macro-f1"))
    assert row.accuracy.low < row.accuracy.value < row.accuracy.high
    assert row.gain is not None
    assert row.mixing_accuracy == pytest.approx(row.accuracy.value - row.gain.value)
    assert row.verdict == "beats the mixing line"
    assert evaluation.table.mixing_line[0] == (0.5, 0.0)
    static = evaluate(trials, {"static": SingleMethod()}, criterion="macro-f1", bootstrap=100)
    assert _row(static, "static").verdict == "does not"


def test_energy_is_that_of_the_models_run(make_trials) -> None:
    trials = make_trials(images=200)
    spent = replace(trials, energy_mj=np.array([1.0, 20.0, 300.0]), energy_source="modelled")
    evaluation = evaluate(spent, {"cascade": CascadeMethod()}, bootstrap=5)
    routes = evaluation.routed["cascade"]
    assert evaluation.table.energy_source == "modelled"
    assert _row(evaluation, "net1").mean_energy_mj == 20
    assert _row(evaluation, "cascade").mean_energy_mj == pytest.approx((routes.ran @ [1.0, 20.0, 300.0]).mean())
    assert _row(evaluate(trials, {}, bootstrap=5), "net1").mean_energy_mj is None


def test_progress_counts_every_fit(make_trials) -> None:
    heard: list[tuple[int, int]] = []
    methods = {"a": SingleMethod(), "b": SingleMethod()}
    evaluate(make_trials(images=30), methods, folds=3, bootstrap=5, progress=lambda what, *fits: heard.append(fits))
    assert heard == [(done, 6) for done in range(1, 7)]


@pytest.mark.parametrize("name", ["net0", "oracle", "best static"])
def test_two_rows_of_one_name_are_refused(make_trials, name: str) -> None:
    with pytest.raises(UsageError, match=name):
        evaluate(make_trials(images=30), {name: SingleMethod()})


def test_no_resamples_is_refused(make_trials) -> None:
    with pytest.raises(UsageError, match="resamples"):
        evaluate(make_trials(images=30), {}, bootstrap=0)


def test_half_precision_logits_are_fine(make_trials) -> None:
    trials = make_trials(images=60)
    half = replace(trials, logits=tuple(array.astype(np.float16) for array in trials.logits))
    table = evaluate(half, {"p": PremodelMethod(), "c": CascadeMethod()}, folds=3, bootstrap=5).table
    assert [row.accuracy.value for row in table.rows[:3]] == trials.right().mean(axis=0).tolist()
