import numpy as np

from edgewise.select.cascade.classifier import CascadeClassifier


def test_found_is_how_it_did_on_the_training_data(make_trials) -> None:
    trials = make_trials(images=300)
    X = np.stack(trials.logits, axis=1)
    fitted = CascadeClassifier(times_ms=trials.times_ms, max_mean_ms=40.0).fit(X, trials.labels)
    assert fitted.score(X, trials.labels) == fitted.found_.right / 300
    assert fitted.found_.mean_ms <= 40.0
