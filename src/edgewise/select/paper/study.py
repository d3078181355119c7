"""The paper's comparison on any trials: its premodels, its features, its Algorithm 1, judged by the fair table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from edgewise.progress import Progress, silent
from edgewise.select.criterion import Criterion
from edgewise.select.features.correlation import CorrelationFilter
from edgewise.select.features.elimination import Elimination
from edgewise.select.features.feature_sweep import Sweep, sweep
from edgewise.select.features.importance import Importances, importances
from edgewise.select.features.selected_features import FeatureChoice, RememberedChoice, SelectedFeatures, ask
from edgewise.select.judge.evaluate import Evaluation, OnFeatures, evaluate
from edgewise.select.judge.fair_table import FairTable
from edgewise.select.paper.member_steps import Members, member_steps
from edgewise.select.paper.naming import Naming, naming
from edgewise.select.premodel.detector import Detection, DetectorMethod, Rule, cross_detect
from edgewise.select.premodel.fail_policy import OnFail
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.premodel.radius_confidence import VoteFlags, cross_confidence
from edgewise.select.premodel.variants import paper_variants
from edgewise.select.selector import Method
from edgewise.select.trials import Trials

BASE = "knn.knn.knn"
CHOSEN_HERE = f"{BASE}, features chosen here"
SHUFFLED = "control: features shuffled"
Methods = Mapping[str, Method | OnFeatures]


@dataclass(frozen=True)
class StudySettings:
    """What decides a study beside the trials."""

    features: tuple[str, ...]  # that the variants see: the paper's seven
    criterion: Criterion = "top1"
    folds: int = 10
    seed: int = 0
    bootstrap: int = 2000
    decide_ms: float | None = None  # None = measured here; where times come from another clock, that clock's
    cost_unit: str = "ms"  # of all times; another one where the trials count something else, multiply-adds say


@dataclass(frozen=True, eq=False)
class FeatureStudy:
    """The paper's feature selection. The sweep is held out; all else describes all images."""

    filter: CorrelationFilter
    elimination: Elimination  # of the features that the filter keeps, down to the last
    importances: Importances  # of the same
    sweep: Sweep


@dataclass(frozen=True)
class Overhead:
    """What choosing costs beside what it chooses among, ms per image."""

    decode_ms: float
    steps_ms: Mapping[str, float]  # each step of feature extraction
    features_ms: Mapping[str, float]  # each candidate alone, with all the steps that it needs
    chosen_ms: float  # the variants' features together
    candidates_ms: float  # all candidates together
    decision_ms: float  # the KNN chain itself, features apart
    models_ms: Mapping[str, float]  # cheapest first


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that the page shows and the JSON file holds."""

    settings: StudySettings
    table: FairTable  # single models, premodels that run the most accurate model on "all fail", control, oracle
    namings: tuple[Naming, ...]  # the premodels once more, refusing on "all fail", as the paper counts
    members: Members
    features: FeatureStudy
    soundness: Mapping[Rule, tuple[Detection, ...]]  # what the conformal detector flags, by rule and epsilon
    votes: tuple[VoteFlags, ...]  # what a vote within a radius flags, by its share
    overhead: Overhead


def no_more(on_fail: OnFail) -> Methods:
    """No premodels beside the paper's that see features."""
    return {}


def study(
    trials: Trials,
    settings: StudySettings,
    more: Callable[[OnFail], Methods] = no_more,
    progress: Progress = silent,
) -> Study:
    """Run the whole comparison. `trials` have all candidate features; `more` gives further premodels by name.

    Everything that is judged is chosen inside the training folds; the correlations, the order of elimination, the
    importances and the steps of Algorithm 1 describe all images, and no judged figure rests on them. Raises what
    `evaluate` raises.
    """
    seen = trials.with_features(settings.features)
    choice = RememberedChoice(settings.criterion, folds=settings.folds, seed=settings.seed)
    features = study_features(trials, settings, choice, progress)
    answering, refusing = (
        _evaluate(seen, {**_premodels(trials, settings, choice, on_fail), **more(on_fail)}, settings, progress)
        for on_fail in ("run", "refuse")
    )
    namings = tuple(
        naming(name, seen, routes, settings.criterion, settings.bootstrap, settings.seed)
        for name, routes in refusing.routed.items()
        if name != SHUFFLED
    )
    return Study(
        settings,
        answering.table,
        namings,
        member_steps(trials, settings.criterion),
        features,
        soundness(seen, settings, progress),
        radius_votes(seen, settings),
        overhead(trials, settings, refusing),
    )


