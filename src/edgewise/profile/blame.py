"""What to leave out after a worker has died, so that the next one gets past that place."""

from collections.abc import Sequence

from edgewise.errors import DataError
from edgewise.profile.failures import ImageFailure, ModelFailure
from edgewise.profile.position import Doing
from edgewise.profile.supervise import Death


class Blame:
    """Judges one death after another.

    A signal that may have come from outside is believed when it comes a second time at the same place with nothing
    done in between: someone may have killed the process, or memory may have been short for a moment.
    """

    def __init__(self) -> None:
        self._suspects: set[tuple[Doing, int, str]] = set()

    def forget(self) -> None:
        """Something was done since."""
        self._suspects.clear()

    def of(self, death: Death, zoo: Sequence[tuple[str, str]]) -> ModelFailure | ImageFailure | None:
        """What is to blame; None = nothing yet. `zoo`: name and source of each model.

        Raises `DataError` for a death that neither a model nor an image explains.
        """
        at = death.at
        place = (at.doing, at.model, at.image if at.doing == Doing.READING else "")
        doubtful = death.from_outside or at.doing == Doing.OTHER
        if doubtful and place not in self._suspects:
            self._suspects.add(place)
            return None
        match at.doing:
            case Doing.LOADING:
                reason = f"{death.how} while it was loaded"
            case Doing.RUNNING:
                reason = f"{death.how} {f'on {at.image}' if at.image else 'while its latency was measured'}"
            case Doing.READING:
                return ImageFailure(at.image, f"reading it {death.how}", death.said)
            case _:
                raise unexplained(death)
        name, source = zoo[at.model]
        return ModelFailure(name, source, reason, death.said)


def unexplained(death: Death) -> DataError:
    """The error when a worker died at nothing that could be left out."""
    return DataError(
        f"The process that makes the profile {death.how}: {death.last_words}.",
        "Give the same command again; it goes on where it stopped.",
    )
