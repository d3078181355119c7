"""Selectors over ballots alone, judged as the fair table does, without the memory that 63 networks' logits would take.

Nested cross-validation: the paths are fitted on the outer training folds; which position on which path runs is chosen
by inner folds of those, by a stated rule; the outer fold then shows what it is worth. The cost is MACs.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from edgewise.select.agreement.cascade import AgreementCascade
from edgewise.select.agreement.cells import sureness
from edgewise.select.agreement.method import AgreementMethod
from edgewise.select.agreement.policy import ANSWER, joined
from edgewise.select.agreement.ranked import RankedVotes
from edgewise.select.agreement.ranked_method import RankedVotesMethod
from edgewise.select.agreement.tally import tally
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.selector import Selector
from edgewise.select.single import SingleModel

CLASSES = 1000
OUTER_FOLDS, INNER_FOLDS = 5, 5
_CHUNK_ROWS = 4096
PRICES = np.geomspace(0.01, 0.4, 41)  # right answers for the MACs from the cheapest to the dearest network


@dataclass(frozen=True, eq=False)
class Zoo:
    """Networks, cheapest first, and their ballots on n images."""

    names: tuple[str, ...]
    gmacs: np.ndarray  # float64 [m]
    ballots: np.ndarray  # int16 [n, m, 5]
    labels: np.ndarray  # int64 [n]

    def take(self, rows: np.ndarray) -> "Zoo":
        return Zoo(self.names, self.gmacs, self.ballots[rows], self.labels[rows])

    def right(self) -> np.ndarray:
        """bool [n, m], top-1."""
        return self.ballots[:, :, 0] == self.labels[:, None]

    def only(self, names: Sequence[str]) -> "Zoo":
        columns = [self.names.index(name) for name in names]
        return Zoo(tuple(names), self.gmacs[columns], self.ballots[:, columns], self.labels)


Fit = Callable[[Zoo], Sequence[Selector]]


def singles(zoo: Zoo) -> Sequence[Selector]:
    """Each network alone."""
    return [SingleModel(name) for name in zoo.names]


def agreement(zoo: Zoo) -> Sequence[Selector]:
    """Agreement cascades of up to five networks."""
    prices = PRICES / (zoo.gmacs[-1] - zoo.gmacs[0])
    named, right = zoo.ballots[:, :, 0].astype(np.int64), zoo.right()
    method = AgreementMethod(max_stages=5, max_models=6)
    return method.search(zoo.names, named, right, np.ones(len(named)), zoo.gmacs, prices)


@dataclass(frozen=True)
class Ranked:
    """Ranked votes over so many networks; a `Fit` that another process can be told to run."""

    max_models: int
    max_stages: int

    def __call__(self, zoo: Zoo) -> Sequence[Selector]:
        prices = PRICES / (zoo.gmacs[-1] - zoo.gmacs[0])
        method = RankedVotesMethod(max_models=self.max_models, max_stages=self.max_stages)
        return method.learn(zoo.names, zoo.ballots.astype(np.int64), zoo.labels, CLASSES, zoo.gmacs, prices)


@dataclass(frozen=True, eq=False)
class Answers:
    """How p positions of a path answer n images."""

    right: np.ndarray  # bool [p, n]
    gmacs: np.ndarray  # float32 [p, n]

    @classmethod
    def empty(cls, positions: int, images: int) -> "Answers":
        return cls(np.zeros((positions, images), bool), np.zeros((positions, images), np.float32))


def routed(path: Sequence[Selector], zoo: Zoo) -> Answers:
    """What the selectors do with images that they have not seen."""
    answers = Answers.empty(len(path), len(zoo.labels))
    tallies: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray]] = {}
    done: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for position, selector in enumerate(path):
        if id(selector) not in done:
            own = zoo.only(selector.models)
            done[id(selector)] = (
                _voted(selector, own, tallies) if isinstance(selector, RankedVotes) else _answered(selector, own)
            )
        answers.right[position], answers.gmacs[position] = done[id(selector)]
    return answers


def _voted(
    selector: RankedVotes, zoo: Zoo, tallies: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """As `RankedVotes.walk` does, but with the count of each set of networks shared by all selectors of a path."""
    images, size = np.arange(len(zoo.labels)), len(zoo.names)
    right, gmacs = np.zeros(len(images), bool), np.full(len(images), zoo.gmacs[selector.first])
    waiting: dict[tuple[int, ...], list[np.ndarray]] = {(selector.first,): [images]}
    for members, count in selector.counts.items():
        names = tuple(zoo.names[model] for model in members)
        if names not in tallies:
            tallies[names] = _tallied(selector, members, zoo)
        sure, is_right = tallies[names]
        rows = np.concatenate(waiting.get(members, [images[:0]]))
        actions = count.after(sure[rows])
        right[rows[actions == ANSWER]] = is_right[rows[actions == ANSWER]]
        for model in range(size):
            going = rows[actions == model]
            if len(going):
                gmacs[going] += zoo.gmacs[model]
                waiting.setdefault(joined(members, model), []).append(going)
    return right, gmacs


def _tallied(selector: RankedVotes, members: tuple[int, ...], zoo: Zoo) -> tuple[np.ndarray, np.ndarray]:
    """How sure a set of networks is, float32 [n, 2], and whether its best candidate is right, bool [n]."""
    sure, right = np.empty((len(zoo.labels), 2), np.float32), np.empty(len(zoo.labels), bool)
    count = selector.counts[members]
    for start in range(0, len(sure), _CHUNK_ROWS):
        rows = slice(start, start + _CHUNK_ROWS)
        ballots = zoo.ballots[rows][:, list(members)].astype(np.int64)
        named, shares = tally(ballots, selector.meanings, np.asarray(members), count.weights, count.none)
        best = shares.argmax(axis=1)[:, None]
        sure[rows] = sureness(shares)
        right[rows] = np.take_along_axis(named, best, axis=1)[:, 0] == zoo.labels[rows]
    return sure, right


def _answered(selector: Selector, zoo: Zoo) -> tuple[np.ndarray, np.ndarray]:
    """Right, bool [n], and MACs, float [n]; the networks of `zoo` are the selector's."""
    if isinstance(selector, AgreementCascade):
        ended, answered = selector.settled(zoo.ballots[:, :, 0].astype(np.int64))
        return answered == zoo.labels, np.cumsum(zoo.gmacs)[ended]
    return zoo.right()[:, 0], np.full(len(zoo.labels), zoo.gmacs[0])