def _premodels(trials: Trials, settings: StudySettings, choice: FeatureChoice, on_fail: OnFail) -> Methods:
    """The papers' variants on the named features, and their KNN chain on features that each fold chooses for itself."""
    chain = PremodelMethod(settings.criterion, on_fail=on_fail, seed=settings.seed)
    chosen = SelectedFeatures(chain, choice, keep=len(settings.features))
    return {
        **paper_variants(settings.criterion, on_fail, settings.seed),
        CHOSEN_HERE: OnFeatures(chosen, trials.features, trials.feature_names, trials.feature_costs),
    }


def _evaluate(seen: Trials, methods: Methods, settings: StudySettings, progress: Progress) -> Evaluation:
    """The fair table, with a control whose features are another image's: what it reaches, no feature had a part in."""
    shuffled = seen.features[np.random.default_rng(settings.seed).permutation(len(seen))]
    control = OnFeatures(
        PremodelMethod(settings.criterion, seed=settings.seed), shuffled, seen.feature_names, seen.feature_costs
    )
    return evaluate(
        seen,
        methods,
        criterion=settings.criterion,
        folds=settings.folds,
        seed=settings.seed,
        bootstrap=settings.bootstrap,
        controls={SHUFFLED: control},
        progress=progress,
        decide_ms=settings.decide_ms,
    )


def study_features(
    trials: Trials, settings: StudySettings, choice: FeatureChoice, progress: Progress = silent
) -> FeatureStudy:
    """The filter, the order of elimination and the importances of what it keeps, and the sweep over their number."""
    chosen = choice.choose(trials)
    kept = chosen.filter.kept
    question = ask(trials.with_features(kept), settings.criterion, folds=settings.folds, seed=settings.seed)
    worth = importances(question, kept, costs=trials.feature_costs, seed=settings.seed, bootstrap=settings.bootstrap)
    counted = sweep(
        trials, choice, folds=settings.folds, seed=settings.seed, bootstrap=settings.bootstrap, progress=progress
    )
    return FeatureStudy(chosen.filter, chosen.elimination, worth, counted)


def soundness(seen: Trials, settings: StudySettings, progress: Progress = silent) -> dict[Rule, tuple[Detection, ...]]:
    """How many wrong choices of the KNN chain a conformal detector flags, on held-out folds, by both rules."""
    chain = PremodelMethod(settings.criterion, seed=settings.seed)
    return {
        rule: cross_detect(
            seen,
            DetectorMethod(chain, rule, seed=settings.seed),
            folds=settings.folds,
            seed=settings.seed,
            progress=progress,
        )
        for rule in get_args(Rule)
    }


def radius_votes(seen: Trials, settings: StudySettings) -> tuple[VoteFlags, ...]:
    """How many wrong choices have few of the votes within a radius that each fold chooses for itself."""
    chain = PremodelMethod(settings.criterion, radius="auto", on_fail="refuse", seed=settings.seed)
    return cross_confidence(seen, chain, folds=settings.folds, seed=settings.seed)


def overhead(trials: Trials, settings: StudySettings, refusing: Evaluation) -> Overhead:
    """What choosing costs; the decision is that of the KNN chain which may refuse."""
    costs = trials.feature_costs
    chosen_ms = costs.ms(settings.features)
    row = next(row for row in refusing.table.rows if row.name == BASE)
    calls = float(refusing.routed[BASE].steps.mean())  # one that chooses, one that answers
    return Overhead(
        decode_ms=trials.decode_ms,
        steps_ms=dict(costs.steps_ms),
        features_ms={name: costs.ms([name]) for name in trials.feature_names},
        chosen_ms=chosen_ms,
        candidates_ms=costs.ms(trials.feature_names),
        decision_ms=(row.choose_ms - chosen_ms) / calls,
        models_ms=dict(zip(trials.models, trials.times_ms.tolist(), strict=True)),
    )
