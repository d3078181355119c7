"""Sample images are of the sort that their heading says, and no decision is shown twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgewise.errors import StoreError
from edgewise.report.samples import choose_samples


def test_every_sample_is_what_its_group_says(profile, decide):
    outcomes = profile()
    decisions = decide(outcomes)
    groups = {group.title: group for group in choose_samples(outcomes, decisions, 1)}
    assert set(groups) == {
        "Cheap was enough", "Saved by a larger model", "Sent the wrong way", "Refused", "Beyond the zoo"
    }  # fmt: skip
    for sample in groups["Cheap was enough"].samples:
        assert sample.right
        assert sample.ran == "small_net"
        assert sample.could == "all models"
    for sample in groups["Saved by a larger model"].samples:
        assert sample.right
        assert "small_net" not in sample.could
    for sample in groups["Sent the wrong way"].samples:
        assert not sample.right
        assert sample.could != "no model"
    for sample in groups["Refused"].samples:
        assert sample.answer == ""
        assert sample.ran == "no model"
    assert {sample.could for sample in groups["Beyond the zoo"].samples} == {"no model"}
    shown = [sample.image for group in groups.values() for sample in group.samples]
    assert len(shown) == len(set(shown))
    assert groups["Refused"].of == sum(decision.refused for decision in decisions) == 3


def test_both_selectors_get_their_say(profile, decide):
    outcomes = profile()
    groups = choose_samples(outcomes, decide(outcomes), 1)
    assert {sample.selector for group in groups for sample in group.samples} == {"premodel", "cascade"}


def test_no_decisions_give_no_samples(profile):
    assert choose_samples(profile(), [], 1) == ()


def test_a_decision_on_an_image_of_another_profile_is_refused(profile, decide):
    outcomes = profile()
    stray = replace(decide(outcomes)[0], image="elsewhere.png")
    with pytest.raises(StoreError, match=r"elsewhere\.png.*does not hold"):
        choose_samples(outcomes, [stray], 1)
