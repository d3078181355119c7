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


@pytest.mark.parametrize(
    ("label", "index"),
    [
        ("n02085620-Chihuahua", 151),
        ("n02099601_golden_retriever", 207),
        ("n02099601 golden retriever", 207),
        ("N02099601", 207),
        ("n03126707-crane", 517),  # the name alone would mean two classes
        ("n02085620-as my aunt calls it", 151),
    ],
)
def test_leading_id_decides(label: str, index: int) -> None:
    assert imagenet1k().index(label) == index


def test_id_and_name_that_disagree_are_refused() -> None:
    with pytest.raises(LabelError, match=r"means 2 classes: n02085620 \(class 151\), n02099601 \(class 207\)"):
        imagenet1k().index("n02085620-golden retriever")
    with pytest.raises(LabelError, match="No class is called 'n99999999-golden retriever'"):
        imagenet1k().index("n99999999-golden retriever")
    with pytest.raises(LabelError, match="No class is called 'cat-1'"):
        ClassSet(("cat", "dog")).index("cat-1")


@pytest.mark.parametrize("label", ["black-footed ferret", "Black Footed_Ferret", "black_footed-ferret"])
def test_hyphens_are_like_underscores(label: str) -> None:
    assert imagenet1k().short_name(imagenet1k().index(label)) == "black-footed ferret"


def test_unicode_form_does_not_matter() -> None:
    assert ClassSet(("caf\u00e9", "th\u00e9")).indices(["cafe\u0301", "THE\u0301"]) == (0, 1)


def test_classes_that_differ_by_case_are_told_apart_as_written() -> None:
    letters = ClassSet(("a", "A", "b"))
    assert letters.indices(["A", "a", "B"]) == (1, 0, 2)
    with pytest.raises(LabelError, match="means 2 classes"):
        letters.index(" A")


def test_minus_one_is_not_one() -> None:
    with pytest.raises(LabelError):
        numbered(3).index("-1")
    assert numbered(3).index("0002") == 2


def test_hostile_labels_are_named_safely() -> None:
    for label in ("9" * 10_000, "\x1b[2J" * 10_000, "\ud800", ""):
        with pytest.raises(LabelError) as caught:
            imagenet1k().index(label)
        assert caught.value.message.isprintable()
        assert len(caught.value.message) < 800


def test_names_like_it_are_sought_for_the_labels_shown_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search compares with every name, 40 ms a label: 2,000 unknown labels would take minutes."""
    sought: list[str] = []
    nearest = ClassSet.nearest
    monkeypatch.setattr(ClassSet, "nearest", lambda self, label: sought.append(label) or nearest(self, label))
    labels = [f"unknown {i}" for i in range(2000)]
    with pytest.raises(LabelError, match=r"'unknown 4'.*\(and 1995 more\)"):
        ClassSet(("cat", "dog")).indices([*labels, "cat"])
    assert sought == labels[:5]
