"""One user on a device: answers the user's images, and goes from observe to prune, verify, watch and back."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from edgewise.errors import EdgewiseError, ModelError, StoreError
from edgewise.personal.beliefs import Belief
from edgewise.personal.generic import GenericNetwork
from edgewise.personal.inference import Inference, Wish, infer
from edgewise.personal.journal import Journal
from edgewise.personal.learning import Learning
from edgewise.personal.making import Making
from edgewise.personal.observing import Observing, see_that_enough_fit
from edgewise.personal.remembered import Happening, StoredNetwork
from edgewise.personal.reply import Reply
from edgewise.personal.session import Session
from edgewise.personal.state import DeviceState
from edgewise.personal.user_folder import UserFolder, figures, forget
from edgewise.personal.user_prior import UserPrior, prior_of
from edgewise.personal.user_tails import UserTails
from edgewise.personal.verifying import Verifying
from edgewise.personal.watching import Watching

_CHECKPOINT = 32  # inputs, between two times that a test's state is stored


class Learner:
    """`answer`, then `learn` when the reply is out; `poll` in between. For one thread at a time."""

    def __init__(self, user: str, state: DeviceState, generic: GenericNetwork, learning: Learning) -> None:
        """Take up a user where the state left off; one who is new is added.

        Raises `StoreError`, and `UsageError` where the memory is too small for the inputs that a network is made of.
        """
        self.user, self._state, self._generic, self._learning = user, state, generic, learning
        self._known = len(generic.parts.classes)
        see_that_enough_fit(learning, generic.parts)
        self._folder = UserFolder(state.folder, user, threads=generic.threads, engine=generic.engine)
        self._journal = Journal(state, user)
        self.making = Making(self._folder, generic.parts, learning, generic.engine)
        self.verifying: Verifying | None = None
        self.watching: Watching | None = None
        self._since_checkpoint = 0
        self._infer_ms = self._keeping_ms = 0.0
        state.add_user(user)
        kept = self._journal.kept()
        self.session = Session() if kept is None else Session.from_values(kept["session"], state.folder)
        self._first_seq = 0 if kept is None else kept["first_seq"]
        self.observing = self._replayed()
        self._take_up({} if kept is None else kept["test"])

    def answer(self, pixels: np.ndarray, wish: Wish | None = None) -> Reply:
        """Answer an image, uint8 [h, w, 3]; where the user's network fails, the generic one answers from then on.

        Raises `ModelError` where that fails too.
        """
        try:
            inference = infer(
                self._generic, pixels, self.watching.network if self.watching else None, wish, self._prior
            )
        except ModelError as error:
            if self.watching is None:
                raise
            inference = infer(self._generic, pixels, prior=self._prior)
            self._abandon(f"{self.session.serving} failed: {error}")
        user = self.watching.network if self.watching else None
        return Reply.of(inference, self._generic.parts.name, self.session.phase, user)

    def learn(self, reply: Reply) -> None:
        """Take in what was answered, after the reply went out. Raises `StoreError` where it cannot be remembered."""
        if self.session.paused:
            self._remember(reply)
            return
        inference = reply.inference
        watching = self.watching if inference.foreign is not None else None  # it may be an answer from before the swap
        outside = self._audit(watching, inference) if watching else None
        belief = None
        if inference.generic_logits is not None:
            belief = Belief.of(inference.generic_logits, self._learning.temperature)
        try:
            self._remember(reply, belief, outside)
        finally:  # on a full disk too, or nobody would notice that the user changes
            self.session = self.session.passed()
            if watching:
                assert inference.foreign is not None
                watching.take(inference.foreign, outside)
                self._heed_alarm(watching)
            elif belief is not None and not self.watching:
                self._observe(inference, belief)

    def poll(self) -> None:
        """Hear from the pruning process."""
        ended = self.making.news()
        if ended is not None:
            self._made(ended.problem)

    def pause(self, *, paused: bool) -> None:
        """Stop learning and swapping, or go on; what is being made is made."""
        self.session = replace(self.session, paused=paused)
        self._store([("paused" if paused else "resumed", f"Learning is {'paused' if paused else 'on'}.", {})])

    def use_generic(self) -> None:
        """Answer with the generic network, and pause."""
        self._give_up()
        self.session = self.session.generic_chosen()
        self.verifying = self.watching = None
        self._observe_anew()
        self._store([("generic", "The generic network was chosen; learning is paused.", {})])

    def forget(self) -> None:
        """Delete all that was kept of the user, and end. Raises `StoreError`, or `OSError`, for what stays."""
        self.making.stop()
        forget(self.user, self._folder, self._state)

    def close(self) -> None:
        """End what runs; the next `Learner` goes on from here."""
        self.making.stop()
        self._store()

    def _observe(self, inference: Inference, belief: Belief) -> None:
        self.observing.believe(belief)
        self._infer_ms += inference.ms
        if self._keeping_ms <= self._learning.collecting_share * self._infer_ms:
            started = perf_counter()
            self.observing.keep(inference)
            self._keeping_ms += 1000 * (perf_counter() - started)
        if self.verifying:
            self._verify(self.verifying, inference)
        elif not self.session.wait:
            self._conclude()
        if not self.watching:
            self._checkpoint()

    def _conclude(self) -> None:
        """Let an earlier network back in, or begin to prune, once it is clear."""
        earlier, settled = self.observing.returned, self.observing.settled
        if earlier is not None:
            self._let_back(earlier)
        elif settled is not None and self.session.phase == "observe":
            self.session = self.session.settled(settled.classes, settled.shares)
            try:
                self.making.write_job(self.session, settled.shares, self.observing.collected)
            except EdgewiseError as error:
                self._made(str(error))
                return
            named = ", ".join(self._generic.parts.classes.short_name(index) for index in settled.classes)
            values = {"classes": list(settled.classes), "shares": list(settled.shares)}
            self._store([("learned", f"The user's classes are {named}.", values)])
            self._begin_making()

    def _let_back(self, earlier: UserTails) -> None:
        """Let an earlier network serve again; one that cannot be loaded any more goes."""
        try:
            self._watch(earlier.name)
        except EdgewiseError as error:
            self.observing.give_up(earlier.name)
            self._retire(earlier.name)
            self._store([("failed", f"{earlier.name} cannot be taken up: {error}", {})])
            return
        self._give_up()
        self.session = self.session.known_again(earlier.name, earlier.classes, earlier.shares)
        self._store([("returned", f"{earlier.name} serves again: its classes are back.", figures(earlier))])

    def _begin_making(self) -> None:
        assert self.session.candidate is not None
        try:
            self.making.begin(self.session.candidate)
        except EdgewiseError as error:
            self._made(str(error))

    def _give_up(self) -> None:
        """What is being made or tried is not wanted any more, and must not come back as an earlier network."""
        self.making.stop()
        self._folder.end_job()
        if self.session.candidate is not None:
            self._retire(self.session.candidate)

    def _make_room(self) -> None:
        """Let the oldest networks go where there are more than may be kept."""
        others = [one.name for one in self._journal.networks() if one.name != self.session.serving]
        for name in others[: max(0, len(others) + 1 - self._learning.most_networks)]:
            self._retire(name)

    def _retire(self, name: str) -> None:
        self._journal.note(retire=[name])
        self._folder.drop(name)

    def _made(self, problem: str) -> None:
        """The pruning process has ended; an empty `problem` says that the network is there."""
        name = self.session.candidate
        assert name is not None
        self._folder.end_job()
        try:
            network = None if problem else self._folder.network(name)
        except EdgewiseError as error:
            network, problem = None, str(error)
        if network is None:
            self._turn_down(f"{name} could not be made: {problem}")
        else:
            self.session = self.session.made()
            self.verifying = Verifying(network, self._learning, self._known)
            text = f"{name} is made; the guard tries it beside the generic network."
            self._store([("made", text, figures(network.tails))], [self._folder.row(network)])

    def _verify(self, verifying: Verifying, inference: Inference) -> None:
        name = self.session.candidate
        assert name is not None
        try:
            verifying.take(inference)
        except EdgewiseError as error:
            self._turn_down(f"{name} failed while it was tried: {error}")
            return
        if verifying.passes and verifying.chooser:
            verifying.network.let_choose(verifying.chooser)  # on a full disk it stays as it is until the next input
            try:
                self._watch(name)
            except EdgewiseError as error:
                self._turn_down(f"{name} cannot be taken up: {error}")
                return
            self.session, self.verifying = self.session.let_in(), None
            row = self._folder.row(verifying.network, str(verifying.evidence))
            self._make_room()
            self._store([("swapped", f"{name} serves: {verifying.evidence}", row.values)], [row])
        elif verifying.problem:
            self._turn_down(f"{name} is not let in: {verifying.problem}")

    def _turn_down(self, why: str) -> None:
        tried, self.verifying = self.verifying, None
        name = self.session.candidate
        assert name is not None
        self.session = self.session.turned_down()
        self._retire(name)
        if tried and tried.fit.verdict == "does not":
            self._observe_anew()
        self._store([("turned down", why, {})])

    def _watch(self, name: str) -> None:
        """Let a network serve. Raises `StoreError` or `ModelError`, and leaves all as it is then."""
        network = self._folder.network(name)
        network.warm_up()
        self.watching = Watching(network, self._learning)
        self.observing.collected.clear()

    def _audit(self, watching: Watching, inference: Inference) -> float | None:
        """How likely the generic network holds an input to be of other classes, where it is drawn for an audit."""
        if not watching.audits_next():
            return None
        belief = Belief.of(inference.run.answer(), self._learning.temperature)
        return watching.network.tails.outside(belief, self._known)

    def _heed_alarm(self, watching: Watching) -> None:
        if watching.alarm is None:
            self._checkpoint()
            return
        values = {"by": watching.alarm.by, "at_input": watching.alarm.at_input, "network": self.session.serving}
        text = f"The user has changed, {watching.alarm.at_input} inputs after the swap: the generic network answers."
        self.session, self.watching = self.session.changed(), None
        self._observe_anew()
        self._store([("alarm", text, values)])

    @property
    def _prior(self) -> UserPrior | None:
        return prior_of(self.session.classes, self.session.shares, self._learning.temperature)

    def _observe_anew(self) -> None:
        self.session = replace(self.session, shares=())
        self._first_seq = self._journal.next_seq()
        self.observing = self._observing()

    def _observing(self) -> Observing:
        earlier = self._folder.earlier(self._journal.networks(), (self.session.candidate,))
        return Observing(self._known, self._learning, earlier)

    def _replayed(self) -> Observing:
        """What was observed since the last change, out of the stored observations."""
        observing = self._observing()
        if self.session.serving is not None:
            return observing
        for belief in self._journal.beliefs(self._first_seq, self._learning.enough.window):
            observing.believe(belief)
        return observing

    def _take_up(self, test: dict[str, Any]) -> None:
        """Go on in the phase that was stored; a network that cannot be loaded any more goes."""
        session = self.session
        try:
            if session.serving is not None:
                self._watch(session.serving)
                assert self.watching is not None
                if test:
                    self.watching = Watching.from_values(self.watching.network, self._learning, test)
            elif session.phase == "verify" and session.candidate is not None:
                network = self._folder.network(session.candidate)
                self.verifying = Verifying.from_values(network, self._learning, self._known, test, self._state.folder)
            elif session.candidate is not None and self._folder.is_made(session.candidate):
                self._made("")
            elif session.candidate is not None and self._folder.has_job:
                self._begin_making()
            elif session.candidate is not None:
                self._turn_down(f"What {session.candidate} was to be made of is gone.")
        except EdgewiseError as error:
            self._abandon(f"{session.serving or session.candidate} cannot be taken up: {error}")
        if session.phase != "prune":
            self._folder.end_job()

    def _abandon(self, why: str) -> None:
        """A network that was made can serve no more, or never could."""
        name = self.session.serving or self.session.candidate
        assert name is not None
        self._retire(name)
        served = self.session.serving is not None
        self.session = replace(self.session, phase="observe", serving=None, candidate=None, served=0)
        self.verifying = self.watching = None
        self._journal.note([("failed", why, {})])
        with suppress(StoreError):  # it is stored with the next step; until then answering goes on
            if served:
                self._observe_anew()
            self._store()

    def _remember(self, reply: Reply, belief: Belief | None = None, outside: float | None = None) -> None:
        label = self._generic.parts.classes.short_name(reply.classes[0])
        named = (reply.id, reply.classes[0])
        self._journal.remember(label, reply.chances[0], reply.model, reply.ms, belief, outside, *named)

    def _checkpoint(self) -> None:
        self._since_checkpoint += 1
        if self._since_checkpoint >= _CHECKPOINT:
            self._store()

    def _store(self, events: Sequence[Happening] = (), networks: Sequence[StoredNetwork] = ()) -> None:
        """Session, test and events in one transaction."""
        self._since_checkpoint = 0
        test = self.watching or self.verifying
        self._journal.note(events, networks)
        self._journal.store(self.session, self._first_seq, test.to_values() if test else {})
