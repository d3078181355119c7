"""Why no network of the user's serves, in one sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

from edgewise.live.play import Event
from edgewise.personal.learning import Learning
from edgewise.personal.observer import Enough


def why_not(end: Mapping[str, Any], events: Sequence[Event]) -> str:
    """Of where the device was at the end of a part (`UserState`), and what happened in it; empty where one serves."""
    ended = [event.text for event in events if event.kind in ("turned down", "failed")]
    match end["phase"]:
        case "watch":
            return ""
        case "prune":
            step = end["progress"]
            how_far = f" ({step['what']}, {step['done']} of {step['total']})" if step else ""
            return f"The network was still being made{how_far}."
        case "verify":
            return f"The guard was still trying the network: {end['verdict'] or 'it has seen no input yet'}"
    if ended:
        waits = f" Learning goes on after {end['wait']} more inputs." if end["wait"] else ""
        return f"{ended[-1]}{waits}"
    return _not_settled(end)


def _not_settled(end: Mapping[str, Any]) -> str:
    enough, seen, outside = Enough(), end["seen"], end["outside_at_most"]
    if end["wait"]:
        return f"The user had changed shortly before: {end['wait']} more inputs were to pass first."
    if seen < enough.first:
        return f"The device had seen {seen} inputs of the user; it looks for classes from {enough.first} on."
    if outside >= 1:
        return f"In {seen} inputs no two classes stood out for long enough to be tried."
    if outside <= enough.most_outside:
        fewest = Learning().fewest_inputs
        return f"In {seen} inputs the classes became clear, but a network is made of {fewest} that were kept."
    return (
        f"Of {seen} inputs up to {100 * outside:.0f}% may be of other classes than those found; "
        f"{100 * enough.most_outside:.0f}% may be."
    )
