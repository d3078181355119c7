"""One hue from light to dark for models from cheap to costly: the colour tells their order, so anyone can read it."""

from dataclasses import dataclass

_Rgb = tuple[float, float, float]
_LIGHT: tuple[_Rgb, ...] = ((205, 225, 243), (110, 168, 217), (38, 96, 160), (13, 42, 82))
_DARK: tuple[_Rgb, ...] = ((45, 70, 104), (68, 122, 184), (134, 184, 232), (224, 239, 253))


@dataclass(frozen=True)
class Shade:
    """The fill of one model on light and on dark pages, and the ink that is read on it."""

    light: str
    light_ink: str
    dark: str
    dark_ink: str


def shades(models: int) -> tuple[Shade, ...]:
    """As many shades as there are models, cheapest first; more costly stands out more, on light and on dark pages."""
    spread = [i / max(1, models - 1) for i in range(models)]
    pairs = [(_between(_LIGHT, share), _between(_DARK, share)) for share in spread]
    return tuple(Shade(_css(light), _ink(light), _css(dark), _ink(dark)) for light, dark in pairs)


def _between(stops: tuple[_Rgb, ...], share: float) -> _Rgb:
    position = share * (len(stops) - 1)
    index = min(int(position), len(stops) - 2)
    part = position - index
    r, g, b = (a + (c - a) * part for a, c in zip(stops[index], stops[index + 1], strict=True))
    return r, g, b


def _ink(fill: _Rgb) -> str:
    """Black or white, whichever contrasts more; one of them always reaches 4.58 to 1 (WCAG asks 4.5)."""
    luminance = sum(w * _linear(c / 255) for w, c in zip((0.2126, 0.7152, 0.0722), fill, strict=True))
    return "#fff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#000"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _css(colour: _Rgb) -> str:
    return "#" + "".join(f"{round(channel):02x}" for channel in colour)
