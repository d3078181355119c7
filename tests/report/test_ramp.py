"""Every model's shade can be read on: WCAG contrast of 4.5 to 1, for zoos of any size."""

from __future__ import annotations

import pytest

from edgewise.report.ramp import shades


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("models", [1, 2, 4, 9, 30])
def test_ink_on_every_shade_can_be_read_and_order_can_be_seen(models):
    found = shades(models)
    assert len(found) == models
    for pairs in ([(s.light, s.light_ink) for s in found], [(s.dark, s.dark_ink) for s in found]):
        for fill, ink in pairs:
            low, high = sorted((luminance(fill), luminance(ink)))
            assert (high + 0.05) / (low + 0.05) >= 4.5
    light = [luminance(s.light) for s in found]
    dark = [luminance(s.dark) for s in found]
    assert light == sorted(light, reverse=True)
    assert dark == sorted(dark)
