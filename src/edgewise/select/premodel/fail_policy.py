"""What a premodel does when it expects no model to be right."""

from typing import Literal

import numpy as np

from edgewise.errors import UsageError

OnFail = Literal["refuse", "run"]


def fail_model_of(on_fail: OnFail, fail_model: str | None, models: tuple[str, ...], right: np.ndarray) -> str | None:
    """The model to run then: the named one, else the most accurate of `right` bool [n, m]; None = refuse.

    Raises `UsageError` for an unknown policy or model, or a model that a refusal would never run.
    Source: Taylor et al. 2018, 3.1, where the user chooses.
    """
    if on_fail == "refuse":
        if fail_model is not None:
            raise UsageError(
                f"The policy is to refuse, and yet {fail_model!r} is to run.",
                "Name a model with the policy 'run', or none with 'refuse'.",
            )
        return None
    if on_fail != "run":
        raise UsageError(f"The policy is {on_fail!r}; it must be 'refuse' or 'run'.")
    if fail_model is None:
        return models[int(right.sum(axis=0).argmax())]
    if fail_model not in models:
        raise UsageError(
            f"{fail_model!r}, to be run when no model is expected right, is not in the trials.",
            f"Models are: {', '.join(models)}.",
        )
    return fail_model
