"""A ceiling in words: what to expect of selection, and when to leave it."""

from edgewise.report.figures import milliseconds, points, points_range, size_in_points
from edgewise.select.ceiling.ceiling import Ceiling
from edgewise.select.ceiling.first_look import Look

_WORTH_HAVING = 1.1  # times faster: what a profile's clock can be trusted with
_POINTS = 0.0005  # what is printed as 0.0 points


def tell(found: Ceiling) -> tuple[str, ...]:
    """One sentence or two for each question: what at most, who could, what to do, how much is luck."""
    if len(found.singles) == 1:
        return (f"The zoo has one model, {found.best.name}: there is nothing to choose between.",)
    return (_at_most(found), _clairvoyant(found), _advice(found), _luck(found))


def _at_most(found: Ceiling) -> str:
    best, times = found.best, _times(found.best.alone_ms, found.perfect_ms.value)
    gain = f"at most {_points(found.gain.value)} (95% {points_range(found.gain)})" if found.gain.value > _POINTS else ""
    over = f"{best.name}, the best single model ({_percent(best.accuracy.value)} in {milliseconds(best.alone_ms)} ms)"
    if times <= 1:
        cheapest = f"{best.name} is the cheapest model too, so no time can be saved"
        return (
            f"Selection can win {gain} over {over}; {cheapest}." if gain else f"Selection can win nothing: {cheapest}."
        )
    saved = (
        f"its accuracy in {_factor(times)} times less time ({milliseconds(found.perfect_ms.value)} ms, "
        f"95% {milliseconds(found.perfect_ms.low)} to {milliseconds(found.perfect_ms.high)})"
    )
    return f"Selection can win {gain} over {over}, or {saved}." if gain else f"Over {over}, selection can win {saved}."


def _clairvoyant(found: Ceiling) -> str:
    first = found.singles[0]
    text = "That takes knowing beforehand which model will be right, which nobody does."
    if found.best.name == first.name:
        return text
    return (
        f"{text} A choice that has to run {first.name} first, as a cascade does, takes at least "
        f"{milliseconds(found.cheapest_first_ms.value)} ms for the accuracy of {found.best.name}."
    )


def _advice(found: Ceiling) -> str:
    best, look = found.best, found.best.look
    if look is not None and _times(best.alone_ms, look.mean_ms) >= _WORTH_HAVING:
        times = _factor(_times(best.alone_ms, look.mean_ms))
        return (
            f"In reach at a first look: {_cascade(look)} has {_percent(look.accuracy)} in "
            f"{milliseconds(look.mean_ms)} ms, {times} times less than {best.name}. "
            "It was picked on these very images, which flatters it; `edgewise select evaluate` judges fairly."
        )
    return (
        f"Run {best.name} alone: among all cascades of two models by confidence, and of three by agreement, none has "
        f"its accuracy in clearly less than its {milliseconds(best.alone_ms)} ms, though they were picked on these "
        f"very images. {_accuracy_alone(found)}"
    )


def _accuracy_alone(found: Ceiling) -> str:
    look = found.most_accurate_look
    if look is None or look.accuracy - found.best.accuracy.value <= _POINTS:
        return "None of them is more accurate, either."
    return (
        f"A cascade can only pay in accuracy: {_cascade(look)} has {_percent(look.accuracy)} "
        f"({points(look.accuracy - found.best.accuracy.value)} points, flattered likewise) in "
        f"{milliseconds(look.mean_ms)} ms."
    )


def _luck(found: Ceiling) -> str:
    lost = found.gain.value - found.gain_without_guesses
    left = round(100 * found.gain.value, 1) - round(100 * lost, 1)  # as they are printed, so that the sentence adds up
    counted = (
        f"Mere guessing among {found.classes:,} classes would have had {size_in_points(lost)} of the "
        f"{_points(found.gain.value)}, so {points(left / 100)} are left. "
        if lost > _POINTS
        else ""
    )
    return (
        f"{counted}Models mistake a class for one of a few that look alike, and then guess better than evenly: "
        "the more models there are, the more a perfect choice owes to luck."
    )


def _cascade(look: Look) -> str:
    *before, last = look.models
    if look.rule == "agreement":
        return f"{' and '.join(before)} where they agree, else {last},"
    return f"{before[0]} where it is sure, else {last},"


def _times(slow_ms: float, fast_ms: float) -> float:
    return slow_ms / fast_ms


def _factor(times: float) -> str:
    return f"{times:.{1 if times < 10 else 0}f}"


def _points(gain: float) -> str:
    return f"{points(gain)} points"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
