"""The pages of the smaller benchmarks of pruning against the stored results."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", ["bottom_up_run", "live_user", "live_user_images", "prune_ablation", "prune_scenes"])
def test_the_page_is_that_of_the_stored_results(scripts, name: str) -> None:
    stored = json.loads((BENCHMARKS / "results" / f"{name}.json").read_text())
    text = (BENCHMARKS.parent / "docs" / f"{name}.md").read_text()
    assert text == "\n\n".join(scripts(name.removesuffix("_images")).page(stored)) + "\n"


def test_drops_are_paired_by_image_and_drawn_by_user(scripts) -> None:
    drop = scripts("prune_users_drop").drop_over_users
    rng = np.random.default_rng(0)
    right = rng.random((4, 50)) < 0.9
    assert drop(right.tolist(), right.tolist()) == {"value": 0.0, "low": 0.0, "high": 0.0}
    worse = right.copy()
    worse[0] = False
    found = drop(right.tolist(), worse.tolist())
    assert found["value"] == pytest.approx(right[0].mean() / 4)
    assert found["low"] == 0, "the user who loses may not be drawn"
    assert found["high"] > right[0].mean() / 3


def test_ablation_names_each_variant_once(scripts) -> None:
    ablation = scripts("prune_ablation")
    rows = {
        name: {"right": [True] * 8 + [False] * 2, "macs": 5, "generic_macs": 10, "times_as_fast": 2.0}
        | {"expected_drop_points": 1.0, "agreement_percent": 90.0, "seconds": 3.0}
        for name in ablation.VARIANTS
    }
    rows["where: bottom-up"] = {"refused": "No block can be cut."}
    summary = ablation.over_users([([True] * 10, rows), ([True] * 10, rows)])
    assert summary["as usual"]["drop"]["value"] == pytest.approx(0.2)
    assert summary["where: bottom-up"] == {"refused": "No block can be cut."}
    result = {"rapid": False, "seed": 0, "base": "net", "users": 2, "images_of_a_stream": 9, "speedup": 2, "usual": ""}
    table = "\n".join(ablation.page(result | {"variants": summary}))
    assert table.count("-20.00") == len(ablation.VARIANTS) - 1
    assert "No block can be cut." in table
