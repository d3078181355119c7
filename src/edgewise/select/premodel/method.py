"""How a premodel is fitted to trials: choose the models, label the images, learn to choose, freeze it."""

from dataclasses import dataclass

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion
from edgewise.select.premodel.chooser_fit import Radius, fit_chain, fit_flat
from edgewise.select.premodel.fail_policy import OnFail
from edgewise.select.premodel.lesson import Labels, lesson_of
from edgewise.select.premodel.membership import MembersBy
from edgewise.select.premodel.premodel import Premodel
from edgewise.select.trials import Trials


@dataclass(frozen=True)
class PremodelMethod:
    """The paper's recipe (Algorithm 1, labels by the fastest right model, a chain of KNN levels), and its variants.

    Source: Taylor et al. 2018, 3; Sanz Marco et al. 2019. Everything, the choice of models included, is learned from
    the trials given.
    """

    criterion: Criterion = "top1"
    theta_points: float = 0.5
    n_neighbors: int = 5
    on_fail: OnFail = "run"
    fail_model: str | None = None  # run on "all will fail"; None with "run" = the most accurate model of the trials
    chain: str = "knn"  # the family of each level, "svm.knn.knn"; the last one serves the levels that are left
    single: bool = False  # one classifier of that family over the members and "fail", in the place of a chain
    labels: Labels = "one-hot"  # a level says yes where its model is the fastest right one; "multi-hot": is right
    radius: Radius = None  # all known images within it vote, in the place of K; "auto" chooses it in training
    members: MembersBy = "accuracy"  # the method of Algorithm 1
    features: tuple[str, ...] | None = None  # None = all that the trials have
    seed: int = 0

    def fit(self, trials: Trials) -> Premodel:
        """Fit on all of `trials`. Raises `UsageError` when the settings contradict each other or cannot work."""
        trials = trials if self.features is None else trials.with_features(self.features)
        if not trials.feature_names:
            raise UsageError("A premodel decides by features; the trials have none.", "Profile with features.")
        if self.single and self.labels == "multi-hot":
            raise UsageError("A single classifier has one class per image; multi-hot labels are for a chain.")
        lesson = lesson_of(
            trials,
            self.criterion,
            self.theta_points,
            self.members,
            self.labels,
            on_fail=self.on_fail,
            fail_model=self.fail_model,
        )
        settings = (self.chain, self.n_neighbors, self.radius, self.seed)
        if self.single:
            chooser = fit_flat(trials.features, lesson.labels, len(lesson.levels), *settings)
        else:
            chooser = fit_chain(trials.features, lesson.yes, *settings)
        return Premodel(lesson.models, trials.feature_names, lesson.levels, lesson.fail_model, chooser)
