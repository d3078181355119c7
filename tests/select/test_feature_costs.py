from edgewise.select.feature_costs import FREE, FeatureCosts, at_once

COSTS = FeatureCosts(
    {"grey": 1.0, "edges": 2.0, "contrast": 0.25, "lengths": 0.5},
    {"contrast": ("grey", "contrast"), "edge_length1": ("grey", "edges", "lengths")},
)


def test_a_shared_step_is_paid_once() -> None:
    assert COSTS.ms(["contrast"]) == 1.25
    assert COSTS.ms(["edge_length1"]) == 3.5
    assert COSTS.ms(["contrast", "edge_length1"]) == 3.75
    assert COSTS.ms([]) == 0.0


def test_features_of_one_step_cost_the_same_however_many() -> None:
    costs = at_once(["a", "b"], 0.5)
    assert costs.ms(["a"]) == costs.ms(["a", "b"]) == 0.5
    assert FREE.ms(["a"]) == 0.0
