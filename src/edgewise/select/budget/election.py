"""The election among cross-fitted points: who stands, who wins, and the selector that is fitted in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgewise.select.budget.choice import Candidate, Choice
from edgewise.select.budget.coin import around, share_around
from edgewise.select.budget.menu import Menu, Promise
from edgewise.select.budget.points import Point
from edgewise.select.budget.rule import Rule
from edgewise.select.budget.shared import Shared
from edgewise.select.budget.singles import Singles
from edgewise.select.budget.survey import SINGLE, Survey
from edgewise.select.budget.why import why
from edgewise.select.criterion import Criterion
from edgewise.select.selector import PathMethod, Selector
from edgewise.select.trials import Trials


@dataclass(frozen=True, eq=False)
class Offer:
    """The best point of one method, and whether it may be chosen."""

    point: Point
    stands: bool


@dataclass(frozen=True, eq=False)
class Election:
    """Points under a rule."""

    survey: Survey
    rule: Rule
    criterion: Criterion
    z: float  # standard errors by which the coin must be beaten
    must_beat_coin: bool
    strict: bool = True  # raise where no point keeps the budget; else take the nearest

    def result(
        self,
        trials: Trials,
        methods: Mapping[str, PathMethod],
        shared: Shared,
        requests: int,
        named: str | None = None,
    ) -> Choice:
        """The choice among all methods, or of the method `named`. Raises `UsageError` where none keeps the budget."""
        offers = [self._offer(name, points) for name, points in self._points().items()]
        first = self._first(offers, named)
        others = sorted((offer for offer in offers if offer is not first), key=self._standing, reverse=True)
        candidates = [self.candidate(offer.point) for offer in (first, *others)]
        best, budget = self.candidate(self.survey.best), self.rule.budget
        points = self._front(first.point, requests, named)
        selectors = _refit(points, methods, trials, self.survey.prices, shared)
        menu = Menu(
            models=_cheapest_first(trials, selectors),
            selectors=selectors,
            promises=tuple(self._promise(point) for point in points),
            default=points.index(first.point),
        )
        return Choice(
            selector=menu if requests > 1 else menu.chosen,
            chosen=candidates[0],
            runners_up=tuple(candidates[1:]),
            best_single=best.models[0],
            budget=budget,
            criterion=self.criterion,
            images=len(trials),
            folds=self.survey.folds,
            why=why(candidates[0], tuple(candidates[1:]), best, budget),
        )

    def candidate(self, point: Point) -> Candidate:
        """A point with its intervals, and what it lacks."""
        gain = self.survey.coin.gain(point, self.z)
        best = self.rule.best
        return Candidate(
            method=point.method,
            position=point.position,
            models=point.models,
            accuracy=share_around(point.score, point.worth),
            mean_ms=point.mean_ms,
            p90_ms=point.p90_ms,
            energy_mj=point.energy_mj,
            refused=point.refused,
            over_best=around(point.score - best.score, point.worth - best.worth),
            gain=gain,
            keeps_limits=self.rule.within(point),
            accurate=self.rule.accurate(point),
            beats_coin=self.survey.coin.beaten_by(point, self.z),
        )

    def _points(self) -> dict[str, tuple[Point, ...]]:
        return {SINGLE: self.survey.singles, **self.survey.points}

    def _offer(self, name: str, points: Sequence[Point]) -> Offer:
        """The preferred point that keeps the budget and beats the coin; else the nearest, which does not stand."""
        admitted = self.rule.admitted(points)
        for point in admitted:
            if self._may_win(point):
                return Offer(point, True)
        within = admitted or [point for point in points if self.rule.within(point)]
        if within:
            return Offer(max(within, key=lambda point: (point.score, -point.mean_ms)), False)
        return Offer(min(points, key=lambda point: point.mean_ms), False)

    def _first(self, offers: list[Offer], named: str | None) -> Offer:
        standing = [offer for offer in offers if offer.stands and named in (None, offer.point.method)]
        if standing:
            return max(standing, key=lambda offer: self.rule.preference(offer.point))
        if named is not None and not self.rule.budget.demands:
            return next(offer for offer in offers if offer.point.method == named)
        points = [point for method, points in self._points().items() if named in (None, method) for point in points]
        able = [point for point in points if self._may_win(point)]
        if self.strict:
            raise self.rule.refuse(able, named)
        nearest = self.rule.nearest(able)
        offer = next(offer for offer in offers if offer.point.method == nearest.method)
        offers[offers.index(offer)] = found = Offer(nearest, False)
        return found

    def _may_win(self, point: Point) -> bool:
        if point.method == SINGLE or not self.must_beat_coin:
            return True
        return self.survey.coin.beaten_by(point, self.z)

    def _standing(self, offer: Offer) -> tuple[bool, bool, tuple[float, float, int]]:
        """What may be chosen first, as the budget prefers; then within the limits, the most accurate first."""
        point = offer.point
        if offer.stands:
            return (True, True, self.rule.preference(point))
        return (False, self.rule.within(point), (point.score, -point.mean_ms, -len(point.models)))

    def _front(self, chosen: Point, most: int, named: str | None) -> list[Point]:
        """The chosen point among those that no other beats in both time and accuracy; fastest first, `most` at most."""
        if most <= 1:
            return [chosen]
        groups = [points for method, points in self._points().items() if named in (None, method)]
        may = [point for points in groups for point in points if self._may_win(point)]
        front: list[Point] = []
        for point in sorted(may, key=lambda point: (point.mean_ms, -point.score)):
            if not front or point.score > front[-1].score:
                front.append(point)
        rest = [point for point in front if point is not chosen]
        spread = (
            {round(place * (len(rest) - 1) / max(1, most - 2)) for place in range(most - 1)} if rest else set[int]()
        )
        return sorted([chosen, *(rest[place] for place in spread)], key=lambda point: point.mean_ms)

    def _promise(self, point: Point) -> Promise:
        """The unfavourable ends of 95% intervals: a point of the front is there by some luck."""
        accuracy = share_around(point.score, point.worth).low
        slower = around(point.mean_ms, point.time_ms).high
        return Promise(accuracy, slower, point.p90_ms, point.energy_mj)


def _refit(
    points: Sequence[Point],
    methods: Mapping[str, PathMethod],
    trials: Trials,
    prices: Sequence[float],
    shared: Shared,
) -> tuple[Selector, ...]:
    """The selectors of these points, fitted on all of `trials`; each method's path is fitted once."""
    all_methods: Mapping[str, PathMethod] = {SINGLE: Singles(), **methods}
    paths = {name: shared.path(name, all_methods[name], trials, prices) for name in {point.method for point in points}}
    return tuple(paths[point.method][point.position] for point in points)


def _cheapest_first(trials: Trials, selectors: Sequence[Selector]) -> tuple[str, ...]:
    used = {model for selector in selectors for model in selector.models}
    return tuple(model for model in trials.models if model in used)
