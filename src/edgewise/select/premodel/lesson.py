"""What a premodel is taught: which models to choose among, and which of them each training image is for."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion, top_k
from edgewise.select.optimal import fastest_right
from edgewise.select.premodel.fail_policy import OnFail, fail_model_of
from edgewise.select.premodel.membership import MembersBy, choose_members
from edgewise.select.trials import Trials

Labels = Literal["one-hot", "multi-hot"]


@dataclass(frozen=True, eq=False)
class Lesson:
    """The levels of a premodel, and what each should say of n training images."""

    levels: tuple[str, ...]  # the models to choose among, cheapest first
    yes: np.ndarray  # bool [n, levels]
    fail_model: str | None  # run where all will fail; None = refuse
    models: tuple[str, ...]  # the levels and the fail model, cheapest first

    @property
    def labels(self) -> np.ndarray:
        """int64 [n] in 0..levels: the first level that should say yes; `levels` = all will fail."""
        return fastest_right(self.yes) if self.levels else np.zeros(len(self.yes), np.int64)


def lesson_of(
    trials: Trials,
    criterion: Criterion,
    theta_points: float,
    members: MembersBy = "accuracy",
    labels: Labels = "one-hot",
    *,
    on_fail: OnFail,
    fail_model: str | None,
) -> Lesson:
    """Choose the members by Algorithm 1 and label all of `trials`. Raises `UsageError` as the parts do.

    Source: Taylor et al. 2018, 3.2.
    Reading: a member that no image is labelled with would be a level that never says yes, and is left out.
    """
    right = trials.right(top_k(criterion))
    policy = fail_model_of(on_fail, fail_model, trials.models, right)
    chosen = np.sort(choose_members(right, theta_points, method=members, times_ms=trials.times_ms).models)
    yes = yes_columns(right[:, chosen], labels)
    asked = yes.any(axis=0)
    levels = tuple(trials.models[member] for member in chosen[asked])
    models = tuple(model for model in trials.models if model in levels or model == policy)
    return Lesson(levels, yes[:, asked], policy, models)


def yes_columns(right: np.ndarray, labels: Labels) -> np.ndarray:
    """bool [n, m]: what each level should say, from whether each model is right, bool [n, m], cheapest first.

    "one-hot": yes to the fastest right model alone. "multi-hot": yes to every right one. Raises `UsageError` for
    another word. Source: Taylor et al. 2018, 3.2; Sanz Marco et al. 2019 name the second.
    """
    if labels == "multi-hot":
        return right
    if labels != "one-hot":
        raise UsageError(f"The labels are {labels!r}; they must be 'one-hot' or 'multi-hot'.")
    return fastest_right(right)[:, None] == np.arange(right.shape[1])
