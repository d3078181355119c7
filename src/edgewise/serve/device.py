"""A device with its users: answers their images one at a time, and learns each of them meanwhile."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter, time

from edgewise.errors import EdgewiseError, LabelError, StoreError, UsageError
from edgewise.images.decode import decode
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.inference import Wish
from edgewise.personal.learner import Learner
from edgewise.personal.learning import Learning
from edgewise.personal.observing import see_that_enough_fit
from edgewise.personal.remembered import Feedback, check_user
from edgewise.personal.reply import Reply
from edgewise.personal.state import DeviceState
from edgewise.personal.user_folder import UserFolder, forget
from edgewise.restore import shown
from edgewise.runtime.engines import Engine
from edgewise.serve.fastest import Ways
from edgewise.serve.fastest_parts import best_for_parts

MOST_USERS = 20
MAX_PIXELS = 40_000_000
_PAUSE = 4  # without learning, in times of what a try took that failed: it may have waited for the file


class TooManyUsers(UsageError):
    """The device has as many users as it may have."""


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
        self,
        folder: Path,
        learning: Learning | None = None,
        *,
        ways: Ways | None = None,
        most_users: int = MOST_USERS,
    ) -> None:
        """`folder` holds the generic network (`open_generic`) and the state; it runs the best way of `ways`.

        Raises `StoreError` or `ModelError` for what cannot be loaded, `UsageError` where another process serves it, or
        the memory that learning may take is too small for this network.
        """
        self.learning, self._most_users = learning or Learning(), most_users
        way = best_for_parts(folder / FOLDER, ways or Ways())
        self.generic = GenericNetwork(folder / FOLDER, threads=way.threads, engine=way.engine or Engine.ONNX_RUNTIME)
        see_that_enough_fit(self.learning, self.generic.parts)
        self.state = DeviceState.open(folder, self.generic.parts.fingerprint)
        self.trouble = ""  # why nothing can be remembered at present
        self._learns_from_s = 0.0  # monotonic
        self._learners: dict[str, Learner] = {}

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer(self, user: str, content: bytes, wish: Wish | None = None) -> Answered:
        """Answer the bytes of an image file for a user; one who is new begins here.

        Raises `ImageError` for what is no usable image, `UsageError` for what is no user, `TooManyUsers`.
        """
        self._check(user, new=True)
        started = perf_counter()
        decoded = decode(content, "the image", max_pixels=MAX_PIXELS)
        decode_ms = 1000 * (perf_counter() - started)
        reply = self.learner(user, new=True).answer(decoded.pixels, wish)
        return Answered(user, reply, decode_ms, decoded.converted)

    def learn(self, answered: Answered) -> None:
        """Take in what was answered.

        Where it cannot be stored, answering goes on, and `trouble` says so. Where that took long, as with a file that
        another program holds, the next try waits, so that four fifths of the time are left to answers.
        """
        started = monotonic()
        if started < self._learns_from_s:
            return
        try:
            self.learner(answered.user).learn(answered.reply)
        except EdgewiseError as error:
            self.trouble = str(error)
            self._learns_from_s = monotonic() + _PAUSE * (monotonic() - started)
        else:
            self.trouble = ""

    def tell(self, answer_id: str, label: str | int) -> tuple[str, Feedback]:
        """Keep what the owner says is true of an answer; gives the user it was given to, and what is kept.

        Raises `UsageError` for an answer that is not kept, or not any more; `LabelError` for a label that is none of
        the generic network's classes, or may mean several; `StoreError`.
        """
        user, answer = self.state.answer(answer_id)
        assert answer.class_index is not None
        generic = None
        if len(answer.top_classes):
            generic = int(answer.top_classes[0])
        elif answer.model == self.generic.parts.name:
            generic = answer.class_index
        feedback = Feedback(answer_id, time(), answer.model, answer.class_index, generic, self._class(label))
        self.state.tell(user, feedback)
        return user, feedback

    def _class(self, label: str | int) -> int:
        known = self.generic.parts.classes
        if isinstance(label, str):
            return known.index(label)
        if not 0 <= label < len(known):
            raise LabelError(f"There is no class {shown(label)}.", f"Classes have the numbers 0 to {len(known) - 1}.")
        return label

    def poll(self) -> None:
        """Hear from what runs for the users."""
        for learner in self._learners.values():
            try:
                learner.poll()
            except EdgewiseError as error:
                self.trouble = str(error)

    def learner(self, user: str, *, new: bool = False) -> Learner:
        """Of a user. Raises `UsageError` for one who is not known, unless a `new` one may begin; `TooManyUsers`."""
        self._check(user, new=new)
        if user not in self._learners:
            self._learners[user] = Learner(user, self.state, self.generic, self.learning)
        return self._learners[user]

    def take_up(self) -> None:
        """Go on with all users where the state left off; `trouble` tells of those whom that fails for."""
        for user in self.state.users():
            try:
                self.learner(user)
            except EdgewiseError as error:
                self.trouble = str(error)

    def forget(self, user: str) -> None:
        """Delete all that was kept of a user.

        Raises `UsageError` for one who is not known, `StoreError` for what cannot be deleted now.
        """
        self._check(user)
        learner = self._learners.pop(user, None)
        try:
            if learner is not None:
                learner.forget()
            else:  # one whom the state could not take up
                forget(user, UserFolder(self.state.folder, user), self.state)
        except OSError as error:
            raise StoreError(
                f"What is kept of {user!r} cannot all be removed: {error.strerror or error}.",
                "See that the state folder can be written, and delete the user again.",
            ) from error

    def _check(self, user: str, *, new: bool = False) -> None:
        if user in self._learners:
            return
        known = self.state.users()
        if check_user(user) in known:
            return
        if not new:
            raise UsageError(f"There is no user {user!r} on this device.", "A user begins with a first image.")
        if len(known) >= self._most_users:
            raise TooManyUsers(f"This device has {len(known)} users already.", "Delete one of them first.")

    def close(self) -> None:
        """End what runs, and let go of the state; more than once does nothing more. Raises `StoreError`."""
        learners, self._learners = self._learners, {}
        with ExitStack() as stack:  # all of it, whatever fails on the way
            stack.callback(self.state.close)
            for learner in learners.values():
                stack.callback(learner.close)
