"""How a selector is taught which images are familiar, and at what rate it may be wrong about that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.select.budget.auto import AutoMethod, BudgetedMethod
from edgewise.select.budget.choice import Choice
from edgewise.select.calibration import fit_temperature
from edgewise.select.guarantee.halves import halves
from edgewise.select.guarantee.watch import Measure, Watch, log_probabilities
from edgewise.select.guarantee.watched import Policy, Watched, sureness_of, vectors_of
from edgewise.select.judge.cross_fit import time_decisions
from edgewise.select.selector import Method, Run, Seen, Selector
from edgewise.select.single import SingleModel
from edgewise.select.trials import Trials

_ABOVE_ALL = 2.0  # no confidence reaches it
_TIMED_IMAGES = 20
_ROUNDING = 1e-9  # an image on the limit itself, and all that tie with it, are not flagged


@dataclass(frozen=True)
class WatchedMethod:
    """Fit a selector on one part of the trials, and on the other choose from where on images count as unfamiliar.

    A familiar image is flagged with a probability of at most `false_alarms`, over calibration images and itself: an
    inductive conformal test of the worst of several scores, strangeness by each measure and doubt, each in units of
    its own spread.
    Watched is the embedding of the model that runs first, or its log-probabilities where the trials have no embedding.
    Reading: compared on drawn objects, scores in units of their spread catch more unfamiliar images of most kinds than
    ranks or logarithms do, and neighbours more than Mahalanobis; a second measure takes a part of the allowed alarms
    from the first, and caught less.
    Source: Vovk, Gammerman and Shafer 2005, 2.2 and 4.1; Bates et al. 2023, "Testing for Outliers with Conformal
    p-values".
    """

    inner: Method
    policy: Policy = "escalate"
    false_alarms: float = 0.05
    measures: tuple[Measure, ...] = ("neighbours",)
    n_neighbors: int = 5
    share: float = 0.25  # of the images, for calibration
    seed: int = 0

    def fit(self, trials: Trials) -> Watched:
        """Fit and calibrate on all of `trials`.

        Where the inner method chooses under a budget, the selector that `choose` gives.
        Raises `UsageError` as the inner method does, for unknown settings, and where too few images are set apart for
        the rate of false alarms.
        """
        return self._fit(trials, silent)[0]

    @property
    def chooses(self) -> bool:
        """The inner method chooses under a budget, and can say why."""
        return isinstance(self.inner, AutoMethod | BudgetedMethod)

    def choose(self, trials: Trials, progress: Progress = silent) -> Choice:
        """The inner method's choice, with the watched selector in the place of its own; raises as `fit`.

        What watching adds is charged before the budget chooses: each look at an image, and with "escalate" the time and
        the energy of the most capable model for as many familiar images as may be taken for unfamiliar ones.
        """
        watched, choice = self._fit(trials, progress)
        if choice is None:
            raise UsageError("What is watched chooses nothing under a budget.", "Use `fit`.")
        return replace(choice, selector=watched)

    def _fit(self, trials: Trials, progress: Progress) -> tuple[Watched, Choice | None]:
        fitting, calibration, allowed = self._parts(trials)
        choosing = self.inner if isinstance(self.inner, AutoMethod | BudgetedMethod) else None
        choice = None if choosing is None else self._chosen(choosing, fitting, progress)
        inner = self.inner.fit(fitting) if choice is None else choice.selector
        return self._watching(inner, fitting, calibration, allowed), choice

    def _chosen(self, inner: AutoMethod | BudgetedMethod, fitting: Trials, progress: Progress) -> Choice:
        """What the inner method chooses when watching is charged."""
        escalated = self.false_alarms if self.policy == "escalate" else 0.0
        charges = inner.charges
        check_ms = self._check_ms(fitting) if charges.decide_ms is None else charges.check_ms
        charged = replace(inner, charges=replace(charges, check_ms=check_ms, escalated=escalated))
        return charged.choose(fitting, progress)

    def _check_ms(self, fitting: Trials) -> float:
        """What a look at an image takes, by the cheapest model's vectors: which one runs first is not known before."""
        alone = SingleModel(fitting.models[0])
        unwatched = watching_confidence(alone, fitting, 0.0, self.policy)
        watches = self._watches(alone, fitting)
        watched = replace(unwatched, watches=watches, strange_above=(np.inf,) * len(watches))
        # Every second decision answers, and there the look is.
        looked, plain = (np.median(time_decisions(each, fitting, _TIMED_IMAGES)[1::2]) for each in (watched, alone))
        return max(float(looked - plain), 0.0) / 1e6

    def _parts(self, trials: Trials) -> tuple[Trials, Trials, int]:
        """To fit on, to calibrate on, and how many of the latter may be flagged."""
        if not 0 < self.false_alarms < 1:
            raise UsageError(f"The rate of false alarms is {self.false_alarms:g}; it must be above 0 and under 1.")
        fitting, calibration = halves(trials, self.share, self.seed)
        allowed = int(self.false_alarms * (len(calibration) + 1) + 1e-9)
        if allowed == 0:
            raise UsageError(
                f"{len(calibration)} images set apart cannot show a rate of {self.false_alarms:g} false alarms.",
                f"Set apart {int(np.ceil(1 / self.false_alarms - 1e-9)) - 1} or more.",
            )
        return fitting, calibration, allowed

    def _watching(self, inner: Selector, fitting: Trials, calibration: Trials, allowed: int) -> Watched:
        """`inner` with its limits: of the calibration images, `allowed` are beyond them."""
        unwatched = watching_confidence(inner, fitting, 0.0, self.policy)
        watches = self._watches(inner, fitting)
        known, apart = (_scores(unwatched, watches, part) for part in (fitting, calibration))
        spreads = [_Spread.of(column, self.false_alarms) for column in known.T]
        units = np.column_stack([spread.units(column) for spread, column in zip(spreads, apart.T, strict=True)])
        limit = float(np.sort(units.max(axis=1))[-allowed])
        doubtful, *strange = (spread.back(limit) for spread in spreads)
        sure_from = min(max(1 - doubtful - _ROUNDING, 0.0), _ABOVE_ALL)
        above = tuple(far + _ROUNDING * (1 + abs(far)) for far in strange)
        return replace(unwatched, sure_from=sure_from, watches=watches, strange_above=above)

    def _watches(self, inner: Selector, fitting: Trials) -> tuple[Watch, ...]:
        """On the first model, where the inner selector runs the same one first whatever the image."""
        model = _first_of_all(inner, fitting)
        if model is None:
            return ()
        embedded = model in fitting.embeddings
        logits = fitting.logits[fitting.models.index(model)]
        vectors = fitting.embeddings[model] if embedded else log_probabilities(logits)
        source = "embedding" if embedded else "log-probabilities"
        return tuple(
            Watch.fit(model, source, vectors, fitting.labels, measure, self.n_neighbors, self.seed)
            for measure in self.measures
        )


