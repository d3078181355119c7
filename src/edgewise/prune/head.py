"""The last layer of a user's network: the user's classes, and one output for all others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from edgewise.errors import ModelError, UsageError
from edgewise.prune.other_row import fit_other_row
from edgewise.prune.user_classes import check_classes, other_classes

Classifier = nn.Linear | nn.Conv2d


class LogSumExpHead(nn.Module):
    """K logits of the user's classes, and the logsumexp of all others': [n, d] to [n, K + 1].

    A 1x1 convolution takes [n, d, 1, 1] and gives [n, K + 1, 1, 1]. Exact, and as large as the classifier it is of:
    the rows of other classes stay. Softmax over its outputs gives what softmax over all classes gives, summed up.
    """

    def __init__(self, own: Classifier, others: Classifier) -> None:
        super().__init__()
        self.own, self.others = own, others

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Raises `UsageError` for maps larger than 1x1: pooled afterwards, they would not be a logsumexp."""
        axis = -1
        if isinstance(self.own, nn.Conv2d):
            _check_map(features)
            axis = 1
        other = torch.logsumexp(self.others(features), dim=axis, keepdim=True)
        return torch.cat([self.own(features), other], dim=axis)


@dataclass(frozen=True, eq=False)
class DistilledHead:
    """A plain layer of K + 1 rows, and how well its last one tells the logsumexp of inputs left out of its fit."""

    layer: Classifier
    r_squared: float


def restricted(classifier: Classifier, classes: Sequence[int]) -> LogSumExpHead:
    """The exact head for the user's classes, in the order given; weights are copied.

    `classifier`: `nn.Linear` [C, d], or an `nn.Conv2d` of 1x1 [C, d, 1, 1], as some CNNs end with.
    Raises `UsageError` for another layer, and for classes that are fewer than two, named twice, not the model's, or all
    of the model's; `ModelError` for weights that are not finite.
    """
    own, rest = _split(classifier, classes)
    return LogSumExpHead(_rows(classifier, own), _rows(classifier, rest)).train(classifier.training)


def distilled_head(classifier: Classifier, classes: Sequence[int], features: np.ndarray) -> DistilledHead:
    """A layer of the classifier's kind with K + 1 rows: the user's are copied, the last is fitted.

    `features`: float [n, d], what the classifier took of the user's unlabelled stream; no image of other classes is
    needed. Raises what `restricted` and `fit_other_row` do.
    Reading: fitted where the user's images lie; away from them the plane lies below the logsumexp, which is convex,
    or above, so how well it tells foreign inputs is for measurement (`edgewise.prune.foreign`).
    """
    own, rest = _split(classifier, classes)
    width = classifier.weight.shape[1]
    every = classifier.weight.detach().cpu().to(torch.float64).reshape(-1, width).numpy()
    bias = np.zeros(len(every)) if classifier.bias is None else classifier.bias.detach().cpu().double().numpy()
    fitted = fit_other_row(features, every[rest], bias[rest])
    layer = _rows(classifier, np.append(own, rest[0]))
    assert layer.bias is not None
    with torch.no_grad():
        layer.weight[-1] = torch.from_numpy(fitted.weights).to(layer.weight).reshape(layer.weight[-1].shape)
        layer.bias[-1] = fitted.intercept
    return DistilledHead(layer, fitted.r_squared)


def _split(classifier: Classifier, classes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The user's classes and the others, of a classifier that can be split."""
    _check_classifier(classifier)
    known = classifier.weight.shape[0]
    own = check_classes(classes, known)
    return own, other_classes(own, known)


def _rows(classifier: Classifier, rows: np.ndarray) -> Classifier:
    """A layer with some of its rows, copied, and always with a bias."""
    chosen = torch.from_numpy(rows).to(classifier.weight.device)
    weight = classifier.weight.detach()[chosen]
    if isinstance(classifier, nn.Conv2d):
        layer: Classifier = nn.Conv2d(weight.shape[1], len(rows), 1)
    else:
        layer = nn.Linear(weight.shape[1], len(rows))
    bias = weight.new_zeros(len(rows)) if classifier.bias is None else classifier.bias.detach()[chosen]
    layer.weight, layer.bias = nn.Parameter(weight), nn.Parameter(bias)
    return layer.train(classifier.training)


def _check_classifier(classifier: nn.Module) -> None:
    if not isinstance(classifier, nn.Linear | nn.Conv2d):
        raise UsageError(
            f"The last layer is a {type(classifier).__name__}; it must be a Linear or a 1x1 Conv2d.",
            "Name the layer that gives the logits.",
        )
    if isinstance(classifier, nn.Conv2d):
        plain = (classifier.kernel_size, classifier.stride, classifier.padding, classifier.groups)
        if plain != ((1, 1), (1, 1), (0, 0), 1):
            raise UsageError(
                f"The last layer is a convolution of kernel {classifier.kernel_size}, stride {classifier.stride}, "
                f"padding {classifier.padding} and {classifier.groups} groups; it must be a plain one of 1x1.",
            )
    for name, values in classifier.named_parameters():
        if not torch.isfinite(values).all():
            raise ModelError(f"The last layer's {name} is not finite.", "Look for a diverged training run.")


def _check_map(features: torch.Tensor) -> None:
    if features.shape[2:] != (1, 1):
        raise UsageError(
            f"The last layer takes maps of {tuple(features.shape[2:])}; they must be (1, 1).",
            "Pool before it: the logsumexp of pooled logits is not the pooled logsumexp.",
        )
