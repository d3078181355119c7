"""Vector scaling: a scale and a bias for each class, held near one temperature where a class has shown few images."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration.temperature import even_rows, fit_temperature

_FIT_VALUES = 3_000_000
_ITERATIONS = 12  # from 20 on, nothing changes; at 12, a ten-thousandth of the loss
_SPREADS = np.array([[0.1], [0.5]])
"""Standard deviations that scales (relative to the common one) and biases (in logits) are expected to have."""
_PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
_FLOOR = -1e4  # a logit of -inf would become NaN in 0 * -inf; exp(-1e4) is 0 as well


@dataclass(frozen=True, eq=False)
class VectorScaling:
    """Logits of one model, recalibrated class by class. NumPy alone."""

    scale: np.ndarray  # float32 [classes], above 0
    bias: np.ndarray  # float32 [classes]

    def __post_init__(self) -> None:
        if self.scale.ndim != 1 or self.scale.shape != self.bias.shape or not np.all(self.scale > 0):
            raise UsageError(
                "Vector scaling has a scale above 0 and a bias for each class; they are of the shapes "
                f"{list(self.scale.shape)} and {list(self.bias.shape)}, the least scale {self.scale.min(initial=1):g}."
            )

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """float32 logits like `logits` [..., classes], of which the softmax is to be taken."""
        scaled = _shifted(logits)
        scaled *= self.scale
        scaled += self.bias
        return scaled


def fit_vector_scaling(logits: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> VectorScaling:
    """The scales and biases that are likeliest given the labels, as far as held-out labels agree.

    `logits`: float [n, classes]; `labels`: int [n]; `weights`: float [n], of mean 1, how much each image counts: biases
    learn how often classes occur, and must not where all classes are to count alike. Of many rows an even selection is
    used: 3,000 where there are 1,000 classes. Raises `UsageError` when there are no rows. Imports SciPy.
    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", 4.2.
    Differs: logits are taken relative to the row's highest, because a scale of its own would otherwise act on an offset
    that a softmax takes away; normal priors hold the scales near the one that temperature scaling finds and the biases
    near 0, so that a class with few images stays where it was; and of the way there, that part is gone (0 to 4
    quarters) which the likelihood of the other half of the images favours, fitted to each half in turn. Without that
    last step, 1,000 classes whose logits need no correction were worse off than under the temperature alone.
    """
    common = 1 / fit_temperature(logits, labels)
    rows = even_rows(len(labels), logits.shape[1], _FIT_VALUES)
    images = _Images(
        _shifted(logits[rows]) * np.float32(common),
        labels[rows],
        np.ones(len(rows)) if weights is None else weights[rows],
    )
    step = _trusted(images) * _likeliest(images)
    return VectorScaling(((1 + step[0]) * common).astype(np.float32), step[1].astype(np.float32))


@dataclass(frozen=True, eq=False)
class _Images:
    logits: np.ndarray  # float32 [n, classes], calibrated by a temperature
    labels: np.ndarray  # int [n]
    weights: np.ndarray  # float64 [n]

    def take(self, rows: np.ndarray) -> "_Images":
        return _Images(self.logits[rows], self.labels[rows], self.weights[rows])


def _trusted(images: _Images) -> float:
    """How far to go from no correction (0) to the likeliest (1): what is likeliest on images that it has not seen."""
    order = np.random.default_rng(0).permutation(len(images.labels))
    halves = images.take(order[::2]), images.take(order[1::2])
    if len(halves[1].labels) == 0:
        return 0.0
    losses = np.zeros(len(_PARTS))
    for learned, held in (halves, halves[::-1]):
        step = _likeliest(learned)
        losses += [_loss(part * step, held, prior=False)[0] for part in _PARTS]
    return _PARTS[int(losses.argmin())]


def _likeliest(images: _Images) -> np.ndarray:
    """float64 [2, classes]: what is to be added to scales of 1 and to biases of 0."""
    from scipy.optimize import minimize

    shape = (2, images.logits.shape[1])

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = _loss(flat.reshape(shape), images, prior=True)
        return value, gradient.ravel()

    bounds = [(-0.95, 20.0)] * shape[1] + [(-20.0, 20.0)] * shape[1]
    found: Any = minimize(
        loss, np.zeros(2 * shape[1]), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ITERATIONS}
    )
    return np.asarray(found.x).reshape(shape)


def _loss(step: np.ndarray, images: _Images, *, prior: bool) -> tuple[float, np.ndarray]:
    """Mean negative log-likelihood (or log-posterior) of `step` float64 [2, classes], and its gradient."""
    every = np.arange(len(images.labels))
    scores = images.logits * (1 + step[0]).astype(np.float32) + step[1].astype(np.float32)
    scores -= scores.max(axis=1, keepdims=True)
    own = scores[every, images.labels]
    np.exp(scores, out=scores)
    sums = scores.sum(axis=1, keepdims=True)
    loss = float(((np.log(sums[:, 0]) - own) * images.weights).sum())
    scores /= sums
    scores[every, images.labels] -= 1
    weights = images.weights.astype(np.float32)
    gradient = np.stack([np.einsum("n,nc,nc->c", weights, scores, images.logits), weights @ scores]).astype(np.float64)
    if prior:
        loss += float((step**2 / (2 * _SPREADS**2)).sum())
        gradient += step / _SPREADS**2
    return loss / len(every), gradient / len(every)


def _shifted(logits: np.ndarray) -> np.ndarray:
    """float32: relative to the row's highest."""
    plain = np.ascontiguousarray(logits, np.float32)
    shifted = plain - plain.max(axis=-1, keepdims=True)
    return np.maximum(shifted, np.float32(_FLOOR), out=shifted)
