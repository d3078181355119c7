"""What the generic network said of the images of a user: what a smaller one is held against."""

from dataclasses import dataclass

import numpy as np

from edgewise.prune.evidence import Evidence
from edgewise.prune.guard import Guard
from edgewise.prune.posterior import Posterior


@dataclass(frozen=True, eq=False)
class Taught:
    """The generic network's logits at its own input size, and which of its classes are the user's.

    A network that takes another input, or that was made of another base, loses what that loses as well.
    """

    logits: np.ndarray  # float [n, C], in the order of the images; of the last ones at least
    classes: tuple[int, ...]  # of C

    def judge(self, guard: Guard, answers: np.ndarray, temperature: float = 1.0) -> Evidence:
        """`answers`: float [m, K] or [m, K + 1] of a smaller network for the last m images, classes in that order."""
        return guard.judge(self.logits[-len(answers) :], answers, Posterior(self.classes, temperature))
