"""How the small network is trained to choose a model by a thumbnail; needs the extra [torch]."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion
from edgewise.select.premodel.cnn import SIZE_PX, Cnn, scaled
from edgewise.select.premodel.fail_policy import OnFail
from edgewise.select.premodel.lesson import lesson_of
from edgewise.select.premodel.membership import MembersBy
from edgewise.select.premodel.premodel import Premodel
from edgewise.select.trials import Trials

_CHANNELS = (16, 32, 64)
_BATCH = 64
_LEARNING_RATE = 2e-3


@dataclass(frozen=True)
class CnnMethod:
    """The paper's recipe with a small network that sees the image in the place of hand-made features.

    Fits trials whose features are the 3,072 values of `edgewise.images.thumbnail`; with `OnFeatures` it is judged
    beside methods that see others.
    Source: Taylor et al. 2018, Figure 10. Reading: the paper does not describe its network; this one has three layers
    of 16, 32 and 64 channels and is trained by cross-entropy (Adam, 2e-3, batches of 64).
    """

    criterion: Criterion = "top1"
    theta_points: float = 0.5
    on_fail: OnFail = "run"
    fail_model: str | None = None
    members: MembersBy = "accuracy"
    epochs: int = 10
    seed: int = 0

    def fit(self, trials: Trials) -> Premodel:
        """Fit on all of `trials`.

        Raises `MissingExtra` without PyTorch, `UsageError` when the features are no thumbnails, and as the KNN premodel
        does.
        """
        if len(trials.feature_names) != SIZE_PX * SIZE_PX * 3:
            raise UsageError(
                f"The network sees the {SIZE_PX * SIZE_PX * 3} values of a thumbnail; the trials have "
                f"{len(trials.feature_names)} features.",
                "Make them with edgewise.images.thumbnail.",
            )
        lesson = lesson_of(
            trials,
            self.criterion,
            self.theta_points,
            self.members,
            on_fail=self.on_fail,
            fail_model=self.fail_model,
        )
        cnn = fit_cnn(trials.features, lesson.labels, len(lesson.levels), epochs=self.epochs, seed=self.seed)
        return Premodel(lesson.models, trials.feature_names, lesson.levels, lesson.fail_model, cnn)


def fit_cnn(thumbnails: np.ndarray, labels: np.ndarray, levels: int, *, epochs: int, seed: int) -> Cnn:
    """Train on `thumbnails` float [n, 3072] and `labels` int [n] in 0..levels.

    The same seed gives the same weights on one machine with one number of threads; the caller's random state is left as
    it was. Raises `MissingExtra` without PyTorch, `UsageError` for no rows or no epochs.
    """
    from edgewise.runtime.torch import import_torch

    torch = import_torch("The premodel that sees pixels")
    if len(labels) == 0 or epochs < 1:
        raise UsageError(f"{epochs} epochs over {len(labels)} thumbnails teach nothing; at least 1 of each is needed.")
    images = torch.from_numpy(scaled(thumbnails).reshape(-1, SIZE_PX, SIZE_PX, 3).transpose(0, 3, 1, 2).copy())
    targets = torch.from_numpy(np.asarray(labels, np.int64))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _network(torch, levels + 1)
        optimizer = torch.optim.Adam(network.parameters(), lr=_LEARNING_RATE)
        for _ in range(epochs):
            for rows in torch.randperm(len(targets)).split(_BATCH):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(images[rows]), targets[rows]).backward()
                optimizer.step()
    return _frozen(network)


def _network(torch: Any, classes: int) -> Any:
    """Convolutions and ReLUs in turn, the mean over all positions, a linear layer."""
    layers: list[Any] = []
    for before, after in zip((3, *_CHANNELS), _CHANNELS, strict=False):
        layers += [torch.nn.Conv2d(before, after, 3, stride=2, padding=1), torch.nn.ReLU()]
    pooled = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(_CHANNELS[-1], classes)]
    return torch.nn.Sequential(*layers, *pooled)


def _frozen(network: Any) -> Cnn:
    """The weights alone."""
    arrays = [parameter.detach().numpy().copy() for parameter in network.parameters()]
    *convolutions, head, head_bias = arrays
    return Cnn(tuple(convolutions[::2]), tuple(convolutions[1::2]), head, head_bias)
