"""A device with its users: answers their images one at a time, and learns each of them meanwhile."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from edgewise.errors import EdgewiseError, UsageError
from edgewise.images.decode import decode
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.learner import Learner, Reply
from edgewise.personal.learning import Learning
from edgewise.personal.remembered import check_user
from edgewise.personal.state import DeviceState

MOST_USERS = 20
MAX_PIXELS = 40_000_000


@dataclass(frozen=True, eq=False)
class Answered:
    """The reply to one image, and what it took beside the networks."""

    user: str
    reply: Reply
    decode_ms: float
    converted: tuple[str, ...]  # what decoding had to convert


class Device:
    """For one thread at a time. Close it, or use it as a context manager: what runs for its users ends with it."""

    def __init__(
        self, folder: Path, learning: Learning | None = None, *, threads: int = 1, most_users: int = MOST_USERS
    ) -> None:
        """`folder` holds the generic network (`open_generic`) and the state.

        Raises `StoreError` or `ModelError` for what cannot be loaded, `UsageError` where another process serves it.
        """
        self.generic = GenericNetwork(folder / FOLDER, threads=threads)
        self.state = DeviceState.open(folder, self.generic.parts.fingerprint)
        self.learning, self._most_users = learning or Learning(), most_users
        self.trouble = ""  # why nothing can be remembered at present
        self._learners: dict[str, Learner] = {}

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer(self, user: str, content: bytes) -> Answered:
        """Answer the bytes of an image file for a user; one who is new begins here.

        Raises `ImageError` for what is no usable image, `UsageError` for what is no user, or one too many.
        """
        learner = self.learner(user, new=True)
        started = perf_counter()
        decoded = decode(content, "the image", max_pixels=MAX_PIXELS)
        decode_ms = 1000 * (perf_counter() - started)
        return Answered(user, learner.answer(decoded.pixels), decode_ms, decoded.converted)

    def learn(self, answered: Answered) -> None:
        """Take in what was answered. Where it cannot be stored, answering goes on, and `trouble` says so."""
        try:
            self.learner(answered.user).learn(answered.reply)
        except EdgewiseError as error:
            self.trouble = str(error)
        else:
            self.trouble = ""

    def poll(self) -> None:
        """Hear from what runs for the users."""
        for learner in self._learners.values():
            try:
                learner.poll()
            except EdgewiseError as error:
                self.trouble = str(error)

    def learner(self, user: str, *, new: bool = False) -> Learner:
        """Of a user. Raises `UsageError` for one who is not known, unless a `new` one may begin."""
        if user in self._learners:
            return self._learners[user]
        known = self.state.users()
        if check_user(user) not in known:
            if not new:
                raise UsageError(f"There is no user {user!r} on this device.", "A user begins with a first image.")
            if len(known) >= self._most_users:
                raise UsageError(f"This device has {len(known)} users already.", "Delete one of them first.")
        self._learners[user] = Learner(user, self.state, self.generic, self.learning)
        return self._learners[user]

    def take_up(self) -> None:
        """Go on with all users where the state left off."""
        for user in self.state.users():
            self.learner(user)

    def forget(self, user: str) -> None:
        """Delete all that was kept of a user. Raises `UsageError` for one who is not known."""
        self.learner(user).forget()
        del self._learners[user]

    def close(self) -> None:
        """End what runs, and let go of the state."""
        try:
            for learner in self._learners.values():
                learner.close()
        finally:
            self._learners = {}
            self.state.close()
