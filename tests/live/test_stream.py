"""The stream that is played."""

from collections import Counter
from pathlib import Path

import pytest

from edgewise.errors import DataError, UsageError
from edgewise.images.items import Item
from edgewise.live.stream import DRAWN_THEN, DRAWN_USER, Deck, draw_items, make_stream


def items(**per_label: int) -> list[Item]:
    return [Item(None, f"{label}/{i}", label) for label, count in per_label.items() for i in range(count)]


def test_the_first_user_comes_back_after_the_other() -> None:
    stream = make_stream(items(car=2, Sea_Lion=2, key=2, lamp=2), ["car", "sea lion"], ["key", "lamp"], 70)
    assert [(part.who, part.classes, part.inputs) for part in stream.parts] == [
        ("first", ("car", "Sea_Lion"), 70),
        ("then", ("key", "lamp"), 70),
        ("back", ("car", "Sea_Lion"), 70),
    ]
    assert stream.inputs == 210


def test_without_a_change_there_is_one_part() -> None:
    stream = make_stream(items(car=2, key=2), ["car", "key"], [], 70)
    assert [part.who for part in stream.parts] == ["first"]


def test_no_image_comes_again_before_all_others_of_its_class() -> None:
    deck = Deck(make_stream(items(car=5, key=7), ["car", "key"], [], 50), seed=3)
    given = [deck.next(("car", "key")).name for _ in range(400)]
    for label, many in (("car", 5), ("key", 7)):
        own = [name for name in given if name.startswith(label)]
        assert len(own) > 150
        for first in range(0, len(own) - many, many):
            assert len(set(own[first : first + many])) == many
    assert len(Counter(given)) == 12


def test_the_same_seed_gives_the_same_stream() -> None:
    stream = make_stream(items(car=9, key=9), ["car", "key"], [], 50)
    decks = [Deck(stream, seed) for seed in (1, 1, 2)]
    first, again, other = ([deck.next(("car", "key")).name for _ in range(60)] for deck in decks)
    assert first == again != other


@pytest.mark.parametrize(
    ("classes", "then", "error", "says"),
    [
        (["car", "zebra", "gnu"], [], DataError, "no images of 'zebra', 'gnu'"),
        (["car", "key"], ["gnu", "lamp"], DataError, "no images of 'gnu'"),
        (["car"], [], UsageError, "two classes at least"),
        (["car", "CAR"], [], UsageError, "the same class"),
        (["car", "key"], ["key", "car"], UsageError, "do not change"),
    ],
)
def test_classes_that_cannot_be_played(classes: list[str], then: list[str], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        make_stream(items(car=2, key=2, lamp=2), classes, then, 50)


def test_drawn_images_are_of_the_classes_that_are_played(tmp_path: Path) -> None:
    drawn = draw_items(tmp_path, DRAWN_USER, DRAWN_THEN, 3)
    assert Counter(item.label for item in drawn) == dict.fromkeys((*DRAWN_USER, *DRAWN_THEN), 2)
    with pytest.raises(UsageError, match="zebra"):
        draw_items(tmp_path, ["zebra", "car"], [], 3)
