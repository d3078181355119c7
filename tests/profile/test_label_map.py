"""Where models and labels meet."""

import numpy as np
import pytest

from edgewise.errors import LabelError
from edgewise.images.preprocess import Preprocess
from edgewise.profile.label_map import map_labels
from edgewise.zoo.card import Card
from edgewise.zoo.classes import ClassSet, imagenet1k


def card(name: str, classes: ClassSet) -> Card:
    return Card(name, f"test:{name}", classes, Preprocess(8, 8))


BIG = card("big", imagenet1k())
WNIDS = ("n02123045", "n01440764")
SMALL = card("small", ClassSet(WNIDS))


def test_one_class_set_needs_no_restriction() -> None:
    space = map_labels([BIG, BIG], ["tench"], None)
    assert space.outputs == (None, None)
    assert len(space.classes) == 1000


def test_different_class_sets_are_said() -> None:
    with pytest.raises(LabelError, match=r"big knows 1000 classes \(tench.*small another 2") as caught:
        map_labels([BIG, SMALL], ["tench"], None)
    assert "--classes data" in caught.value.hint


def test_restriction_to_the_classes_of_the_data() -> None:
    space = map_labels([BIG, SMALL], sorted(WNIDS), ["data"])
    big = np.arange(1000)[None]
    assert space.restrict(0, big).tolist() == [[0, 281]]
    assert space.restrict(1, np.array([[5, 6]])).tolist() == [[6, 5]]
    assert space.classes.index("tabby") == 1


def test_class_that_one_model_lacks() -> None:
    with pytest.raises(LabelError, match="small: No class is called 'goldfish'"):
        map_labels([BIG, SMALL], [], ["goldfish"])


def test_one_class_under_two_names() -> None:
    with pytest.raises(LabelError, match="one and the same"):
        map_labels([BIG], [], ["tench", "n01440764"])


def test_numbers_count_in_the_whole_class_set() -> None:
    """A restriction must not change which class a numbered folder means."""
    space = map_labels([BIG], ["0", "1", "2"], ["2", "1", "0"])
    assert [space.index(label) for label in ("0", "1", "2")] == [2, 1, 0]
    ten = [str(i) for i in range(11)]
    space = map_labels([BIG], sorted(ten), ["data"])
    assert all(space.classes.names[space.index(label)] == BIG.classes.names[int(label)] for label in ten)


def test_a_number_that_means_two_classes_is_refused() -> None:
    turned = card("turned", BIG.classes.subset(range(999, -1, -1)))
    with pytest.raises(LabelError, match="The class number 0 is 'n01440764' for big and"):
        map_labels([BIG, turned], ["0", "1"], ["data"])


def test_a_label_that_was_left_out_is_said() -> None:
    with pytest.raises(LabelError, match="not among the 1 asked for"):
        map_labels([BIG], [], ["tench"]).index("goldfish")


def test_the_data_set_may_spell_a_class_in_two_ways() -> None:
    net = card("net", ClassSet(("car", "cat", "tree")))
    assert map_labels([net], ["CAR", "car", "tree"], ["data"]).classes.names == ("car", "tree")
