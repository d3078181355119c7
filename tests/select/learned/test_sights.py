import numpy as np
import pytest

from edgewise.select.calibration import softmax
from edgewise.select.learned import sights as module
from edgewise.select.learned.outlook import joint_outlook, mean_of
from edgewise.select.learned.sights import gather_sights


@pytest.mark.parametrize("top_k", [1, 5])
def test_parts_put_together_are_the_whole(make_trials, monkeypatch, top_k: int) -> None:
    monkeypatch.setattr(module, "_CHUNK_VALUES", 77)
    trials = make_trials(images=90, classes=7)
    rows = np.arange(3, 90, 2)
    temperatures = (1.5, 0.8, 1.0)
    found = gather_sights(trials.logits, trials.labels, rows, temperatures, [(0,), (0, 2), (1,)], {(0,), (0, 2)}, top_k)
    parts = [softmax(trials.logits[0][rows], 1.5), softmax(trials.logits[2][rows], 1.0)]
    mean = mean_of(parts)
    assert (found[0, 2].columns == joint_outlook(mean, parts)).all()
    assert (found[(0,)].columns == joint_outlook(parts[0], parts[:1])).all()
    assert found[(1,)].columns.shape == (len(rows), 0)
    assert (found[0, 2].mean_top == mean.argmax(axis=1)).all()
    assert (found[0, 2].top == parts[1].argmax(axis=1)).all()
    assert (found[0, 2].right == trials.right(top_k)[rows, 2]).all()
    by_mean = np.argsort(-mean, axis=1, kind="stable")[:, :top_k] == trials.labels[rows, None]
    assert (found[0, 2].mean_right == by_mean.any(axis=1)).all()
    assert (found[(0,)].mean_right == found[(0,)].right).all()
    assert found[0, 2].answer(True)[1] is found[0, 2].mean_right
    assert found[0, 2].answer(False)[1] is found[0, 2].right
