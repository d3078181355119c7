"""The two votes as scikit-learn classifiers over stacked logits, at one price of time."""

from collections.abc import Sequence

from edgewise.select.agreement.method import AgreementMethod
from edgewise.select.agreement.ranked_method import RankedVotesMethod
from edgewise.select.criterion import Criterion
from edgewise.select.selector import Selector
from edgewise.select.stacked import StackedClassifier, at_price
from edgewise.select.trials import Trials


class AgreementClassifier(StackedClassifier):
    """Agreement cascade over the best classes of several models.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    price : right answers that a millisecond may cost; a step is taken where it adds more.
    max_stages : models in a cascade at most, 1 to 5.
    max_models : models of which cascades are made, at most 8.
    criterion : "top1", "top5" or "macro-f1".

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    selector_ : the fitted `AgreementCascade`; its models are named by their index in `X`.

    Source: Kolawole et al. 2025, "Agreement-Based Cascading for Efficient Inference".
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        price: float = 0.01,
        max_stages: int = 4,
        max_models: int = 8,
        criterion: Criterion = "top1",
    ) -> None:
        self.times_ms = times_ms
        self.price = price
        self.max_stages = max_stages
        self.max_models = max_models
        self.criterion: Criterion = criterion

    def _select(self, trials: Trials) -> Selector:
        method = AgreementMethod(self.criterion, self.max_stages, self.max_models)
        return at_price(method, trials, self.price)


class RankedVotesClassifier(StackedClassifier):
    """Vote by ranks over the five best classes of several models.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    price : right answers that a millisecond may cost; a step is taken where it adds more.
    max_stages : models that run on an image at most.
    max_models : models that vote, at most 8.
    criterion : "top1", "top5" or "macro-f1".
    random_state : which images weights are learned on, where they are many, and how folds are cut.

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    selector_ : the fitted `RankedVotes`; its models are named by their index in `X`.
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        price: float = 0.01,
        max_stages: int = 5,
        max_models: int = 5,
        criterion: Criterion = "top1",
        random_state: int = 0,
    ) -> None:
        self.times_ms = times_ms
        self.price = price
        self.max_stages = max_stages
        self.max_models = max_models
        self.criterion: Criterion = criterion
        self.random_state = random_state

    def _select(self, trials: Trials) -> Selector:
        method = RankedVotesMethod(self.criterion, self.max_stages, self.max_models, self.random_state)
        return at_price(method, trials, self.price)
