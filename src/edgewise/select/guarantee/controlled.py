"""Selectors whose one threshold is set by conformal risk control, so that harm stays at alpha on average."""

from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import fit_temperature, softmax
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.criterion import Criterion, top_k
from edgewise.select.guarantee.certificate import Certificate
from edgewise.select.guarantee.guaranteed import Guaranteed
from edgewise.select.guarantee.halves import halves
from edgewise.select.guarantee.risk_control import control_threshold
from edgewise.select.guarantee.tried import Tried
from edgewise.select.guarantee.watched import Watched, sureness_of
from edgewise.select.guarantee.watched_fit import watching_confidence
from edgewise.select.selector import Method, Selector
from edgewise.select.single import SingleModel
from edgewise.select.trials import Trials

_RULE = "conformal risk control"


@dataclass(frozen=True)
class ExitMethod:
    """The fastest cascade of two models that harms at most a share of `alpha` of the images, on average.

    An image is harmed when the first model answers it, wrong, and the last one would have been right. The last model
    (`full`, or the most accurate) and the first one are chosen on the fitting part; the threshold on the other.
    So the accuracy is at least that of the last model less alpha, in expectation over calibration and image.
    Source: Angelopoulos et al. 2024, "Conformal Risk Control".
    """

    alpha: float = 0.01
    full: str | None = None
    criterion: Criterion = "top1"
    share: float = 0.5  # of the images, for calibration
    seed: int = 0

    def fit(self, trials: Trials) -> Guaranteed:
        """Fit and calibrate on all of `trials`.

        Raises `UsageError` for an unknown model, and for too few images for alpha.
        """
        _check(self.criterion)
        fitting, calibration = halves(trials, self.share, self.seed)
        right = fitting.right(top_k(self.criterion))
        last = int(right.sum(axis=0).argmax()) if self.full is None else _index(self.full, fitting)
        temperatures = [fit_temperature(array, fitting.labels) for array in fitting.logits[: last + 1]]
        first = self._first(fitting, right, last, temperatures)
        threshold = _threshold(
            calibration, calibration.right(top_k(self.criterion)), first, last, temperatures, self.alpha
        )
        selector: Selector = SingleModel(trials.models[last])
        if first != last:
            stages = (trials.models[first], trials.models[last])
            selector = Cascade(stages, (temperatures[first], temperatures[last]), (threshold,), average=False)
        reference = trials.models[last]
        tried = Tried.of([selector, SingleModel(trials.models[0])], calibration, self.criterion, reference)
        claim = f"On average, at most {self.alpha:.2%} of images are answered wrong that {reference} answers right"
        harm = float((tried.reference & ~tried.right[:, 0]).mean())
        return Guaranteed(selector, _certificate(claim, self.alpha, harm, tried, calibration, reference))

    def _first(self, fitting: Trials, right: np.ndarray, last: int, temperatures: list[float]) -> int:
        """The first stage that answers in the least mean time when the rule is applied to the fitting part."""
        mean_ms = [float(fitting.times_ms[last])]
        for stage in range(last):
            threshold = _threshold(fitting, right, stage, last, temperatures, self.alpha)
            passed = softmax(fitting.logits[stage], temperatures[stage]).max(axis=1) >= threshold
            mean_ms.append(float(fitting.times_ms[stage] + (1 - passed.mean()) * fitting.times_ms[last]))
        return [last, *range(last)][int(np.argmin(mean_ms))]


@dataclass(frozen=True)
class RefusalMethod:
    """A selector that refuses unsure answers, so that at most a share of `alpha` of all images is answered wrong.

    On average over calibration and image, as `ExitMethod`. Of the answers given, more than alpha may be wrong: for a
    promise about those, certify a `RefusalPath`.
    """

    inner: Method
    alpha: float = 0.05
    criterion: Criterion = "top1"
    share: float = 0.5  # of the images, for calibration
    seed: int = 0

    def fit(self, trials: Trials) -> Guaranteed:
        """Fit and calibrate on all of `trials`.

        Raises `UsageError` as the inner method does, and for too few images for alpha.
        """
        _check(self.criterion)
        fitting, calibration = halves(trials, self.share, self.seed)
        inner = self.inner.fit(fitting)
        unwatched = watching_confidence(inner, fitting, 0.0, "refuse")
        routes = inner.route(calibration)
        wrong = (routes.chosen >= 0) & ~routes.right(calibration.labels, top_k(self.criterion))
        sureness = sureness_of(calibration, routes, unwatched.models, unwatched.temperatures)
        threshold = control_threshold(sureness, wrong, self.alpha)
        selector = Watched(inner, "refuse", unwatched.temperatures, threshold, unwatched.capable)
        reference = fitting.models[int(fitting.right(top_k(self.criterion)).sum(axis=0).argmax())]
        tried = Tried.of([selector], calibration, self.criterion, reference)
        claim = f"On average, at most {self.alpha:.2%} of images are answered wrong; the others are right or refused"
        risk = float((tried.answered & ~tried.right)[:, 0].mean())
        return Guaranteed(selector, _certificate(claim, self.alpha, risk, tried, calibration, reference))


def _threshold(
    trials: Trials, right: np.ndarray, first: int, last: int, temperatures: list[float], alpha: float
) -> float:
    confidence = softmax(trials.logits[first], temperatures[first]).max(axis=1)
    return control_threshold(confidence, right[:, last] & ~right[:, first], alpha)


def _certificate(
    claim: str, alpha: float, empirical: float, tried: Tried, calibration: Trials, reference: str
) -> Certificate:
    return Certificate(
        claim=claim,
        rule=_RULE,
        target=alpha,
        delta=None,
        alpha=alpha,
        n_calibration=len(calibration),
        empirical=empirical,
        share_escalated=float(tried.escalated[:, 0].mean()),
        share_refused=float(1 - tried.answered[:, 0].mean()),
        mean_ms=float(tried.mean_ms[0]),
        most_ms=float(calibration.times_ms[calibration.models.index(reference)]),
    )


def _check(criterion: Criterion) -> None:
    if criterion == "macro-f1":
        raise UsageError("Macro F1 is no mean over images, so its risk cannot be controlled.", "Use top1 or top5.")


def _index(model: str, trials: Trials) -> int:
    if model not in trials.models:
        raise UsageError(f"{model!r} is not in the trials.", f"Models are: {', '.join(trials.models)}.")
    return trials.models.index(model)
