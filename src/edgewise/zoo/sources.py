"""Where classifiers come from: names such as `tiny:*` or `onnx:PATH`. Loading is in `edgewise.zoo.loaders`."""

import glob
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgewise.errors import ModelError, UsageError
from edgewise.zoo.card import CardFile, read_card
from edgewise.zoo.tiny.shipped import NAMES, file_stem, shipped_path
from edgewise.zoo.zoo_file import read_zoo_file

KNOWN = (
    "tiny:NAME, onnx:PATH, tflite:PATH, torch:PATH.py:FACTORY, torch:MODULE:FACTORY, timm:NAME, or a zoo file PATH.toml"
)
_SUFFIX_KINDS = {".onnx": "onnx", ".tflite": "tflite"}


@dataclass(frozen=True)
class Source:
    """One classifier that can be loaded: `kind:where`, and the card that was given with it."""

    kind: str
    where: str
    card: CardFile = field(default_factory=lambda: CardFile({}, "no card"))

    @property
    def text(self) -> str:
        return f"{self.kind}:{self.where}"

    @property
    def name(self) -> str:
        """The card's name, else the file's stem, the factory's or the network's name."""
        plain = self.where if self.kind == "timm" else Path(self.where.rpartition(":")[2]).stem
        return self.card.name or plain


def find(names: Iterable[str]) -> tuple[Source, ...]:
    """The sources that names stand for; patterns (`tiny:*`, `onnx:models/*.onnx`) and zoo files are expanded.

    Raises `UsageError` for a name of no known form, a pattern that matches nothing, or two classifiers of one name.
    """
    sources = tuple(source for name in names for source in _expand(name))
    seen: dict[str, Source] = {}
    for source in sources:
        if source.name in seen:
            raise UsageError(
                f"Two classifiers are called {source.name!r}: {seen[source.name].text} and {source.text}.",
                'Give one of them another name in its card (name = "...").',
            )
        seen[source.name] = source
    if not sources:
        raise UsageError("No classifier was named.", f"Name some with --zoo: {KNOWN}.")
    return sources


def describe(source: Source) -> dict[str, Any]:
    """What must be stored to find this source again."""
    return {"source": source.text, "card": dict(source.card.given), "origin": source.card.origin}


def from_description(stored: Mapping[str, Any]) -> Source:
    """The source that `describe` stored."""
    kind, _, where = str(stored["source"]).partition(":")
    return Source(kind, where, CardFile(stored["card"], stored["origin"]))


def _expand(name: str) -> list[Source]:
    kind, colon, where = name.partition(":")
    if not colon:
        path = Path(name).expanduser()
        if path.suffix == ".toml":
            return [_entry(card, path.parent) for card in read_zoo_file(path)]
        kind, where = _SUFFIX_KINDS.get(path.suffix.lower(), ""), name
    match kind:
        case "tiny":
            return _tiny(where)
        case "onnx" | "tflite":
            return [_file(kind, path) for path in _files(name, where)]
        case "torch" if ":" in where:
            return [_torch(where, None)]
        case "timm" if where:
            return [Source("timm", where)]
        case _:
            raise UsageError(f"{name!r} names no classifier.", f"Known forms: {KNOWN}.")


def _entry(card: CardFile, folder: Path) -> Source:
    """One `[[model]]` of a zoo file; its paths are relative to the file, and may use environment variables."""
    given = dict(card.given)
    kind, colon, where = os.path.expandvars(str(given.pop("source", ""))).partition(":")
    if not colon or kind not in ("tiny", "onnx", "tflite", "torch", "timm"):
        raise ModelError(
            f"{card.origin}: source = {card.given.get('source')!r} names no classifier.", f"Known forms: {KNOWN}."
        )
    card = CardFile(given, card.origin)
    if kind in ("onnx", "tflite"):
        return Source(kind, str((folder / where).absolute()), card)
    if kind == "torch":
        return _torch(str((folder / where).absolute()) if ".py:" in where else where, card)
    return Source(kind, where, card)


def _tiny(where: str) -> list[Source]:
    names = [name for name in NAMES if where == "*" or name == f"tiny:{where}"]
    if not names:
        raise UsageError(f"There is no tiny:{where}.", f"Bundled are {', '.join(NAMES)}; tiny:* is all.")
    cards = {name: read_card(shipped_path(name, ".toml")) for name in names}
    return [Source("tiny", file_stem(name), CardFile(card.given, name)) for name, card in cards.items()]


def _files(name: str, pattern: str) -> list[Path]:
    expanded = os.path.expanduser(pattern)  # noqa: PTH111 - the pattern goes to glob, which wants a string
    if Path(expanded).exists():
        return [Path(expanded)]
    found = sorted(Path(path) for path in glob.glob(expanded, recursive=True))  # noqa: PTH207 - absolute patterns
    if not found:
        raise UsageError(
            f"{name!r} matches no file.", "Check the path; quote patterns so that the shell leaves them alone."
        )
    return found


def _file(kind: str, path: Path) -> Source:
    beside = path.with_suffix(".toml")
    card = read_card(beside) if beside.is_file() else CardFile({}, str(path))
    return Source(kind, str(path.absolute()), card)


def _torch(where: str, card: CardFile | None) -> Source:
    home, _, factory = where.rpartition(":")
    if not home or not factory:
        raise UsageError(f"torch:{where} names no factory.", "Write torch:PATH.py:FACTORY or torch:MODULE:FACTORY.")
    if home.endswith(".py"):
        home = str(Path(home).expanduser().absolute())
        beside = Path(home).with_name(f"{factory}.toml")
        if card is None and beside.is_file():
            card = read_card(beside)
    return Source("torch", f"{home}:{factory}", card or CardFile({}, f"torch:{home}:{factory}"))
