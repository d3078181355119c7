import numpy as np
import pytest

from edgewise.select.learned.heads import FOLDS, STRENGTHS, Rows, Strength, best_strength, cross_scores, head_of


def _rows(images: int, classes: int = 5) -> Rows:
    return Rows(np.ones(images), np.arange(images) % FOLDS, classes)


def _lesson(by_class: bool, images: int = 900):
    rng = np.random.default_rng(3)
    columns, classes = rng.normal(size=(images, 4)), rng.integers(0, 5, images)
    chance = np.where(classes < 2, 0.85, 0.15) if by_class else np.full(images, 0.4)
    return columns, classes, rng.random(images) < chance


def test_no_image_teaches_the_head_that_judges_it() -> None:
    columns, classes, event = _lesson(by_class=True)
    rows, strength = _rows(len(event)), Strength(1.0, 5.0)
    scores = cross_scores(columns, classes, event, rows, strength)
    changed = event.copy()
    changed[rows.fold == 1] ^= True
    again = cross_scores(columns, classes, changed, rows, strength)
    assert (again[rows.fold == 1] == scores[rows.fold == 1]).all()
    assert (again[rows.fold != 1] != scores[rows.fold != 1]).all()


def test_classes_count_where_they_tell_something() -> None:
    for by_class in (True, False):
        found = best_strength([_lesson(by_class)], _rows(900))
        assert np.isfinite(found.class_penalty) == by_class
        assert found in STRENGTHS


def test_a_head_takes_columns_of_any_scale() -> None:
    columns, classes, event = _lesson(by_class=True)
    event ^= columns[:, 0] > 1
    rows, strength = _rows(len(event)), Strength(1.0, 5.0)
    plain = head_of(columns, classes, event, rows, strength)
    scaled = head_of(columns * 250 + 9, classes, event, rows, strength)
    assert scaled.scores(columns * 250 + 9, classes) == pytest.approx(plain.scores(columns, classes), abs=1e-6)


def test_a_column_that_never_changes_is_no_division_by_zero() -> None:
    columns, classes, event = _lesson(by_class=False, images=60)
    columns[:, 2] = 7.0
    head = head_of(columns, classes, event, _rows(60), Strength(1.0, np.inf))
    assert np.isfinite(head.scores(columns, classes)).all()
    assert head.weights[2] == 0
