"""A selector that does not guess about images unlike those it was fitted on. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.guarantee.watch import Watch, log_probabilities
from edgewise.select.kinds import pack, unpack
from edgewise.select.selector import Answer, Refuse, Routes, Run, Seen, Selector, Step, embedding_names
from edgewise.select.trials import Trials, top_classes

KIND = "watched"
Policy = Literal["escalate", "refuse", "ignore"]
_CHUNK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Watched:
    """A `Selector`: does what its inner one does, but for images that look unfamiliar.

    An image is unfamiliar when the vector of the first model lies farther from the known ones than one of the watches
    allows, or when the model that ended the decision is less sure than `sure_from`. Then "escalate" runs the most
    capable model and answers with it, "refuse" answers nothing, and "ignore" answers and says so.
    How sure: the highest probability of that one model at its temperature; an average of models is not asked, so that
    one threshold means the same whichever models ran.
    """

    inner: Selector
    policy: Policy
    temperatures: tuple[float, ...]  # one for each of `models`
    sure_from: float  # 0 = never too unsure
    capable: str  # the most capable model of the inner selector
    watches: tuple[Watch, ...] = ()  # of the model that the inner selector runs first; none = only confidence counts
    strange_above: tuple[float, ...] = ()  # the distance from which on each of them finds an image strange

    def __post_init__(self) -> None:
        if self.policy not in get_args(Policy):
            raise UsageError(f"The policy is {self.policy!r}; it must be one of {', '.join(get_args(Policy))}.")
        if len(self.watches) != len(self.strange_above) or len({(w.model, w.source) for w in self.watches}) > 1:
            raise UsageError(f"{len(self.watches)} watches of one vector need a distance each.")
        if len(self.temperatures) != len(self.models) or self.capable not in self.models:
            raise UsageError(
                f"Watching {', '.join(self.models)} needs a temperature of each and the most capable of them; there "
                f"are {len(self.temperatures)} temperatures and {self.capable!r}."
            )

    @property
    def kind(self) -> str:
        return KIND

    @property
    def models(self) -> tuple[str, ...]:
        return self.inner.models

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.inner.feature_names

    @property
    def embedding_names(self) -> tuple[str, ...]:
        own = [watch.model for watch in self.watches if watch.source == "embedding"]
        return tuple(dict.fromkeys([*embedding_names(self.inner), *own]))

    def decide(self, seen: Seen) -> Step:
        """The inner selector's step, or the policy's where the image is unfamiliar.

        Raises `UsageError` without the embedding that is watched.
        """
        last = next(reversed(list(seen.logits)), None)
        strange = self._strange(seen, last)
        if strange and self.policy != "ignore":
            return self._follow(seen, strange)
        if self._was_sent_on(seen, last):
            return self._answer(seen, "the answer before was unsure")
        step = self.inner.decide(seen)
        if not isinstance(step, Answer) or last is None:
            return step
        sure = self._sureness(last, seen.logits[last])
        doubt = strange or (
            f"{last} is sure at {sure:.3f}, under {self.sure_from:.3f}" if sure < self.sure_from else ""
        )
        if not doubt:
            return step
        if self.policy == "ignore" or (self.policy == "escalate" and self.capable in seen.logits):
            return replace(step, why=f"{step.why}; unfamiliar: {doubt}".removeprefix("; "))
        return self._follow(seen, doubt)

    def route(self, trials: Trials) -> Routes:
        """All steps for all images; exactly what a loop over `decide` gives."""
        routes = self.inner.route(trials)
        if self.policy == "ignore":
            return routes
        strange, unsure = self.flags(trials, routes)
        ran, chosen = routes.ran.copy(), routes.chosen.copy()
        top, steps = routes.top.copy(), routes.steps.copy()
        if self.watches:
            ran[strange] = np.arange(ran.shape[1]) == trials.models.index(self.watches[0].model)
            steps[strange] = 2
        flagged = strange | unsure
        if self.policy == "refuse":
            chosen[flagged], top[flagged] = -1, -1
            return Routes(ran, chosen, top, steps)
        column = trials.models.index(self.capable)
        sent_on = flagged & ~ran[:, column]
        steps[sent_on] += 1
        ran[sent_on, column] = True
        answers = np.flatnonzero(strange | sent_on)
        chosen[answers] = column
        for start in range(0, len(answers), _CHUNK_ROWS):
            rows = answers[start : start + _CHUNK_ROWS]
            top[rows] = top_classes(softmax(trials.logits[column][rows], self._temperature(self.capable)), 5)
        return Routes(ran, chosen, top, steps)

    def flags(self, trials: Trials, routes: Routes) -> tuple[np.ndarray, np.ndarray]:
        """bool [n] each: strange, and not strange but answered unsurely; `routes` are the inner selector's.

        Raises `UsageError` without the embedding that is watched.
        """
        strange = np.zeros(len(trials), bool)
        for watch, above in zip(self.watches, self.strange_above, strict=True):
            ran = np.flatnonzero(routes.ran[:, trials.models.index(watch.model)])
            strange[ran] |= watch.strangeness(vectors_of(watch, trials)[ran]) > above
        sureness = sureness_of(trials, routes, self.models, self.temperatures)
        return strange, ~strange & (routes.chosen >= 0) & (sureness < self.sure_from)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        packed, arrays = pack([self.inner])
        values: dict[str, Any] = {
            "inner": packed,
            "policy": self.policy,
            "temperatures": list(self.temperatures),
            "sure_from": self.sure_from,
            "capable": self.capable,
        }
        states = [watch.state() for watch in self.watches]
        values |= {"watches": [own for own, _ in states], "strange_above": list(self.strange_above)}
        for place, (_, its_arrays) in enumerate(states):
            arrays |= {f"watch{place}.{name}": array for name, array in its_arrays.items()}
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Watched":
        """The inverse of `state`. Raises `KeyError`, `TypeError` or `UsageError` when the two do not fit."""
        (inner,) = unpack(values["inner"], arrays)
        watches = tuple(
            Watch.from_state(
                own,
                {n.removeprefix(f"watch{place}."): a for n, a in arrays.items() if n.startswith(f"watch{place}.")},
            )
            for place, own in enumerate(values["watches"])
        )
        return cls(
            inner=inner,
            policy=values["policy"],
            temperatures=tuple(float(value) for value in values["temperatures"]),
            sure_from=float(values["sure_from"]),
            capable=values["capable"],
            watches=watches,
            strange_above=tuple(float(value) for value in values["strange_above"]),
        )

    def _strange(self, seen: Seen, last: str | None) -> str:
        """Why the image is strange; empty where it is not.

        Once another model ran, the first was familiar, unless that other one is where strange images are sent.
        """
        if not self.watches or self.watches[0].model not in seen.logits:
            return ""
        model, source = self.watches[0].model, self.watches[0].source
        if self.policy != "ignore" and last not in (model, self.capable):
            return ""
        if source == "embedding" and model not in seen.embeddings:
            raise UsageError(f"The embedding of {model} is watched, and was not given.")
        vector = seen.embeddings[model] if source == "embedding" else log_probabilities(seen.logits[model])
        for watch, above in zip(self.watches, self.strange_above, strict=True):
            far = float(watch.strangeness(np.asarray(vector)[None])[0])
            if far > above:
                return f"by {watch.measure} {far:.3g} from what is known, over {above:.3g}"
        return ""

    def _follow(self, seen: Seen, doubt: str) -> Step:
        """What the policy does with an unfamiliar image."""
        if self.policy == "refuse":
            return Refuse(f"unfamiliar: {doubt}")
        if self.capable in seen.logits:
            return self._answer(seen, doubt)
        return Run(self.capable, f"unfamiliar: {doubt}; {self.capable} is the most capable model")

    def _answer(self, seen: Seen, doubt: str) -> Answer:
        probabilities = softmax(seen.logits[self.capable], self._temperature(self.capable))
        return Answer(probabilities, (self.capable,), f"unfamiliar: {doubt}; {self.capable} answers")

    def _was_sent_on(self, seen: Seen, last: str | None) -> bool:
        """The most capable model ran last, and the inner selector had its answer without it."""
        if self.policy != "escalate" or last != self.capable or len(seen.logits) < 2:
            return False
        logits = {model: array for model, array in seen.logits.items() if model != last}
        embeddings = {model: array for model, array in seen.embeddings.items() if model != last}
        return isinstance(self.inner.decide(Seen(seen.features, logits, embeddings)), Answer)

    def _sureness(self, model: str, logits: np.ndarray) -> float:
        return float(softmax(logits, self._temperature(model)).max())

    def _temperature(self, model: str) -> float:
        return self.temperatures[self.models.index(model)]


def vectors_of(watch: Watch, trials: Trials) -> np.ndarray:
    """float [n, width]: what is watched of each image. Raises `UsageError` without the embedding."""
    if watch.source == "log-probabilities":
        return log_probabilities(trials.logits[trials.models.index(watch.model)])
    if watch.model not in trials.embeddings:
        raise UsageError(f"The embedding of {watch.model} is watched, and these trials do not have it.")
    return trials.embeddings[watch.model]


def sureness_of(trials: Trials, routes: Routes, models: tuple[str, ...], temperatures: tuple[float, ...]) -> np.ndarray:
    """float64 [n]: the highest probability of the model whose run ended the decision; 0 where that is none."""
    sureness = np.zeros(len(trials))
    for model, temperature in zip(models, temperatures, strict=True):
        column = trials.models.index(model)
        rows = np.flatnonzero(routes.chosen == column)
        for start in range(0, len(rows), _CHUNK_ROWS):
            part = rows[start : start + _CHUNK_ROWS]
            sureness[part] = softmax(trials.logits[column][part], temperature).max(axis=1)
    return sureness
