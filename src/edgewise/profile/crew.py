"""The loaded models of a profile, watched: who runs is noted before it runs, and who fails goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgewise.errors import ModelError
from edgewise.profile.failures import Failures, ModelFailure, note_failure
from edgewise.profile.position import Doing, Position
from edgewise.zoo.card import Card
from edgewise.zoo.classifier import Classifier, Inference


class ModelFailed(Exception):
    """A model could not answer; `reason` says why."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number
        self.reason = reason


@dataclass(frozen=True)
class Watched:
    """A classifier whose every run is noted in `position`; the note is taken outside of what it times."""

    number: int  # its place in the zoo
    model: Classifier
    source: str
    position: Position

    @property
    def card(self) -> Card:
        return self.model.card

    @property
    def fingerprint(self) -> str:
        return self.model.fingerprint

    @property
    def embedding_width(self) -> int | None:
        return self.model.embedding_width

    def classify(self, pixels: np.ndarray) -> tuple[np.ndarray, float, float]:
        """As the classifier's own. Raises `ModelFailed` for whatever goes wrong in it."""
        found = self.infer(pixels)
        return found.logits, found.prepare_ms, found.infer_ms

    def infer(self, pixels: np.ndarray) -> Inference:
        """As the classifier's own. Raises `ModelFailed` for whatever goes wrong in it."""
        self.position.note(Doing.RUNNING, self.number)
        try:
            return self.model.infer(pixels)
        except ModelError as error:
            raise ModelFailed(self.number, error.message) from error
        except MemoryError as error:
            raise ModelFailed(self.number, f"ran out of memory: {error}".rstrip(": ")) from error
        except (Exception, SystemExit) as error:  # foreign code
            raise ModelFailed(self.number, f"{type(error).__name__}: {error}") from error
        finally:
            self.position.note(Doing.OTHER)


class Crew:
    """The models that still answer."""

    def __init__(self, folder: Path | None, models: Sequence[Watched], failures: Failures, position: Position) -> None:
        """`folder` is the profile's: failures are noted there at once; None: whoever asks `failures` notes them.

        Raises `ModelError` when no model is left.
        """
        self._folder = folder
        self._failures = failures
        self.models = tuple(models)
        self.position = position
        self._see_that_one_is_left()

    @property
    def failures(self) -> Failures:
        return self._failures

    def drop(self, failed: ModelFailed, where: str) -> None:
        """Go on without a model; `where` says on what it failed. Raises `ModelError` when no model is left."""
        (model,) = (model for model in self.models if model.number == failed.number)
        failure = ModelFailure(model.card.name, model.source, f"failed {where}: {failed.reason}")
        self._failures = note_failure(self._folder, failure) if self._folder else self._failures.and_also(failure)
        self.models = tuple(m for m in self.models if m is not model)
        self._see_that_one_is_left()

    def _see_that_one_is_left(self) -> None:
        if not self.models:
            raise none_left(self._failures)


def none_left(failures: Failures) -> ModelError:
    """The error when every model of a zoo has failed."""
    listed = "; ".join(f"{failure.name} {failure.reason}" for failure in failures.models)
    return ModelError(f"No model is left: {listed}", "Profile others, or correct these and choose another --out.")
