"""Do the guarantees hold, and are they tight? Where risks are known, on drawn images, and beyond what is promised.

    python benchmarks/guarantees.py [--repeats 1000] [--images 4000]

(a) Two models whose answers come from a known distribution (`guarantees_world.py`): conformal risk control and Learn
    then Test, calibrated again and again; the true risk of what they choose is a formula. A bound must hold, and must
    not be bought by always escalating.
(b) The bundled zoo on drawn images that no network was trained on, split again and again: what is promised on one part
    against what the rest shows. Cost = multiply-adds, so nothing depends on the machine. And the same promise on images
    that are not like those it was calibrated on, where it does not apply.
(c) Images that no class has: how many are flagged when 5% of familiar ones may be.

Needs no data. Figures go to benchmarks/results/guarantees.json, tables to docs/guarantees.md, pictures to
docs/pictures/.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter_ns
from typing import Any

import numpy as np
from guarantees_images import Answers, answers, familiar, unfamiliar
from guarantees_page import page
from guarantees_pictures import draw_bounds, draw_unfamiliar
from guarantees_world import ThresholdPath, World, position
from pages import ROOT, write_page, write_result

from edgewise.cli.console import progress_bars
from edgewise.errors import UsageError
from edgewise.progress import Progress
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.feature_costs import FREE
from edgewise.select.guarantee.controlled import ExitMethod
from edgewise.select.guarantee.family_wise import Rule
from edgewise.select.guarantee.guaranteed import Guaranteed
from edgewise.select.guarantee.method import GuaranteedMethod
from edgewise.select.guarantee.risk_control import control_threshold
from edgewise.select.guarantee.watch import Measure
from edgewise.select.guarantee.watched import Watched
from edgewise.select.guarantee.watched_fit import RefusalPath, WatchedMethod
from edgewise.select.selector import PathMethod, Seen
from edgewise.select.single import SingleMethod
from edgewise.select.trials import Trials

SEED = 0
ALPHAS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1)
SHOWN_ALPHA = 0.05
CALIBRATION = 500
DELTA = 0.1
SHIFTED = ("badly blurred", "inverted colours", "upside down")  # objects still


@dataclass(frozen=True)
class Controlled:
    """What risk control did at one alpha, over many calibration splits."""

    alpha: float
    harm: float  # mean
    error: float  # its standard error over the splits
    floor: float  # alpha - 2 / (n + 1): what theory says is the least, where losses have no steps
    escalated: float  # mean
    least_escalated: float | None  # where harm is exactly alpha; None where that is not known
    harms: list[float]

    @property
    def holds(self) -> bool:
        return self.harm <= self.alpha + 3 * self.error

    @property
    def tight(self) -> bool:
        return self.harm >= self.floor - 3 * self.error


@dataclass(frozen=True)
class Certified:
    """What Learn then Test did for one claim and rule, over many calibration splits."""

    claim: str
    rule: str
    target: float
    fitted: int  # of the splits: something could be certified
    splits: int
    violations: int
    figure: float  # the mean true figure
    escalated: float  # mean share escalated, or refused where the claim is about refusals
    least: float | None  # where the target is exactly met
    always: float  # what the always careful choice has as its figure


def control_world(repeats: int, progress: Progress) -> list[Controlled]:
    """Early exits of the known world: the threshold of every split, judged by formula."""
    world, rng = World(), np.random.default_rng(SEED)
    places = np.empty((len(ALPHAS), repeats))
    for repeat in range(repeats):
        v, small, large = world.draw(CALIBRATION, rng)
        for row, alpha in enumerate(ALPHAS):
            places[row, repeat] = min(control_threshold(v, large & ~small, alpha), 1.0)
        progress("controlling a known risk", repeat + 1, repeats)
    grid = np.linspace(0, 1, 100_001)
    found: list[Controlled] = []
    for alpha, own in zip(ALPHAS, places, strict=True):
        least = world.escalated(float(grid[np.argmax([world.harm(s) <= alpha for s in grid])]))
        found.append(_controlled(alpha, [world.harm(s) for s in own], [world.escalated(s) for s in own], least))
    return found


def certify_world(repeats: int, progress: Progress) -> list[Certified]:
    """Every claim, and every rule for one of them, in the known world."""
    world, grid = World(), np.linspace(0, 0.999, 1000)
    always = world.accuracy(1.0)
    refusing = RefusalPath(SingleMethod("small"))
    risk: Callable[[float], float] = lambda s: world.wrong(s) / (1 - s**2)  # noqa: E731
    lost: Callable[[float], float] = lambda s: always - world.accuracy(s)  # noqa: E731
    accuracy: Callable[[float], float] = lambda s: -world.accuracy(s)  # noqa: E731
    asked: list[tuple[str, float, Rule, PathMethod, Callable[[float], float]]] = [
        ("min_accuracy", 0.93, "fixed sequence", ThresholdPath(), accuracy),
        ("max_risk", 0.1, "fixed sequence", refusing, risk),
        *(("max_loss", 0.03, rule, ThresholdPath(), lost) for rule in ("fixed sequence", "multi-start", "bonferroni")),
    ]
    found: list[Certified] = []
    for claim, target, rule, path, figure in asked:
        limit = -target if claim == "min_accuracy" else target
        places: list[float] = []
        for repeat in range(repeats):
            trials = world.trials(2 * CALIBRATION, np.random.default_rng([SEED, repeat]))
            fitted = _certified(GuaranteedMethod(path, **{claim: target}, delta=DELTA, rule=rule), trials)
            if fitted is not None:
                places.append(_place(world, fitted))
            progress(f"certifying {claim}, {rule}", repeat + 1, repeats)
        least = next(float(s) ** 2 for s in grid if figure(s) <= limit)
        found.append(
            Certified(
                claim=claim,
                rule=rule,
                target=target,
                fitted=len(places),
                splits=repeats,
                violations=sum(figure(s) > limit for s in places),
                figure=abs(float(np.mean([figure(s) for s in places]))),
                escalated=float(np.mean([s**2 for s in places])),
                least=least,
                always=abs(figure(0.999 if claim == "max_risk" else 1.0)),
            )
        )
    return found


def _place(world: World, fitted: Guaranteed) -> float:
    if isinstance(fitted.selector, Watched):
        return position(fitted.selector.sure_from, fitted.selector.temperatures[0])
    return world.position(fitted.selector)


def control_drawn(
    trials: Trials, shifted: Mapping[str, Trials], splits: int, progress: Progress
) -> tuple[list[Controlled], dict[str, float]]:
    """Early exits of the bundled zoo on drawn images; and the mean harm at the shown alpha on each shifted kind."""
    found: list[Controlled] = []
    beyond: dict[str, list[float]] = {kind: [] for kind in shifted}
    for place, alpha in enumerate(ALPHAS):
        harms: list[float] = []
        escalated: list[float] = []
        for split in range(splits):
            order = np.random.default_rng([SEED, split]).permutation(len(trials))
            fitted = ExitMethod(alpha, seed=split).fit(trials.take(order[: 2 * CALIBRATION]))
            rest = trials.take(order[2 * CALIBRATION :])
            harms.append(_harm(fitted, rest))
            escalated.append(_escalated(fitted, rest))
            if alpha == SHOWN_ALPHA:
                for kind, others in shifted.items():
                    beyond[kind].append(_harm(fitted, others))
            progress("controlling harm on drawn images", place * splits + split + 1, len(ALPHAS) * splits)
        found.append(_controlled(alpha, harms, escalated, None))
    return found, {kind: float(np.mean(own)) for kind, own in beyond.items()}


def certify_drawn(trials: Trials, splits: int, progress: Progress) -> list[Certified]:
    """A largest loss against the best single model, of cascades of any models with jointly searched thresholds."""
    found: list[Certified] = []
    best = trials.right().mean(axis=0)
    for target in (0.02, 0.03):
        lost: list[float] = []
        escalated: list[float] = []
        for split in range(splits):
            order = np.random.default_rng([SEED, split]).permutation(len(trials))
            method = GuaranteedMethod(CascadeMethod(), max_loss=target, delta=DELTA, seed=split)
            fitted = _certified(method, trials.take(order[: 2 * CALIBRATION]))
            if fitted is not None:
                rest = trials.take(order[2 * CALIBRATION :])
                reference = rest.right().mean(axis=0)[int(best.argmax())]
                lost.append(float(reference - fitted.route(rest).right(rest.labels).mean()))
                escalated.append(fitted.certificate.mean_ms / fitted.certificate.most_ms)
            progress("certifying cascades on drawn images", split + 1, splits)
        found.append(
            Certified(
                claim="max_loss",
                rule="fixed sequence",
                target=target,
                fitted=len(lost),
                splits=splits,
                violations=sum(one > target for one in lost),
                figure=float(np.mean(lost)),
                escalated=float(np.mean(escalated)),
                least=None,
                always=0.0,
            )
        )
    return found


def watch_drawn(kinds: Answers, labels: np.ndarray, splits: int, progress: Progress) -> dict[str, Any]:
    """The share of each kind that is flagged, by what is watched; and what deciding costs."""
    asked: dict[str, tuple[tuple[Measure, ...], bool]] = {
        "confidence alone": ((), False),
        "and neighbours in log-probabilities": (("neighbours",), False),
        "and Mahalanobis in log-probabilities": (("mahalanobis",), False),
    }
    if kinds.embeddings:
        asked |= {
            "and neighbours in the embedding": (("neighbours",), True),
            "and Mahalanobis in the embedding": (("mahalanobis",), True),
        }
    shares: dict[str, dict[str, float]] = {}
    decide_us: dict[str, float] = {}
    for name, (measures, embedded) in asked.items():
        trials = {kind: _trials(kinds, kind, labels, embedded=embedded) for kind in kinds.logits}
        rows: list[dict[str, float]] = []
        for split in range(splits):
            order = np.random.default_rng([SEED, split]).permutation(len(labels))
            method = WatchedMethod(ExitMethod(0.02, seed=split), "refuse", 0.05, measures=measures, seed=split)
            selector = method.fit(trials["familiar"].take(order[:1600]))
            judged = {**trials, "familiar": trials["familiar"].take(order[1600:])}
            rows.append({kind: _flagged(selector, own) for kind, own in judged.items()})
            progress(f"watching: {name}", split + 1, splits)
            if split == 0:
                decide_us[name] = _decide_us(selector, judged["familiar"])
                decide_us["nothing"] = _decide_us(selector.inner, judged["familiar"])
        shares[name] = {kind: float(np.mean([row[kind] for row in rows])) for kind in trials}
    return {"shares": shares, "decide_us": decide_us}


def _trials(
    kinds: Answers, kind: str, labels: np.ndarray, *, embedded: bool = False, of: Sequence[int] = (0, 1, 2, 3)
) -> Trials:
    """The answers of some models to one kind of image; cost in millions of multiply-adds.

    Labels mean something where there are objects.
    """
    logits = tuple(kinds.logits[kind][model] for model in of)
    models = tuple(kinds.models[model] for model in of)
    return Trials(
        models=models,
        logits=logits,
        labels=labels[: len(logits[0])],
        features=np.zeros((len(logits[0]), 0)),
        feature_names=(),
        times_ms=kinds.mega_macs[list(of)],
        decode_ms=0.0,
        feature_costs=FREE,
        embeddings=dict(zip(models, (kinds.embeddings[kind][model] for model in of), strict=True)) if embedded else {},
    )


def _controlled(alpha: float, harms: Sequence[float], escalated: Sequence[float], least: float | None) -> Controlled:
    return Controlled(
        alpha=alpha,
        harm=float(np.mean(harms)),
        error=float(np.std(harms) / np.sqrt(len(harms))),
        floor=alpha - 2 / (CALIBRATION + 1),
        escalated=float(np.mean(escalated)),
        least_escalated=least,
        harms=[round(float(harm), 5) for harm in harms],
    )


def _certified(method: GuaranteedMethod, trials: Trials) -> Guaranteed | None:
    try:
        return method.fit(trials)
    except UsageError:
        return None  # nothing could be certified on this split, which is not a broken promise


def _harm(fitted: Guaranteed, trials: Trials) -> float:
    """Images that the last model has right and the cascade has not."""
    reference = trials.right()[:, trials.models.index(fitted.selector.models[-1])]
    return float((reference & ~fitted.route(trials).right(trials.labels)).mean())


def _escalated(fitted: Guaranteed, trials: Trials) -> float:
    assert isinstance(fitted.selector, Cascade)
    return float((fitted.route(trials).chosen == trials.models.index(fitted.selector.models[-1])).mean())


def _flagged(selector: Watched, trials: Trials) -> float:
    strange, unsure = selector.flags(trials, selector.inner.route(trials))
    return float((strange | unsure).mean())


def _decide_us(selector: Any, trials: Trials) -> float:
    """The median microseconds of the decision after the first model ran."""
    first = trials.models.index(selector.models[0])
    measured: list[int] = []
    for image in range(300):
        embeddings = {name: array[image] for name, array in trials.embeddings.items()}
        seen = Seen(None, {trials.models[first]: trials.logits[first][image]}, embeddings)
        start = perf_counter_ns()
        selector.decide(seen)
        measured.append(perf_counter_ns() - start)
    return float(np.median(measured[50:])) / 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=1000, help="calibration splits of the known world")
    parser.add_argument("--images", type=int, default=4000, help="drawn images")
    arguments = parser.parse_args()
    few = max(10, arguments.repeats // 10)
    with progress_bars() as progress:
        world = control_world(arguments.repeats, progress)
        certified = certify_world(few, progress)
        images, labels = familiar(arguments.images)
        kinds = answers({"familiar": images, **unfamiliar(images[: arguments.images // 8])}, progress)
        ends = (0, len(kinds.models) - 1)
        trials = _trials(kinds, "familiar", labels, of=ends)
        shifted = {kind: _trials(kinds, kind, labels, of=ends) for kind in SHIFTED}
        drawn, beyond = control_drawn(trials, shifted, few, progress)
        drawn_certified = certify_drawn(_trials(kinds, "familiar", labels), few, progress)
        watching = watch_drawn(kinds, labels, max(4, few // 10), progress)
    save(world, certified, drawn, beyond, drawn_certified, watching, len(labels))


def save(
    world: list[Controlled],
    certified: list[Certified],
    drawn: list[Controlled],
    beyond: dict[str, float],
    drawn_certified: list[Certified],
    watching: dict[str, Any],
    images: int,
) -> None:
    """Write the JSON result, the pictures and the page of the docs."""
    result = {
        "seed": SEED,
        "calibration_images": CALIBRATION,
        "delta": DELTA,
        "drawn_images": images,
        "world": {
            "control": [asdict(one) | {"holds": one.holds, "tight": one.tight} for one in world],
            "learn_then_test": [asdict(one) for one in certified],
        },
        "drawn": {
            "control": [asdict(one) | {"holds": one.holds, "tight": one.tight} for one in drawn],
            "learn_then_test": [asdict(one) for one in drawn_certified],
            "harm_where_not_exchangeable": beyond,
        },
        "unfamiliar": watching,
    }
    pictures = ROOT / "docs" / "pictures"
    pictures.mkdir(exist_ok=True)
    shown = next(one for one in result["world"]["control"] if one["alpha"] == SHOWN_ALPHA)
    (pictures / "guarantees.svg").write_text(draw_bounds(shown, result["world"]["control"], CALIBRATION))
    (pictures / "guarantees_unfamiliar.svg").write_text(draw_unfamiliar(watching["shares"], 0.05))
    machine = write_result("guarantees", result)
    write_page("guarantees", page(result, machine))


if __name__ == "__main__":
    main()
