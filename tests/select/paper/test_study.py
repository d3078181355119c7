"""The whole comparison on trials whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from edgewise.select.feature_costs import FeatureCosts
from edgewise.select.paper.study import BASE, CHOSEN_HERE, SHUFFLED, Study, StudySettings, study
from edgewise.select.premodel.variants import paper_variants


@pytest.fixture(scope="module")
def found(make_trials) -> Study:
    """One feature tells the difficulty, one copies it, one is noise; the variants see the first and the noise."""
    made = make_trials(images=90, specialists=True)
    tells = made.features[:, 0]
    columns = np.column_stack([tells, np.random.default_rng(0).random(90), 2 * tells])
    names = ("tells", "noise", "copy")
    costs = FeatureCosts({"a": 1.0, "b": 2.0}, {"tells": ("a",), "noise": ("b",), "copy": ("a", "b")})
    trials = replace(made, features=columns, feature_names=names, feature_costs=costs)
    return study(trials, StudySettings(("tells", "noise"), folds=3, bootstrap=20, decide_ms=0.25))


def test_every_variant_is_judged_with_both_policies(found: Study) -> None:
    selectors = [row.name for row in found.table.rows if row.kind == "selector"]
    assert selectors == [*paper_variants(), CHOSEN_HERE]
    assert [one.name for one in found.namings] == selectors
    assert [row.name for row in found.table.rows if row.kind == "control"] == [SHUFFLED]
    assert all(row.refusal_rate == 0 for row in found.table.rows)


def test_what_the_features_tell_is_used_and_shuffling_them_takes_it_away(found: Study) -> None:
    accuracy = {row.name: row.accuracy.value for row in found.table.rows}
    assert accuracy[BASE] > accuracy[SHUFFLED] + 0.2


def test_features_are_filtered_weighed_and_counted(found: Study) -> None:
    features = found.features
    assert [dropped.name for dropped in features.filter.dropped] == ["copy"]
    assert features.importances.features[0].name == "tells"
    assert [point.count for point in features.sweep.points] == [1, 2]
    assert features.sweep.points[0].accuracy.value > features.sweep.base.value
    assert features.elimination.names == features.filter.kept
    assert (features.elimination.removals[0].name, features.elimination.kept) == ("noise", ("tells",))
    assert features.elimination.features_ms == 3.0


def test_overhead_counts_shared_steps_once(found: Study) -> None:
    cost = found.overhead
    assert (cost.chosen_ms, cost.candidates_ms) == (3.0, 3.0)
    assert cost.features_ms == {"tells": 1.0, "noise": 2.0, "copy": 3.0}
    assert cost.decision_ms == pytest.approx(0.25)
    assert list(cost.models_ms) == ["net0", "net1", "net2"]


def test_the_detector_is_judged_by_both_rules_on_every_image(found: Study) -> None:
    assert set(found.soundness) == {"p-value", "singleton"}
    assert all(one.wrong + one.right == 90 for flags in found.soundness.values() for one in flags)
