import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.select.agreement import ballots as module
from edgewise.select.agreement.ballots import cast, cast_one
from edgewise.select.trials import top_classes


@given(
    images=st.integers(0, 6),
    classes=st.integers(1, 9),
    places=st.integers(1, 6),
    dtype=st.sampled_from([np.float16, np.float32, np.int8]),
    seed=st.integers(0, 2**31),
)
def test_they_rank_as_the_rest_of_edgewise_does(images: int, classes: int, places: int, dtype, seed: int) -> None:
    # Few different values, so that many are equal.
    scores = np.random.default_rng(seed).integers(-2, 3, (images, classes)).astype(dtype)
    assert [cast_one(row, places) for row in scores] == cast(scores, places).tolist()
    if images:
        assert (cast(scores, places) == top_classes(scores, places)).all()
    else:
        assert cast(scores, places).shape == (0, min(places, classes))


def test_impossible_classes_come_last_and_once() -> None:
    assert cast(np.array([[-np.inf, 1.0, -np.inf, 2.0]]), 4).tolist() == [[3, 1, 0, 2]]


def test_chunks_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(0).normal(size=(23, 7))
    whole = cast(scores)
    monkeypatch.setattr(module, "_CHUNK_VALUES", 30)
    assert (cast(scores) == whole).all()
