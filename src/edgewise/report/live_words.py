"""A play in sentences: what was learned when, what it cost, when it paid, what happened at a change."""

from edgewise.live.story import Attempt, Change, PlayedPart, Story
from edgewise.report.figures import count, listed, milliseconds
from edgewise.report.live_rows import USERS, attempt_facts

_FASTER = 1.005  # under it nothing is seen in the figures that are printed
_BY = {"scores": "how foreign inputs looked to it", "audits": "the audits"}


def headline(story: Story) -> str:
    """What came of it, in one sentence."""
    inputs = count(sum(part.inputs for part in story.parts), "input")
    served = [one for one in story.attempts if one.swapped_at is not None]
    if not story.attempts:
        return f"Nothing was learned in {inputs}."
    if not served:
        return f"The user's classes were found, but no network of the user's came to serve in {inputs}."
    first = served[0]
    speed = _speed(first)
    change = next((one for one in story.changes), None)
    if change is None:
        noticed = ""
    elif change.delay is None:
        noticed = "; the change was not noticed"
    else:
        noticed = f"; the change was noticed after {count(change.delay, 'input')}"
    return f"From input {first.swapped_at:,} on the user's own network served, {speed}{noticed}."


def setting(story: Story) -> str:
    """What was played, and how."""
    parts = listed(
        [f"{count(part.inputs, 'input')} of {USERS[part.who]} ({listed(part.classes)})" for part in story.parts]
    )
    rate = story.settings["making_rate"]
    return (
        f"{story.model} was served by a process of its own, and asked over HTTP: {parts}. The next image came when the "
        f"last was answered, but for {rate:g} a second at most while a network was made. The service saw no label. "
        f"{_images(story)}"
    )


def told(story: Story) -> list[str]:
    """The story, a line each."""
    lines = [line for one in story.attempts for line in (_learned(one, story), _cost(one), _worth(one)) if line]
    lines += [_change(one, story) for one in story.changes]
    lines += [_returned(part) for part in story.parts if part.unlearned]
    return lines


def _images(story: Story) -> str:
    most = max(part.inputs / part.images for part in story.parts if part.images)
    return (
        "No image came twice in a part."
        if most == 1
        else f"An image came up to {most:.1f} times in a part, on average."
    )


def _learned(one: Attempt, story: Story) -> str:
    part = story.parts[one.part]
    wrong = [f"{listed(names)} {what}" for names, what in ((one.missed, "missing"), (one.beyond, "too many")) if names]
    return (
        f"After {count(one.learned_at - part.first, 'input')} of {USERS[part.who]} the classes were taken for "
        f"{listed(one.classes)}: {listed(wrong) or 'all of them, and no others'}."
    )


def _cost(one: Attempt) -> str:
    if one.seconds is None:
        return f"No network was made: {one.turned_down}" if one.turned_down else ""
    facts = dict(attempt_facts(one))
    held = [
        f"{facts[name]} {what}"
        for name, what in (
            ("Memory of the process", "of memory"),
            ("Kept of inference for it", "kept of inference"),
            ("On the disk", "on the disk"),
        )
        if name in facts
    ]
    cost = f"Making {one.network} took {one.seconds:.0f} s" + (f", {listed(held)}" if held else "")
    if one.swapped_at is not None and one.made_at is not None:
        return f"{cost}; the guard let it in {count(one.swapped_at - one.made_at, 'input')} later."
    return f"{cost}. {one.turned_down or 'The guard had not let it in when the play ended.'}"


def _worth(one: Attempt) -> str:
    if one.own_ms is None or one.generic_ms is None:
        return ""
    figures = (
        f"An input of its own user takes {milliseconds(one.own_ms)} ms in the place of {milliseconds(one.generic_ms)}, "
        "measured by turns after the play, what is turned away and audits counted in"
    )
    if one.break_even is None:
        return f"{figures}: nothing is saved, so it never pays for itself."
    return (
        f"{figures}: it has paid for the seconds of its making after {count(one.break_even, 'input')}; here it served "
        f"{one.served:,}."
    )


def _change(one: Change, story: Story) -> str:
    part = story.parts[one.part]
    wrong = (
        f"{one.wrong} of {count(one.inputs, 'answer')} {'was' if one.wrong == 1 else 'were'} wrong, where the generic "
        f"network gets {one.generic_wrong} wrong"
    )
    if one.delay is None:
        return f"The change at input {part.first:,} was not noticed within {count(one.inputs, 'input')}: {wrong}."
    by = f", by {_BY.get(one.by, one.by)}" if one.by else ""
    return f"The change at input {part.first:,} was noticed after {count(one.delay, 'input')}{by}. Until then {wrong}."


def _returned(part: PlayedPart) -> str:
    return (
        f"When the part of {USERS[part.who]} ended, after {count(part.inputs, 'input')}, no network of the user's "
        f"served: {part.unlearned}"
    )


def _speed(one: Attempt) -> str:
    if one.own_ms is None or one.generic_ms is None or one.generic_ms < _FASTER * one.own_ms:
        return "no faster than the generic one"
    return f"{one.generic_ms / one.own_ms:.2f} times as fast as the generic one"