@dataclass(frozen=True)
class RefusalPath:
    """A `PathMethod` over how sure an answer must be, for certifying how many of those given are wrong.

    No price moves it: its positions are thresholds at quantiles of the confidence, from answering all images on.
    """

    inner: Method
    positions: int = 50

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Selector, ...]:
        """Fit the inner method once. Raises `UsageError` as it does, and for fewer than 2 positions."""
        if self.positions < 2:
            raise UsageError(f"{self.positions} positions are no path; at least 2 are needed.")
        inner = self.inner.fit(trials)
        first = watching_confidence(inner, trials, 0.0, "refuse")
        sureness = sureness_of(trials, inner.route(trials), first.models, first.temperatures)
        steps = np.quantile(sureness, np.linspace(0, 1, self.positions + 1)[1:-1], method="higher")
        others = (
            Watched(inner, "refuse", first.temperatures, float(value), first.capable) for value in np.unique(steps)
        )
        return (first, *others)


def watching_confidence(inner: Selector, trials: Trials, sure_from: float, policy: Policy) -> Watched:
    """A selector of which only the confidence is watched; temperatures and the best model are learned from `trials`."""
    columns = [trials.models.index(model) for model in inner.models]
    temperatures = tuple(fit_temperature(trials.logits[column], trials.labels) for column in columns)
    capable = inner.models[int(trials.right()[:, columns].sum(axis=0).argmax())]
    return Watched(inner, policy, temperatures, sure_from, capable)


@dataclass(frozen=True)
class _Spread:
    """The units of a score: 0 is the median of known images, 1 what a share of them as large as wanted exceeds."""

    middle: float
    unit: float

    @classmethod
    def of(cls, known: np.ndarray, exceeded_by: float) -> "_Spread":
        finite = known[np.isfinite(known)]
        if len(finite) == 0:
            return cls(0.0, 1.0)
        middle, edge = np.quantile(finite, [0.5, max(0.5, 1 - exceeded_by)])
        return cls(float(middle), float(max(edge - middle, 1e-9)))

    def units(self, scores: np.ndarray) -> np.ndarray:
        return (scores - self.middle) / self.unit

    def back(self, units: float) -> float:
        return self.middle + units * self.unit


def _scores(unwatched: Watched, watches: Sequence[Watch], trials: Trials) -> np.ndarray:
    """float64 [n, 1 + watches]: doubt, which is 1 - confidence, or -inf where refused, and each strangeness."""
    routes = unwatched.inner.route(trials)
    sureness = sureness_of(trials, routes, unwatched.models, unwatched.temperatures)
    doubt = np.where(routes.chosen >= 0, 1 - sureness, -np.inf)
    return np.column_stack([doubt, *(watch.strangeness(vectors_of(watch, trials)) for watch in watches)])


def _first_of_all(inner: Selector, trials: Trials) -> str | None:
    """The model that runs first for every image; None where there is none.

    A model that ran for every image and first for one of them is taken to be first for all.
    """
    step = inner.decide(Seen(trials.columns(inner.feature_names)[0]))
    if not isinstance(step, Run):
        return None
    everywhere = bool(inner.route(trials).ran[:, trials.models.index(step.model)].all())
    return step.model if everywhere else None
