"""Learn then Test: the cheapest configuration of any path that is certified on images of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.budget.prices import prices_for
from edgewise.select.criterion import Criterion, top_k
from edgewise.select.guarantee.certificate import Certificate
from edgewise.select.guarantee.claims import AccuracyClaim, Claim, LossClaim, SelectiveClaim
from edgewise.select.guarantee.family_wise import Rule, certified
from edgewise.select.guarantee.guaranteed import Guaranteed
from edgewise.select.guarantee.halves import halves
from edgewise.select.guarantee.tried import Tried
from edgewise.select.selector import PathMethod, Selector
from edgewise.select.trials import Trials

_A_FEW_MORE = 1.1  # where the estimate says that there are enough, and there are not


@dataclass(frozen=True)
class GuaranteedMethod:
    """Fit a path on one part of the trials, certify its positions on the other, take the cheapest certified one.

    Exactly one of three is promised, with probability 1 - `delta` over the calibration part: an accuracy, a largest
    loss of accuracy against the best single model of the fitting part, or a largest share of wrong answers among those
    given (where, of all certified, the one that refuses least is taken). Thresholds need not be monotone in anything.
    Source: Angelopoulos et al. 2021, "Learn then Test"; the order of testing is that of Laufer-Goldshtein et al. 2023,
    "Efficiently Controlling Multiple Risks with Pareto Testing": what nothing else dominates on the fitting part, the
    likeliest to be certified first.
    Differs: their order comes from images that the configurations were not fitted on either; here from the fitting
    part, which costs no images and can cost power alone, never validity.
    """

    inner: PathMethod
    min_accuracy: float | None = None
    max_loss: float | None = None
    max_risk: float | None = None  # share of wrong answers among those given
    delta: float = 0.05
    rule: Rule = "fixed sequence"
    criterion: Criterion = "top1"
    share: float = 0.5  # of the images, for calibration
    seed: int = 0

    def fit(self, trials: Trials) -> Guaranteed:
        """Fit and certify on all of `trials`.

        Raises `UsageError` where nothing can be certified: it says what could be, and how many images it would take.
        """
        claim = self._claim()
        fitting, calibration = halves(trials, self.share, self.seed)
        path = tuple({id(s): s for s in self.inner.fit_path(fitting, prices_for(fitting.times_ms).tolist())}.values())
        reference = fitting.models[int(fitting.right(top_k(self.criterion)).sum(axis=0).argmax())]
        known = Tried.of(path, fitting, self.criterion, reference)
        order = promising(claim, known)
        seen = Tried.of(path, calibration, self.criterion, reference)
        passed = certified(self.rule, claim.p_values(seen)[order], range(len(order)), self.delta)
        if not passed:
            raise self._nothing(claim, seen.take(order[:1]), len(calibration), reference)
        chosen = min((order[place] for place in passed), key=lambda one: claim.costs(known)[one])
        return Guaranteed(path[chosen], self._certificate(claim, path, chosen, seen, calibration, reference))

    def _claim(self) -> Claim:
        if self.criterion == "macro-f1":
            raise UsageError("Macro F1 is no mean over images, so it cannot be certified.", "Use top1 or top5.")
        kinds = {"min_accuracy": AccuracyClaim, "max_loss": LossClaim, "max_risk": SelectiveClaim}
        asked = {name: target for name in kinds if (target := getattr(self, name)) is not None}
        if len(asked) != 1:
            raise UsageError(
                f"Asked for: {', '.join(asked) or 'nothing'}; one promise can be certified at a time.",
                f"Give one of {', '.join(kinds)}.",
            )
        ((name, target),) = asked.items()
        return kinds[name](target)

    def _certificate(
        self,
        claim: Claim,
        path: Sequence[Selector],
        chosen: int,
        seen: Tried,
        calibration: Trials,
        reference: str,
    ) -> Certificate:
        return Certificate(
            claim=f"With {self._confidence} confidence, {claim.words(claim.target, reference)}",
            rule=f"Learn then Test, {self.rule} of {len(path)} configurations",
            target=claim.target,
            delta=self.delta,
            alpha=None,
            n_calibration=len(calibration),
            empirical=float(claim.figures(seen)[chosen]),
            share_escalated=float(seen.escalated[:, chosen].mean()),
            share_refused=float(1 - seen.answered[:, chosen].mean()),
            mean_ms=float(seen.mean_ms[chosen]),
            most_ms=float(calibration.times_ms[calibration.models.index(reference)]),
        )

    def _nothing(self, claim: Claim, safest: Tried, images: int, reference: str) -> UsageError:
        nearest, needed = claim.nearest(safest, self.delta), claim.images_needed(safest, self.delta)
        figure = float(claim.figures(safest)[0])
        if np.isfinite(needed):
            hint = f"It takes roughly {int(max(needed, _A_FEW_MORE * images)):,} calibration images, or less demanded."
        else:
            hint = "More images would not help: even the safest configuration misses it on these."
        return UsageError(
            f"On {images:,} calibration images nothing can be certified of which, with {self._confidence} confidence, "
            f"{claim.words(claim.target, reference)}. The safest configuration has {figure:.2%} there; what could be "
            f"promised of it: {claim.words(nearest, reference)}.",
            hint,
        )

    @property
    def _confidence(self) -> str:
        return f"{100 * (1 - self.delta):.4g}%"


def promising(claim: Claim, known: Tried) -> list[int]:
    """The configurations that no other one dominates on the fitting part, the likeliest to be certified first.

    One dominates another when neither its cost nor its risk is higher, and one of them is lower. Of equally likely
    ones the dearer comes first: it is the safer.
    """
    costs, risks = claim.costs(known), claim.risks(known)
    front: list[int] = []
    least = np.inf
    for place in np.lexsort((risks, costs)):
        if risks[place] < least:
            front.append(int(place))
            least = risks[place]
    p_values = claim.p_values(known)
    return sorted(front, key=lambda place: (p_values[place], -costs[place]))
