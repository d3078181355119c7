import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.prune.foreign import accepted_at, foreign_scores


def test_scores_follow_their_definitions() -> None:
    logits = np.log([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]])
    assert foreign_scores("max-probability", logits) == pytest.approx([-2 / 3, -1 / 2])
    assert foreign_scores("energy", logits) == pytest.approx([-np.log(0.9), -np.log(0.4)])
    assert foreign_scores("other", logits) == pytest.approx([np.log(0.1 / 0.9), np.log(0.6 / 0.4)])


def test_neighbours_know_where_the_user_was() -> None:
    rng = np.random.default_rng(0)
    known, own = (np.abs(rng.normal(size=(200, 8))) + 6 * np.eye(8)[0] for _ in range(2))
    away = np.abs(rng.normal(size=(200, 8))) + 6 * np.eye(8)[1]
    logits = np.zeros((200, 3))
    found = accepted_at(
        foreign_scores("neighbours", logits, own, known), foreign_scores("neighbours", logits, away, known)
    )
    assert found == 0


@pytest.mark.parametrize(("rejection", "accepted"), [(0.0, 1.0), (0.05, 0.95), (0.5, 0.5)])
def test_the_threshold_keeps_the_users_own(rejection: float, accepted: float) -> None:
    scores = np.random.default_rng(0).permutation(100) / 100
    assert accepted_at(scores, scores, rejection) == pytest.approx(accepted)
    assert accepted_at(scores, scores + 2, rejection) == 0
    assert accepted_at(np.zeros(100), np.zeros(7), rejection) == 1  # ties cannot be turned away alone


def test_what_cannot_be_scored() -> None:
    logits = np.zeros((4, 3))
    with pytest.raises(UsageError, match="'guess'"):
        foreign_scores("guess", logits)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="Neighbours need features"):
        foreign_scores("neighbours", logits)
    with pytest.raises(UsageError, match="10-th nearest of 4"):
        foreign_scores("neighbours", logits, np.eye(4), np.eye(4))
    with pytest.raises(UsageError, match="own rejection is 1"):
        accepted_at(np.zeros(3), np.zeros(3), 1.0)
    with pytest.raises(UsageError, match="foreign scores are none"):
        accepted_at(np.zeros(3), np.zeros(0))
