"""From what the device knows to what the service tells."""

from pathlib import Path

from edgewise.personal import remembered
from edgewise.personal.learner import Learner
from edgewise.serve.device import Answered, Device
from edgewise.serve.hiding import hide_paths
from edgewise.serve.told import Accuracy, Feedback, Guess, Happened, Network, Prediction, Progress, Readiness, UserState

_HISTOGRAM = 1000


def prediction(device: Device, answered: Answered) -> Prediction:
    """The reply to one image, before it is learned from."""
    known, reply = device.generic.parts.classes, answered.reply
    best = reply.classes[0]
    return Prediction(
        id=reply.id,
        user=answered.user,
        label=known.short_name(best),
        class_id=known.ids[best] if known.ids else None,
        top=[
            Guess(label=known.short_name(index), index=index, probability=chance)
            for index, chance in zip(reply.classes, reply.chances, strict=True)
        ],
        model=reply.model,
        why=reply.why,
        phase=device.learner(answered.user).session.phase,
        decode_ms=answered.decode_ms,
        infer_ms=reply.ms,
        converted=list(answered.converted),
    )


def feedback(device: Device, user: str, found: remembered.Feedback) -> Feedback:
    """What is kept of the owner's word on an answer."""
    answer, label = _labels(device, (found.answered, found.truth))
    right = found.answered == found.truth
    return Feedback(id=found.answer_id, user=user, model=found.model, answer=answer, label=label, right=right)


def user_state(device: Device, user: str) -> UserState:
    """Raises `UsageError` for a user who is not known."""
    learner = device.learner(user)
    session, observer = learner.session, learner.observing.observer
    counts = device.state.counts(user, _HISTOGRAM)
    progress = learner.making.progress
    return UserState(
        user=user,
        phase=session.phase,
        paused=session.paused,
        serving=session.serving or device.generic.parts.name,
        labels=_labels(device, session.classes),
        seen=observer.seen,
        outside_at_most=observer.outside_at_most,
        wait=session.wait,
        images_kept=learner.observing.images_kept,
        progress=None if progress is None else Progress(what=progress.what, done=progress.done, total=progress.total),
        verdict=learner.verifying.so_far if learner.verifying else "",
        histogram={label: count for label, count in counts.items() if label is not None},
        networks=networks(device, learner),
        feedback=[Accuracy(model=one.model, told=one.told, right=one.right) for one in device.state.accuracy(user)],
    )


def networks(device: Device, learner: Learner) -> list[Network]:
    """The generic network, and all that were made for a user."""
    parts, serving = device.generic.parts, learner.session.serving
    generic = Network(
        name=parts.name,
        serving=serving is None,
        retired=False,
        labels=[],
        figures={
            "classes": len(parts.classes),
            "macs": parts.macs,
            "tail_macs": parts.tail_macs,
            "smaller": [one.facts.name for one in device.generic.smaller],
        },
    )
    own = [
        Network(
            name=one.name,
            serving=one.name == serving,
            retired=one.retired,
            labels=_labels(device, one.classes),
            figures=dict(one.values),
        )
        for one in device.state.networks(learner.user)
    ]
    return [generic, *own]


def happened(event: remembered.Event, root: Path) -> Happened:
    """One event; `root` is the folder whose paths are hidden."""
    return Happened(
        seq=event.seq,
        unix_s=event.unix_s,
        user=event.user,
        kind=event.kind,
        text=hide_paths(event.text, root),
        values=dict(event.values),
    )


def readiness(device: Device) -> Readiness:
    """Reads nothing but what any thread may."""
    moved = device.state.moved_aside
    return Readiness(
        status="ready",
        trouble=hide_paths(device.trouble, device.state.folder),
        moved_aside=moved.name if moved else "",
    )


def _labels(device: Device, classes: tuple[int, ...]) -> list[str]:
    return [device.generic.parts.classes.short_name(index) for index in classes]