@dataclass(frozen=True)
class Rule:
    """The operating point: at most so many points under a network with a margin of standard errors, fewest MACs."""

    network: str
    points_under: float
    standard_errors: float = 1.0

    def choose(self, answers: Mapping[str, Answers], goal: np.ndarray) -> tuple[str, int]:
        """Path and position. `goal`: bool [n], where the network is right. Nothing reaches it: the most accurate."""
        best: tuple[float, str, int] | None = None
        nearest: tuple[float, str, int] | None = None
        for name, path in answers.items():
            for position, right in enumerate(path.right):
                gains = right.astype(np.float64) - goal
                margin = self.standard_errors * gains.std() / np.sqrt(len(gains))
                mean = float(path.gmacs[position].mean(dtype=np.float64))
                if nearest is None or gains.mean() > nearest[0]:
                    nearest = (float(gains.mean()), name, position)
                if gains.mean() - margin >= -self.points_under / 100 and (best is None or mean < best[0]):
                    best = (mean, name, position)
        chosen = best or nearest
        assert chosen is not None, "a path has a position at least"
        return chosen[1:]


@dataclass(frozen=True, eq=False)
class Chosen:
    """One row: what was chosen inside the training folds, and what it did outside."""

    right: np.ndarray  # bool [n]
    gmacs: np.ndarray  # float64 [n]
    picks: list[str] = field(default_factory=list[str])  # of each outer fold, in words


@dataclass(frozen=True, eq=False)
class Judged:
    """Everything that was judged on one zoo."""

    curves: Mapping[str, Answers]  # by path: each position, cross-fitted
    chosen: Mapping[str, Chosen]  # by path, and ANY: the best of all


ANY = "whichever the training folds prefer"


@dataclass(frozen=True, eq=False)
class OuterFold:
    """What one outer fold showed."""

    rows: np.ndarray  # int64 [h]: the images held out
    curves: Mapping[str, Answers]  # by path
    choices: Mapping[str, tuple[str, int]]  # by row: path and position
    picks: Mapping[str, str]  # by row, in words


