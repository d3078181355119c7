"""The models of a profile, loaded where they run: in the worker of this machine or of another."""

from collections.abc import Callable, Sequence

from edgewise.errors import ModelError, OutputError
from edgewise.profile.crew import Watched, none_left
from edgewise.profile.failures import Failures, ModelFailure
from edgewise.profile.plan import Settings
from edgewise.profile.position import Doing, Position
from edgewise.progress import Progress
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import Source


def load_models(
    sources: Sequence[Source],
    settings: Settings,
    position: Position,
    failures: Failures,
    note: Callable[[ModelFailure], Failures] | None,
    progress: Progress,
) -> list[Watched]:
    """The models that have not failed.

    One whose outputs are not numbers is noted and left out; where `note` is None, as in a profile that has begun, its
    `OutputError` is raised. Raises `ModelError` when no model is left, and what loading raises.
    """
    models: list[Watched] = []
    for number, source in enumerate(sources):
        progress("loading models", number, len(sources))
        if failures.dropped(source.name):
            continue
        position.note(Doing.LOADING, number)
        try:
            model = load(source, threads=settings.threads, embedding=settings.keeps_embedding(source.name))
        except MemoryError as error:
            raise ModelError(f"{source.text} needs more memory than there is to load.", "Leave it out.") from error
        except SystemExit as error:
            raise ModelError(f"{source.text} tried to end the process while it was loaded.", "Correct it.") from error
        except OutputError as error:
            if note is None:
                raise
            failures = note(ModelFailure(source.name, source.text, f"failed while it was loaded: {error.message}"))
        else:
            models.append(Watched(number, model, source.text, position))
        position.note(Doing.OTHER)
    progress("loading models", len(sources), len(sources))
    if not models:
        raise none_left(failures)
    return models
