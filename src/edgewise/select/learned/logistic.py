"""Logistic regression on a few columns and a class: many small fits on many rows, by Newton's method.

scikit-learn would have to be given the classes as a thousand columns. Here their block of the Hessian is diagonal and
is eliminated, so a step costs what it costs without them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

_STEPS = 30
_HALVINGS = 20
_BIAS_PENALTY = 1e-3
_CONVERGED = 1e-8  # of the mean loss


@dataclass(frozen=True, eq=False)
class Logistic:
    """P(y = 1) = 1 / (1 + exp(-(bias + weights . x + offsets[class])))."""

    weights: np.ndarray  # float64 [d]
    bias: float
    offsets: np.ndarray  # float64 [classes]

    def scores(self, columns: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """float64 [n]: log-odds. `columns`: float64 [n, d]; `classes`: int [n].

        Row by row in the same order whatever the number of rows, which a matrix product does not promise.
        """
        return (columns * self.weights).sum(axis=1) + self.bias + self.offsets[classes]

    def probabilities(self, columns: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """float64 [n], in 0..1."""
        return sigmoid(self.scores(columns, classes))

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """What a selector stores of it."""
        return {f"{prefix}.weights": np.append(self.weights, self.bias), f"{prefix}.offsets": self.offsets}

    @classmethod
    def from_arrays(cls, prefix: str, arrays: Mapping[str, np.ndarray]) -> "Logistic":
        """The inverse of `arrays`."""
        weights = arrays[f"{prefix}.weights"]
        return cls(weights[:-1], float(weights[-1]), arrays[f"{prefix}.offsets"])


def sigmoid(scores: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-scores)) without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * scores))


def log_loss(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """float64 like `scores`: the negative log-likelihood of `truth` (0 or 1) at these log-odds."""
    return np.logaddexp(0.0, scores) - truth * scores


@dataclass(frozen=True, eq=False)
class _Lesson:
    """The rows of one fit, sorted by class, so that sums over a class are sums over neighbours."""

    columns: np.ndarray  # float64 [n, d + 1]: the last is 1
    truth: np.ndarray  # float64 [n]
    weights: np.ndarray  # float64 [n]
    place: np.ndarray  # int64 [n]: position of the row's class among those that occur
    starts: np.ndarray  # int64 [occurring]: where the rows of each begin
    penalties: np.ndarray  # float64 [d + 1]
    class_penalty: float
    prior: np.ndarray  # float64 [d + 1]: what the coefficients are drawn to

    def loss(self, coefficients: np.ndarray, offsets: np.ndarray) -> float:
        scores = self.columns @ coefficients + offsets[self.place]
        loss = float(self.weights @ log_loss(scores, self.truth))
        loss += 0.5 * float(self.penalties @ (coefficients - self.prior) ** 2)
        return loss if np.isinf(self.class_penalty) else loss + 0.5 * self.class_penalty * float(offsets @ offsets)

    def step(self, coefficients: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The Newton step of both: the classes' diagonal block is eliminated first (its Schur complement is solved)."""
        chances = sigmoid(self.columns @ coefficients + offsets[self.place])
        errors = self.weights * (chances - self.truth)
        curvature = self.weights * chances * (1 - chances)
        weighted = self.columns * curvature[:, None]
        slope = self.columns.T @ errors + self.penalties * (coefficients - self.prior)
        hessian = self.columns.T @ weighted + np.diag(self.penalties)
        if np.isinf(self.class_penalty):
            return np.linalg.solve(hessian, slope), np.zeros_like(offsets)
        class_slope = np.add.reduceat(errors, self.starts) + self.class_penalty * offsets
        across = np.add.reduceat(weighted, self.starts)  # [occurring, d + 1]
        inverse = 1 / (across[:, -1] + self.class_penalty)
        step = np.linalg.solve(
            hessian - across.T @ (across * inverse[:, None]), slope - across.T @ (inverse * class_slope)
        )
        return step, inverse * (class_slope - across @ step)


def fit_logistic(
    columns: np.ndarray,
    classes: np.ndarray,
    truth: np.ndarray,
    weights: np.ndarray,
    penalty: float,
    class_penalty: float,
    class_count: int,
) -> Logistic:
    """The regression of `truth` of least weighted log-loss + penalty / 2 |weights|^2 + class_penalty / 2 |offsets|^2.

    `columns`: float64 [n, d], of a scale of 1; `classes`: int [n]; `truth`: bool [n]; `weights`: float64 [n].
    An infinite `class_penalty` leaves the classes out. The bias is drawn, ever so weakly, to the log-odds of the whole,
    so that a truth that is always the same has a solution.
    """
    order = np.argsort(classes, kind="stable")
    occurring, starts, place = np.unique(classes[order], return_index=True, return_inverse=True)
    count, d = columns.shape
    share = (float(weights @ truth) + 0.5) / (float(weights.sum()) + 1.0)
    prior = np.zeros(d + 1)
    prior[-1] = np.log(share / (1 - share))
    lesson = _Lesson(
        np.column_stack([columns[order], np.ones(count)]),
        truth[order].astype(np.float64),
        weights[order],
        place,
        starts,
        np.append(np.full(d, penalty), _BIAS_PENALTY),
        class_penalty,
        prior,
    )
    coefficients, found = _minimise(lesson, prior, np.zeros(len(occurring)))
    offsets = np.zeros(class_count)
    offsets[occurring] = found
    return Logistic(coefficients[:-1], float(coefficients[-1]), offsets)


def _minimise(lesson: _Lesson, coefficients: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's method; a step that does not lower the loss is halved. The loss is convex and its minimum is one."""
    enough = _CONVERGED * max(float(lesson.weights.sum()), 1.0)
    loss = lesson.loss(coefficients, offsets)
    for _ in range(_STEPS):
        step, class_step = lesson.step(coefficients, offsets)
        length = 1.0
        for _ in range(_HALVINGS):
            following = lesson.loss(coefficients - length * step, offsets - length * class_step)
            if following < loss:
                break
            length /= 2
        else:
            break
        coefficients, offsets = coefficients - length * step, offsets - length * class_step
        if loss - following < enough:
            break
        loss = following
    return coefficients, offsets
