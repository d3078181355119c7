import numpy as np
import pytest

from edgewise.select.judge import bootstrap
from edgewise.select.judge.bootstrap import interval, resampled_means, verdict
from edgewise.select.judge.fair_table import Interval


def test_the_interval_is_the_textbook_one() -> None:
    right = (np.arange(1000) < 700).astype(float)[:, None]
    resampled = resampled_means(right, 4000, seed=0)[:, 0]
    found = interval(0.7, resampled)
    half_width = 1.96 * (0.7 * 0.3 / 1000) ** 0.5
    assert found.value == 0.7
    assert found.low == pytest.approx(0.7 - half_width, abs=0.003)
    assert found.high == pytest.approx(0.7 + half_width, abs=0.003)


def test_all_figures_see_the_same_images() -> None:
    figures = np.random.default_rng(0).random((50, 1))
    means = resampled_means(np.hstack([figures, figures, 2 * figures + 1]), 100, seed=3)
    assert (means[:, 0] == means[:, 1]).all()
    assert means[:, 2] == pytest.approx(2 * means[:, 0] + 1)
    assert len(np.unique(means[:, 0])) == 100


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = np.random.default_rng(0).random((40, 3))
    whole = resampled_means(figures, 30, seed=1)
    monkeypatch.setattr(bootstrap, "_CHUNK_VALUES", 100)
    assert resampled_means(figures, 30, seed=1) == pytest.approx(whole)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.001, 0.02, "beats the mixing line"),
        (0.0, 0.02, "cannot tell"),
        (-0.01, 0.02, "cannot tell"),
        (-0.02, -0.001, "does not"),
        (0.0, 0.0, "does not"),
        (1e-17, 2e-16, "does not"),
        (-1e-16, 1e-16, "does not"),
    ],
)
def test_verdicts(low: float, high: float, words: str) -> None:
    assert verdict(Interval((low + high) / 2, low, high)) == words
