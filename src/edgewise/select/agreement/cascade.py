"""The fitted agreement cascade: run two models, stop when enough of those run agree, else run the next. NumPy alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.agreement.ballots import cast as cast_ballots
from edgewise.select.agreement.poll import poll, poll_one
from edgewise.select.calibration import softmax
from edgewise.select.selector import Answer, Routes, Run, Seen, Step
from edgewise.select.stages import routes_of_stages
from edgewise.select.trials import Trials

KIND = "agreement"
LastWord = Literal["own", "plurality"]
_CHUNK_ROWS = 4096


@dataclass(frozen=True)
class AgreementCascade:
    """A `Selector`: models run until so many of them name the same class; the last one always ends it.

    The answer is the mean of the probabilities of the models that name the winner, so its best class is the winner; it
    takes no calibration, since only the best class of a model counts. A cascade of one model always answers with it.
    Source: Kolawole et al. 2025, "Agreement-Based Cascading for Efficient Inference"; Wang et al. 2022, "Wisdom of
    Committees". Reading: the paper's stages are ensembles of fixed size, whose votes are forgotten at the next one;
    here all models run so far vote, since they are paid for.
    """

    models: tuple[str, ...]  # in the order in which they run
    quorums: tuple[int, ...]  # votes that stop after 2, 3, ... models, all but the last; more than models run = go on
    trust: tuple[float, ...]  # accuracy of each model on the training images; breaks ties
    last: LastWord  # who answers at the end: the last model alone, or the class with the most votes

    def __post_init__(self) -> None:
        stages = len(self.models)
        if stages == 0 or len(self.quorums) != max(0, stages - 2) or len(self.trust) != stages:
            raise UsageError(
                f"An agreement cascade of {stages} models has {len(self.quorums)} quorums and {len(self.trust)} "
                "trusts; it needs one model at least, as many trusts, and two quorums less."
            )
        if self.last not in get_args(LastWord):
            raise UsageError(f"The last word is {self.last!r}; it must be one of {', '.join(get_args(LastWord))}.")

    @property
    def kind(self) -> str:
        return KIND

    @property
    def feature_names(self) -> tuple[str, ...]:
        return ()

    def decide(self, seen: Seen) -> Step:
        """Poll the models that have run; answer where they agree, or run the next. The scores are the votes so far."""
        scores: list[float] = []
        named: list[int] = []
        for stage, model in enumerate(self.models):
            if model not in seen.logits:
                return Run(model, self._why_run(stage, scores), tuple(scores))
            named.append(int(seen.logits[model].argmax()))
            winner, votes = poll_one(named, self.trust)
            scores.append(float(votes))
            last = stage == len(self.models) - 1
            if last or votes >= self._quorum(stage):
                winner = stage if last and self.last == "own" else winner
                backing = [name for name, label in zip(self.models, named, strict=False) if label == named[winner]]
                why = f"{votes} of {stage + 1} models agree" if stage else f"{model} answers every image"
                return Answer(
                    _mean([softmax(seen.logits[name]) for name in backing]), tuple(backing), why, tuple(scores)
                )
        raise AssertionError("the last model answers")

    def route(self, trials: Trials) -> Routes:
        """All stages for all images; exactly what a loop over `decide` gives."""
        return routes_of_stages(self.models, self.walk, trials)

    def walk(self, logits: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The stage that ended it, int64 [n], and the answer's best classes, int64 [n, 5 or fewer].

        `logits`: float [n, classes] of each model, in the order in which they run; each is read only for the images
        that reach it, some thousands at a time.
        """
        images, classes = logits[0].shape
        ended = np.empty(images, np.int64)
        top = np.empty((images, min(5, classes)), np.int64)
        for start in range(0, images, _CHUNK_ROWS):
            pending = np.arange(start, min(start + _CHUNK_ROWS, images))
            named = np.empty((len(pending), 0), np.int64)
            for stage, array in enumerate(logits):
                named = np.column_stack([named, np.asarray(array[pending]).argmax(axis=1)])
                stops, winner = self._polled(named)
                rows = pending[stops]
                ended[rows] = stage
                ran = [np.asarray(one[rows]) for one in logits[: stage + 1]]
                top[rows] = cast_ballots(self._answers(ran, named[stops], winner[stops]), 5)
                pending, named = pending[~stops], named[~stops]
                if len(pending) == 0:
                    break
        return ended, top

    def settled(self, named: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The stage that ended it and the class answered, int64 [n] each, from `named` int [n, models] alone."""
        ended = np.full(len(named), -1)
        answered = np.empty(len(named), np.int64)
        for stage in range(len(self.models)):
            pending = np.flatnonzero(ended < 0)
            stops, winner = self._polled(named[pending, : stage + 1])
            rows = pending[stops]
            ended[rows], answered[rows] = stage, named[rows, winner[stops]]
        return ended, answered

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        values = {
            "models": list(self.models),
            "quorums": list(self.quorums),
            "trust": list(self.trust),
            "last": self.last,
        }
        return values, {}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "AgreementCascade":
        """The inverse of `state`; it has no arrays."""
        return cls(
            models=tuple(values["models"]),
            quorums=tuple(int(value) for value in values["quorums"]),
            trust=tuple(float(value) for value in values["trust"]),
            last=cast(LastWord, values["last"]),
        )

    def _quorum(self, stage: int) -> int:
        """Votes that stop after this stage, which is not the last."""
        return self.quorums[stage - 1] if stage else 2

    def _polled(self, named: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether it ends here, bool [n], and by whose class, int64 [n]; `named`: int64 [n, models run]."""
        stage = named.shape[1] - 1
        winner, votes = poll(named, self.trust[: stage + 1])
        if stage == len(self.models) - 1:
            return np.ones(len(named), bool), np.full(len(named), stage) if self.last == "own" else winner
        return votes >= self._quorum(stage), winner

    def _answers(self, logits: Sequence[np.ndarray], named: np.ndarray, winner: np.ndarray) -> np.ndarray:
        """float32 [n, classes]: the mean of the probabilities of the models that name the winner."""
        backs = named == np.take_along_axis(named, winner[:, None], axis=1)
        total = np.zeros(logits[0].shape, np.float32)
        for model, array in enumerate(logits):
            total += softmax(array) * backs[:, model, None]
        return total / backs.sum(axis=1, dtype=np.float32)[:, None]

    def _why_run(self, stage: int, scores: list[float]) -> str:
        if stage == 0:
            return f"{self.models[0]} runs first"
        if stage == 1:
            return "one model alone agrees with nobody"
        return f"at most {scores[-1]:.0f} of {stage} models agree"


def _mean(probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """float32 [classes]: summed one by one, as for many images at once."""
    total = probabilities[0].astype(np.float32)
    for one in probabilities[1:]:
        total = total + one
    return total / np.float32(len(probabilities))