def judge(
    zoo: Zoo,
    paths: Mapping[str, Fit],
    rules: Mapping[str, Rule],
    seed: int,
    done: Callable[[int, int], None],
    processes: int = 1,
) -> Judged:
    """Nested cross-validation of all paths and of the choice between them; a row for each path and rule.

    rules: what is added to a row's name, and by which rule its position is chosen.
    """
    images, fold = len(zoo.labels), stratified_folds(zoo.labels, OUTER_FOLDS, seed)
    curves: dict[str, Answers] = {}
    chosen = {
        name + added: Chosen(np.zeros(images, bool), np.zeros(images)) for added in rules for name in [*paths, ANY]
    }
    with ProcessPoolExecutor(processes) as pool:
        waiting = [
            pool.submit(_judge_outer, zoo, paths, rules, seed, np.flatnonzero(fold == outer))
            for outer in range(OUTER_FOLDS)
        ]
        for outer, ended in enumerate(waiting):
            found = ended.result()
            for name, answers in found.curves.items():
                whole = curves.setdefault(name, Answers.empty(len(answers.right), images))
                whole.right[:, found.rows], whole.gmacs[:, found.rows] = answers.right, answers.gmacs
            for name, (path, position) in found.choices.items():
                answers, row = found.curves[path], chosen[name]
                row.right[found.rows], row.gmacs[found.rows] = answers.right[position], answers.gmacs[position]
                row.picks.append(found.picks[name])
            done(outer + 1, OUTER_FOLDS)
    return Judged(curves, chosen)


def _judge_outer(
    zoo: Zoo, paths: Mapping[str, Fit], rules: Mapping[str, Rule], seed: int, held: np.ndarray
) -> OuterFold:
    """Fit and choose on all other images; what that is worth on `held`."""
    training, test = zoo.take(np.setdiff1d(np.arange(len(zoo.labels)), held)), zoo.take(held)
    inner = stratified_folds(training.labels, INNER_FOLDS, seed + 1)
    seen = {name: _crossed(fit, training, inner) for name, fit in paths.items()}
    fitted = {name: fit(training) for name, fit in paths.items()}
    curves = {name: routed(path, test) for name, path in fitted.items()}
    choices: dict[str, tuple[str, int]] = {}
    picks: dict[str, str] = {}
    for added, rule in rules.items():
        goal = _goal(training, rule)
        for name in paths:
            _, position = choices[name + added] = rule.choose({name: seen[name]}, goal)
            picks[name + added] = in_words(fitted[name][position])
        choices[ANY + added] = rule.choose(seen, goal)
        picks[ANY + added] = choices[ANY + added][0]
    return OuterFold(held, curves, choices, picks)


def _goal(zoo: Zoo, rule: Rule) -> np.ndarray:
    return zoo.right()[:, zoo.names.index(rule.network)]


def _crossed(fit: Fit, zoo: Zoo, fold: np.ndarray) -> Answers:
    """Each position of a path on images that it was not fitted on."""
    whole: Answers | None = None
    for held_out in np.unique(fold):
        rows, held = np.flatnonzero(fold != held_out), np.flatnonzero(fold == held_out)
        path = fit(zoo.take(rows))
        answers = routed(path, zoo.take(held))
        whole = whole or Answers.empty(len(path), len(zoo.labels))
        whole.right[:, held], whole.gmacs[:, held] = answers.right, answers.gmacs
    assert whole is not None, "there are folds"
    return whole


def in_words(selector: Selector) -> str:
    """Who runs, and when it stops."""
    if isinstance(selector, AgreementCascade) and len(selector.models) > 1:
        quorums = ", ".join(str(quorum) for quorum in selector.quorums) or "none"
        first = f"{selector.models[0]} and {selector.models[1]}"
        return (
            f"{first}, then {', '.join(selector.models[2:]) or 'nobody'}; quorums {quorums}; {selector.last} last word"
        )
    if isinstance(selector, RankedVotes):
        return f"{selector.models[selector.first]} first, then of {', '.join(selector.models)}"
    return f"{selector.models[0]} alone"
