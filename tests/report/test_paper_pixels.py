"""What the CNN premodel is given, and what is said where it cannot be."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.images.thumbnail import NAMES
from edgewise.report.paper_pixels import pixel_methods
from edgewise.report.paper_rows import CNN
from edgewise.select.judge.evaluate import OnFeatures


@pytest.mark.torch
def test_every_image_of_the_profile_in_its_order_at_a_measured_cost(profile) -> None:
    outcomes = profile()
    pixels = pixel_methods(outcomes, "top1", 0)
    assert pixels.missing == ""
    entry = pixels.methods("refuse")[CNN]
    assert isinstance(entry, OnFeatures)
    assert entry.features.shape == (12, len(NAMES))
    assert len(np.unique(entry.features, axis=0)) == 12
    assert entry.costs.ms(NAMES) > 0


@pytest.mark.torch
def test_pictures_that_are_gone_or_have_changed_leave_it_out(profile) -> None:
    outcomes = profile()
    first = Path(outcomes.manifest["data"]["root"]) / outcomes.images["image"][0]
    first.write_bytes(first.read_bytes() + b"more")
    pixels = pixel_methods(outcomes, "top1", 0)
    assert "changed" in pixels.missing
    assert pixels.methods("run") == {}
    first.unlink()
    assert "left out" in pixel_methods(outcomes, "top1", 0).missing


def test_without_pytorch_it_is_left_out(profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgewise.report.paper_pixels.find_spec", lambda name: None)
    assert "[torch]" in pixel_methods(profile(), "top1", 0).missing
