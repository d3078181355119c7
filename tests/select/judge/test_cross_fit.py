from dataclasses import dataclass, field, replace

import numpy as np

from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.judge.cross_fit import cross_fit
from edgewise.select.single import SingleModel
from edgewise.select.trials import Trials
from tests.embedding_selector import NearnessMethod


@dataclass
class Spy:
    """A method that notes which images it was shown; the features carry the image's number."""

    seen: list[set[int]] = field(default_factory=list)

    def fit(self, trials: Trials) -> SingleModel:
        self.seen.append({int(number) for number in trials.features[:, 0]})
        return SingleModel(trials.models[len(self.seen) % len(trials.models)])


def test_a_method_sees_the_training_rows_and_nothing_else(make_trials) -> None:
    trials = make_trials(images=60)
    numbered = Trials(**{**vars(trials), "features": np.arange(60.0)[:, None]})
    fold = np.arange(60) % 4
    spy, calls = Spy(), []
    fitted = cross_fit(spy, numbered, fold, lambda: calls.append(1))
    assert len(calls) == 4
    for held_out, seen in enumerate(spy.seen):
        assert seen == {image for image in range(60) if image % 4 != held_out}
    # Fold f was routed by the (f + 1)-th fitted selector, which names the model by its turn.
    assert fitted.routes.chosen.tolist() == [(image % 4 + 1) % 3 for image in range(60)]
    assert (fitted.routes.ran.argmax(axis=1) == fitted.routes.chosen).all()
    right = fitted.routes.right(trials.labels)
    assert (right == trials.right()[np.arange(60), fitted.routes.chosen]).all(), "rows come back in the trials' order"
    assert fitted.decide_ms > 0
    assert (fitted.features_ms == 0).all(), "a selector without features pays for none"


def test_steps_follow_their_images(make_trials) -> None:
    trials = make_trials(images=100)
    routes = cross_fit(CascadeMethod(average=False), trials, np.arange(100) % 3, lambda: None).routes
    assert (routes.steps == routes.ran.sum(axis=1) + 1).all()
    assert len(set(routes.steps)) > 1


def test_decisions_by_penultimate_vectors_are_timed_with_them(make_trials) -> None:
    trials = make_trials(images=60)
    vectors = np.random.default_rng(0).random((60, 4)).astype(np.float16)
    with_vectors = replace(trials, embeddings={"net0": vectors, "net1": vectors})
    method = NearnessMethod("net0", "net2")  # whose `decide` refuses to go without, or to be given another's
    fitted = cross_fit(method, with_vectors, np.arange(60) % 3, lambda: None)
    assert set(fitted.routes.steps) == {2, 3}
    assert fitted.decide_ms > 0
