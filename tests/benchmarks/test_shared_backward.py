"""The page of `shared_backward.py` against the stored results, and its measuring on a small network."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

pytestmark = pytest.mark.torch


class Chain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.head = nn.Linear(8, 5)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.two(torch.relu(self.one(images)))).mean((2, 3)))


def test_all_ways_are_measured_and_leave_the_network_as_it_is(scripts) -> None:
    shared = scripts("shared_backward")
    torch.manual_seed(0)
    network = Chain().eval()
    images, wanted = torch.randn(4, 3, 6, 6), torch.randn(4, 4).log_softmax(1)
    before = [weight.detach().clone() for weight in network.parameters()]
    found = shared.measured(network, images, wanted, [0, 2, 4], {"tail": "two"}, 2)
    assert all(torch.equal(weight, own) for weight, own in zip(network.parameters(), before, strict=True))
    one, two, head = 36 * 27 * 8, 36 * 72 * 8, 40
    rows = found["ways"]
    assert rows["everything"]["macs"] == 2 * one + 3 * (two + head)
    assert rows["tail, shared int8"]["macs"] == 2 * two + 3 * head
    assert rows["tail, recomputed"]["macs"] == one + 2 * two + 3 * head
    assert rows["tail, shared float32"]["relative_error"] <= 1e-5
    assert 0 < rows["tail, shared int8"]["relative_error"] < 0.1
    assert rows["tail, shared int8"]["cosine"] >= 0.99
    assert rows["tail, shared int8"]["held_bytes"] < rows["everything"]["held_bytes"]
    assert all(len(row["seconds"]) == 2 for row in rows.values())
    sizes = {precision: cache["bytes"] for precision, cache in found["caches"]["tail"].items()}
    assert sizes == {"float32": 288 * 4 + 20 + 32, "float16": 288 * 2 + 20 + 16, "int8": 288 + 64 + 20 + 16}


def test_a_gradient_that_differs_is_seen(scripts) -> None:
    whole = {"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([0.0, 1.0])}
    same = scripts("shared_backward").compared({"a": whole["a"]}, whole)
    assert (same["relative_error"], same["cosine"]) == (0.0, pytest.approx(1.0))
    other = scripts("shared_backward").compared({"a": torch.tensor([3.0, 4.0]), "b": torch.tensor([0.0, 0.0])}, whole)
    assert other["relative_error"] == pytest.approx(26**-0.5)
    assert other["worst_relative_error"] == 1.0


def test_the_page_is_that_of_the_stored_results(scripts) -> None:
    stored = json.loads((BENCHMARKS / "results" / "shared_backward.json").read_text())
    page = scripts("shared_backward_page")
    assert page.words(stored) == stored["in_words"]
    text = (BENCHMARKS.parent / "docs" / "shared_backward.md").read_text()
    assert text == "\n\n".join(page.page(stored)) + "\n"
