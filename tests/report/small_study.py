"""A whole comparison on sixty images whose truth is known, made once."""

from functools import cache

import numpy as np

from edgewise.select.feature_costs import FeatureCosts
from edgewise.select.paper.study import Study, StudySettings, study
from edgewise.select.trials import Trials
from tests.report.test_page import HOSTILE

NAMES = ("tells", "noise", "copy", HOSTILE)


@cache
def small_study() -> Study:
    """Three models that are right up to a difficulty of their own, four features; the variants see two of them."""
    rng = np.random.default_rng(0)
    difficulty, labels = rng.random(60), rng.integers(0, 5, 60)
    logits = [
        5.0 * np.eye(5, dtype=np.float32)[np.where(difficulty < reach, labels, (labels + 1) % 5)]
        for reach in (0.5, 0.7, 0.9)
    ]
    columns = np.column_stack([difficulty, rng.random(60), -difficulty, rng.random(60)])
    costs = FeatureCosts({"a": 0.2, "b": 0.1}, {"tells": ("a",), "noise": ("a", "b"), "copy": (), HOSTILE: ("b",)})
    trials = Trials(
        ("small_net", "middle_net", "large_net"), tuple(logits), labels, columns, NAMES,
        np.array([1.0, 4.0, 16.0]), 1.0, costs,
    )  # fmt: skip
    return study(trials, StudySettings(NAMES[:2], folds=3, bootstrap=20))
