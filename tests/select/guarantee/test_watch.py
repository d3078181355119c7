import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.guarantee import watch
from edgewise.select.guarantee.watch import Watch, log_probabilities


def _vectors(rows: int, seed: int, width: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Three classes around points of their own, wide along one axis and narrow along the others."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, rows)
    spread = np.array([3.0, *[0.3] * (width - 1)])
    return 4 * np.eye(width)[labels + 1] + spread * rng.normal(size=(rows, width)), labels


def _fitted(measure="mahalanobis", width: int = 6) -> Watch:
    vectors, labels = _vectors(400, 0, width)
    return Watch.fit("net0", "embedding", vectors, labels, measure, 5, 0)


def test_mahalanobis_counts_in_spreads_within_classes() -> None:
    found = _fitted().strangeness(np.array([[0, 4, 0, 0, 0, 0], [3, 4, 0, 0, 0, 0], [0, 4, 0, 0, 0, 3.0]]))
    assert found == pytest.approx([0.0, 1.0, 10.0], abs=0.8)


def test_neighbours_count_directions() -> None:
    known = np.repeat(np.eye(3)[:2], 10, axis=0)
    fitted = Watch.fit("net0", "embedding", known, np.repeat([0, 1], 10), "neighbours", 10, 0)
    found = fitted.strangeness(np.array([[5.0, 0, 0], [1, 1, 0], [0, 0, 1], [-1, 0, 0], [0, 0, 0]]))
    between = np.sqrt(2 - np.sqrt(2))
    assert found == pytest.approx([0.0, between, np.sqrt(2), np.sqrt(2), np.sqrt(2)], abs=1e-6)


@pytest.mark.parametrize("measure", ["neighbours", "mahalanobis"])
@pytest.mark.parametrize("width", [4, 6, 150])
def test_an_image_alone_is_as_strange_as_among_others(monkeypatch: pytest.MonkeyPatch, measure, width: int) -> None:
    fitted = _fitted(measure, width)
    vectors, _ = _vectors(300, 1, width)
    whole = fitted.strangeness(vectors.astype(np.float16))
    alone = [fitted.strangeness(row[None])[0] for row in vectors.astype(np.float16)]
    assert (whole == alone).all()
    monkeypatch.setattr(watch, "_CHUNK_VALUES", 2000)
    assert (fitted.strangeness(vectors.astype(np.float16)) == whole).all()
    assert len(fitted.axes) <= 64
    again = Watch.from_state(*fitted.state())
    assert (again.strangeness(vectors) == fitted.strangeness(vectors)).all()


@pytest.mark.parametrize("measure", ["neighbours", "mahalanobis"])
def test_what_lies_elsewhere_is_stranger(measure) -> None:
    fitted = _fitted(measure)
    familiar = fitted.strangeness(_vectors(300, 2)[0])
    elsewhere = fitted.strangeness(np.random.default_rng(3).normal(size=(300, 6)) * 4 - 4 * np.ones(6))
    assert (elsewhere > np.quantile(familiar, 0.95)).mean() > 0.8


def test_what_is_impossible_is_no_infinity() -> None:
    found = log_probabilities(np.array([[0.0, 0.0, -np.inf], [90.0, 0.0, 0.0]]))
    assert found[0] == pytest.approx([-np.log(2), -np.log(2), -30.0])
    assert found[1].tolist() == [0.0, -30.0, -30.0]


@pytest.mark.parametrize(
    ("vectors", "settings", "says"),
    [
        (np.zeros((20, 3)), {}, "nothing is far"),
        (np.full((20, 3), np.nan), {}, "not finite"),
        (np.random.default_rng(0).normal(size=(20, 3)), {"k": 21}, "21-th nearest of 20"),
        (np.random.default_rng(0).normal(size=(20, 3)), {"k": 0}, "0-th nearest"),
        (np.random.default_rng(0).normal(size=(20, 3)), {"measure": "guess"}, "'guess'"),
    ],
)
def test_what_cannot_be_watched(vectors: np.ndarray, settings: dict[str, object], says: str) -> None:
    asked = {"measure": "neighbours", "k": 5, **settings}
    with pytest.raises(UsageError, match=says):
        Watch.fit("net0", "embedding", vectors, np.arange(20) % 2, seed=0, **asked)  # type: ignore[arg-type]
