"""The meter: seconds, counts and bytes by step, and the most memory since it began."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from edgewise.prune.cost import Macs  # noqa: E402
from edgewise.prune.cost_meter import CostMeter  # noqa: E402

pytestmark = pytest.mark.torch


def test_a_step_that_comes_again_is_added_up() -> None:
    meter, square = CostMeter(), torch.eye(10)
    for _ in range(2):
        with meter.step("solving"):
            square @ square
    with meter.step("reading"):
        pass
    meter.count("solving", Macs(solves=7))
    solving, reading = meter.cost.steps
    assert (solving.step, reading.step) == ("solving", "reading")
    assert solving.macs == Macs(products=2000, solves=7)
    assert reading.macs == Macs()
    assert solving.seconds > 0


def test_a_step_that_fails_is_counted_too() -> None:
    meter = CostMeter()
    with pytest.raises(RuntimeError, match="singular"), meter.step("reading"):
        torch.linalg.inv(torch.eye(10) @ torch.zeros(10, 10))
    assert meter.cost.macs == Macs(products=1000)


def test_the_most_that_was_held_at_once_counts() -> None:
    meter = CostMeter()
    for held in (5, 9, 3):
        meter.keep("activations", held)
    assert meter.cost.kept_bytes == {"activations": 9}


def test_the_peak_stays_when_memory_is_given_back() -> None:
    meter = CostMeter()
    before = meter.cost.peak_bytes
    held = np.ones(8 * 2**20)  # 64 MiB
    del held
    after = meter.cost.peak_bytes
    assert before is not None
    assert after is not None
    assert after >= before
    if meter.cost.peak_of == "run":
        assert after - before > 32 * 2**20
