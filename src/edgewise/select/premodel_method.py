"""How a premodel is fitted to trials: choose the models, label the images, learn the chain, freeze it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion, top_k
from edgewise.select.membership import choose_members
from edgewise.select.optimal import fastest_right
from edgewise.select.premodel import PremodelClassifier
from edgewise.select.premodel_state import Premodel
from edgewise.select.trials import Trials


@dataclass(frozen=True)
class PremodelMethod:
    """The paper's recipe: Algorithm 1, labels by the fastest right model, a K = 5 chain of KNN levels.

    Source: Taylor et al. 2018, 3. Everything, the choice of models included, is learned from the trials given.
    Reading: a member that is never the fastest right one would be a level that never gets a vote, and is left out.
    """

    criterion: Criterion = "top1"
    theta_points: float = 0.5
    n_neighbors: int = 5
    on_fail: Literal["refuse", "run"] = "run"
    fail_model: str | None = None  # run on "all will fail"; None with "run" = the most accurate model of the trials

    def fit(self, trials: Trials) -> Premodel:
        """Fit on all of `trials`. Raises `UsageError` when the policy, theta, K or the features cannot work."""
        if not trials.feature_names:
            raise UsageError("A premodel decides by features; the trials have none.", "Profile with features.")
        right = trials.right(top_k(self.criterion))
        fail_model = self._policy(trials, right)
        members = sorted(choose_members(right, self.theta_points).models)
        labels = fastest_right(right[:, members])
        estimator = PremodelClassifier(self.n_neighbors, fail_label=len(members)).fit(trials.features, labels)
        levels = tuple(trials.models[members[level]] for level in estimator.levels_)
        models = tuple(model for model in trials.models if model in levels or model == fail_model)
        return Premodel(models, trials.feature_names, levels, fail_model, estimator.chain_)

    def _policy(self, trials: Trials, right: np.ndarray) -> str | None:
        if self.on_fail == "refuse":
            if self.fail_model is not None:
                raise UsageError(
                    f"The policy is to refuse, and yet {self.fail_model!r} is to run.",
                    "Name a model with the policy 'run', or none with 'refuse'.",
                )
            return None
        if self.on_fail != "run":
            raise UsageError(f"The policy is {self.on_fail!r}; it must be 'refuse' or 'run'.")
        if self.fail_model is None:
            return trials.models[int(right.sum(axis=0).argmax())]
        if self.fail_model not in trials.models:
            raise UsageError(
                f"{self.fail_model!r}, to be run when no model is expected right, is not in the trials.",
                f"Models are: {', '.join(trials.models)}.",
            )
        return self.fail_model
