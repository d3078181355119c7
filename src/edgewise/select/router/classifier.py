"""The router as a scikit-learn classifier over stacked logits."""

from collections.abc import Sequence

from edgewise.select.criterion import Criterion
from edgewise.select.router.estimate import Estimator
from edgewise.select.router.method import Average, RouterMethod
from edgewise.select.router.occam import OccamMethod
from edgewise.select.selector import Selector
from edgewise.select.stacked import StackedClassifier, at_price
from edgewise.select.trials import Trials


class RouterClassifier(StackedClassifier):
    """Embedding router over the logits of several models; the embedding is made of the first one's logits.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    price : what 1 ms may cost in right answers; a budget stands instead of it.
    max_mean_ms : mean time allowed for the models run; None: the price decides.
    estimator : "knn" or "ridge".
    via : index of the model that runs first, as text; "auto": one of the cheapest three worth their time.
    average : average the first model's answer and the chosen one's; "auto": where that does better.
    n_neighbors : K; None: chosen.
    criterion : "top1", "top5" or "macro-f1".
    seed : draws the first centres of the index, above 8,192 images.

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    selector_ : the fitted `Router`; its models are named by their index in `X`.

    Source: Ding et al. 2025, "OCCAM".
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        price: float = 0.0,
        max_mean_ms: float | None = None,
        estimator: Estimator = "knn",
        via: str = "auto",
        average: Average = "auto",
        n_neighbors: int | None = None,
        criterion: Criterion = "top1",
        seed: int = 0,
    ) -> None:
        self.times_ms = times_ms
        self.price = price
        self.max_mean_ms = max_mean_ms
        self.estimator: Estimator = estimator
        self.via = via
        self.average: Average = average
        self.n_neighbors = n_neighbors
        self.criterion: Criterion = criterion
        self.seed = seed

    def _select(self, trials: Trials) -> Selector:
        method = RouterMethod(
            self.criterion,
            self.estimator,
            via=self.via,
            average=self.average,
            n_neighbors=self.n_neighbors,
            seed=self.seed,
        )
        if self.max_mean_ms is None:
            return at_price(method, trials, self.price)
        return OccamMethod(self.max_mean_ms, method).fit(trials)
