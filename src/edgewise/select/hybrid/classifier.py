"""The hybrid as a scikit-learn classifier over stacked logits, at one price of time."""

from collections.abc import Sequence

from edgewise.select.criterion import Criterion
from edgewise.select.hybrid.method import First, HybridMethod
from edgewise.select.router.estimate import Estimator
from edgewise.select.selector import Selector
from edgewise.select.stacked import StackedClassifier, at_price
from edgewise.select.trials import Trials


class HybridClassifier(StackedClassifier):
    """A confidence cascade over the logits of several models, started at the stage that a router names.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    price : right answers that a millisecond is worth: 0.01 gives up one answer in a hundred to save 1 ms per image.
    first : "embedding": the router looks at the first stage's logits. "features" needs features, and stacked logits
        have none.
    estimator : "knn" or "ridge".
    components : width of what the router looks at, once it is projected.
    criterion : "top1", "top5" or "macro-f1".

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    selector_ : the fitted `Hybrid`, or the `Cascade` alone where the router gains too little; its models are named by
        their index in `X`.
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        price: float = 0.001,
        first: First = "embedding",
        estimator: Estimator = "knn",
        components: int = 32,
        criterion: Criterion = "top1",
    ) -> None:
        self.times_ms = times_ms
        self.price = price
        self.first: First = first
        self.estimator: Estimator = estimator
        self.components = components
        self.criterion: Criterion = criterion

    def _select(self, trials: Trials) -> Selector:
        method = HybridMethod(self.criterion, self.first, self.estimator, self.components)
        return at_price(method, trials, self.price)
