"""The page of `bfp_training.py` against the stored results, and its measuring on a small network."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

pytestmark = pytest.mark.torch


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "bfp_training.json").read_text())
    page = scripts("bfp_training_page")
    assert page.words(stored) == stored["in_words"]
    text = (BENCHMARKS.parent / "docs" / "bfp_training.md").read_text()
    assert text == "\n\n".join(page.page(stored)) + "\n"


def test_all_ways_start_from_the_same_weights_and_take_turns(scripts) -> None:
    script = scripts("bfp_training")
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    every = script.ways(network)
    assert all(torch.equal(one[0].weight, network[0].weight) for one in every.values())
    rows = script.timed(every, torch.randn(2, 3, 6, 6), 2)
    assert all(len(row["seconds"]) == 2 for row in rows.values())
    assert rows["float32"]["times float32"] == rows["float32"]["times_least"] == 1
    assert not torch.equal(every["BFP16, gradients in BFP16"][0].weight, network[0].weight)


def test_a_case_is_judged_before_and_after_retraining(scripts, tmp_path) -> None:
    users = scripts("bfp_training_users")
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 3)).eval()
    learned, drawn = torch.randn(40, 3, 2, 2), torch.randn(300, 3, 2, 2)
    first, second = network(drawn).topk(2).values.T
    judged = drawn[(first - second).topk(30).indices]  # so clear that no processor's rounding turns an answer
    labels = network(judged).argmax(1).numpy()
    formats = users.grid()[:1]
    case = users.Case("small one", network, learned, judged, labels, 0.01, 2, formats, formats)
    found = users.measured(case, tmp_path)
    assert found["right"] == 100
    assert found["float32 retrained"]["points"]["value"] == 0
    assert len(found["rows"]) == 16
    assert ["blocks retrained" in row for row in found["rows"]] == [True] + [False] * 15
    assert users.measured(case, tmp_path) == found
    assert len(list((tmp_path / "small-one").iterdir())) == 20
    worst, best = found["rows"][0], found["rows"][-4]
    assert (worst["mantissa_bits"], best["mantissa_bits"]) == (4, 8)
    assert worst["blocks"]["right"] <= best["blocks"]["right"]


def test_points_are_counted_on_the_same_images(scripts) -> None:
    told = scripts("bfp_training_users").against(np.array([1, 1, 0, 1], bool), np.array([1, 0, 1, 0], bool))
    assert told["right"] == 75
    assert told["points"]["value"] == 25
