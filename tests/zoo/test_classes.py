"""How labels find their classes."""

import pytest

from edgewise.errors import LabelError
from edgewise.zoo.classes import ClassSet, imagenet1k, numbered


@pytest.mark.parametrize("label", ["n01443537", "goldfish", "Goldfish", "Carassius auratus", "Carassius_auratus", "1"])
def test_imagenet_by_id_name_synonym_and_number(label: str) -> None:
    assert imagenet1k().index(label) == 1


def test_imagenet_is_in_sorted_order() -> None:
    classes = imagenet1k()
    assert len(classes) == 1000
    assert list(classes.ids) == sorted(classes.ids)
    assert classes.short_name(0) == "tench"


def test_ambiguous_name_lists_what_it_can_mean() -> None:
    with pytest.raises(LabelError, match=r"'crane' means 2 classes.*n02012849.*n03126707"):
        imagenet1k().index("crane")


def test_unknown_label_lists_the_nearest() -> None:
    with pytest.raises(LabelError, match=r"'golden retreiver'.*golden retriever"):
        imagenet1k().index("golden retreiver")


def test_all_unknown_labels_are_named_at_once() -> None:
    with pytest.raises(LabelError, match=r"'xylo'.*'gnip'"):
        ClassSet(("cat", "dog")).indices(["cat", "xylo", "gnip"])


def test_full_name_wins_over_synonym() -> None:
    classes = ClassSet(("crane, bird", "crane"))
    assert classes.index("crane") == 1
    assert classes.index("bird") == 0


def test_number_needs_to_be_in_range() -> None:
    assert numbered(3).index("2") == 2
    with pytest.raises(LabelError):
        numbered(3).index("3")


def test_subset_keeps_ids() -> None:
    subset = imagenet1k().subset([2, 0])
    assert subset.ids == ("n01484850", "n01440764")
    assert subset.index("tench") == 1


def test_duplicates_are_refused() -> None:
    with pytest.raises(LabelError, match="listed twice: cat"):
        ClassSet(("cat", "dog", "cat"))
