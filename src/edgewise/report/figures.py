"""How figures are written: one place decides digits, signs and units for words, tables and pictures alike."""

from collections.abc import Sequence

from edgewise.select.judge.fair_table import Interval

_MINUS = "\N{MINUS SIGN}"
_FEW_IMAGES = 200  # below, one image is half a point or more, and a decimal would only pretend


def percent(share: float, images: int) -> str:
    """A share of 1 in percent, without a decimal where the images are too few to bear one."""
    return f"{100 * share:.{0 if images < _FEW_IMAGES else 1}f}%"


def percent_range(interval: Interval, images: int) -> str:
    """The interval's ends: "62.9 to 80.3%"."""
    return f"{percent(interval.low, images)[:-1]} to {percent(interval.high, images)}"


def rough_percent(share: float) -> str:
    """A share for a picture's labels: whole percents, and what is there never reads as nothing."""
    return "<1%" if 0 < share < 0.005 else f"{100 * share:.0f}%"


def points(difference: float) -> str:
    """A difference of two shares in percentage points, with its sign: "+2.3"; what rounds to nothing has none."""
    size = f"{100 * abs(difference):.1f}"
    if size == "0.0":
        return size
    return f"{'+' if difference > 0 else _MINUS}{size}"


def points_range(interval: Interval) -> str:
    """The interval's ends in points: "+0.8 to +3.7"."""
    return f"{points(interval.low)} to {points(interval.high)}"


def size_in_points(difference: float) -> str:
    """The size of a difference, for a sentence that says its direction: "2.3 points"."""
    size = f"{100 * abs(difference):.1f}"
    return f"{size} point{'' if size == '1.0' else 's'}"


def milliseconds(value_ms: float) -> str:
    """A time with three digits: "0.626", "4.71", "23.5", "641"."""
    return f"{value_ms:.{digits_ms([value_ms])}f}"


def digits_ms(values_ms: Sequence[float]) -> int:
    """Decimals that suit a whole column of times, so that its points stand under each other."""
    largest = max(values_ms, default=0.0)
    return 3 if largest < 1 else 2 if largest < 10 else 1 if largest < 100 else 0


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: "1 image", "1,000 images"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them: "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
