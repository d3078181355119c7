import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgewise.select.rightness import right_in_top
from edgewise.select.trials import top_classes

_SCORES = hnp.arrays(np.float32, (7, 9), elements=st.integers(-3, 3).map(float))


@given(_SCORES, hnp.arrays(np.int64, 7, elements=st.integers(0, 8)), st.integers(1, 9))
def test_counting_agrees_with_sorting_even_on_ties(scores: np.ndarray, labels: np.ndarray, k: int) -> None:
    expected = (top_classes(scores, k) == labels[:, None]).any(axis=1)
    assert right_in_top(scores, labels, k).tolist() == expected.tolist()


def test_equal_scores_rank_in_class_order() -> None:
    scores = np.zeros((3, 4), np.float32)
    assert right_in_top(scores, np.array([0, 1, 2]), 2).tolist() == [True, True, False]
