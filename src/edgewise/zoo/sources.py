"""Where classifiers come from: names such as `tiny:*` or `onnx:PATH`. Loading is in `edgewise.zoo.loaders`."""

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edgewise.errors import ModelError, UsageError
from edgewise.plugins import names_of, plugin_named
from edgewise.zoo.card import CardFile, read_card
from edgewise.zoo.model_files import FILE_KINDS, is_file_kind, kind_of
from edgewise.zoo.tiny.shipped import NAMES, file_stem, shipped_path
from edgewise.zoo.zoo_file import read_zoo_file

KNOWN = (
    "tiny:NAME, onnx:PATH, tflite:PATH, openvino:PATH.xml, executorch:PATH.pte, ncnn:PATH.param, timm:NAME, "
    "torchvision:NAME, hf:OWNER/NAME, hf:OWNER/NAME/FILE.onnx, torch:PATH.py:FACTORY, torch:MODULE:FACTORY, "
    "ensemble:A+B, or a zoo file PATH.toml"
)
KINDS = ("tiny", *FILE_KINDS, "torch", "timm", "torchvision", "hf", "ensemble")
TAKE_WEIGHTS = ("timm", "torchvision", "hf", "torch")
_PLUS = "+"


@dataclass(frozen=True)
class Source:
    """One classifier that can be loaded: `kind:where`, and the card that was given with it."""

    kind: str
    where: str
    card: CardFile = field(default_factory=lambda: CardFile({}, "no card"))
    members: tuple["Source", ...] = ()  # of an ensemble

    @property
    def text(self) -> str:
        return f"{self.kind}:{self.where}"

    @property
    def name(self) -> str:
        """The card's name, else the file's stem, the factory's or the network's name."""
        if self.kind in ("timm", "torchvision", "ensemble"):
            plain = self.where
        elif self.kind == "hf":
            plain = _hub_name(self.where)
        else:
            plain = Path(self.where.rpartition(":")[2]).stem
        return self.card.name or plain


def find(names: Iterable[str], weights: Sequence[str] = ()) -> tuple[Source, ...]:
    """The sources that names stand for; patterns (`tiny:*`, `onnx:models/*.onnx`) and zoo files are expanded.

    `weights` are local files for networks that take some: `NAME=FILE.safetensors`, or the file alone where one network
    is meant. Raises `UsageError` for a name of no known form, a pattern that matches nothing, two classifiers of one
    name, or weights that no classifier takes.
    """
    sources = [source for name in names for source in _expand(name)]
    seen: dict[str, Source] = {}
    for source in sources:
        if source.name in seen:
            raise UsageError(
                f"Two classifiers are called {source.name!r}: {seen[source.name].text} and {source.text}.",
                'Give one of them another name in its card (name = "...").',
            )
        seen[source.name] = source
    if not sources:
        raise UsageError("No classifier was named.", f"Name some with --zoo: {known_forms()}.")
    sources = _with_weights(sources, weights)
    return tuple(_with_members(source, sources) for source in sources)


def find_one(name: str, weights: Sequence[str] = ()) -> Source:
    """The one source that a name stands for. Raises `UsageError` where it stands for several, and what `find` does."""
    sources = find([name], weights)
    if len(sources) != 1:
        raise UsageError(f"{name!r} means {len(sources)} classifiers.", "Name one; `edgewise zoo list` shows them.")
    return sources[0]


def describe(source: Source) -> dict[str, Any]:
    """What must be stored to find this source again."""
    stored = {"source": source.text, "card": dict(source.card.given), "origin": source.card.origin}
    plugin = None if source.kind in KINDS else plugin_named("runtime", source.kind)
    if plugin is not None:
        stored |= {"package": plugin.package.to_json()}
    return stored | ({"members": [describe(member) for member in source.members]} if source.members else {})


def from_description(stored: Mapping[str, Any]) -> Source:
    """The source that `describe` stored."""
    kind, _, where = str(stored["source"]).partition(":")
    members = tuple(from_description(member) for member in stored.get("members", ()))
    return Source(kind, where, CardFile(stored["card"], stored["origin"]), members)


def _expand(name: str) -> list[Source]:
    kind, colon, where = name.partition(":")
    if not colon:
        path = Path(name).expanduser()
        if path.suffix == ".toml":
            return [_entry(card, path.parent) for card in read_zoo_file(path)]
        kind, where = kind_of(path), name
    match kind:
        case "tiny":
            return _tiny(where)
        case _ if kind in FILE_KINDS or (kind not in KINDS and colon and is_file_kind(kind)):
            return [_file(kind, path) for path in _files(name, where)]
        case "torch" if ":" in where:
            return [_torch(where, None)]
        case "timm" | "torchvision" if where:
            return [Source(kind, found, CardFile({}, name)) for found in _catalogue(kind, where)]
        case "hf" if "/" in where:
            return [Source("hf", where, CardFile({}, name))]
        case "ensemble" if _PLUS in where:
            return [Source("ensemble", where, CardFile({}, name))]
        case _:
            raise UsageError(f"{name!r} names no classifier.", f"Known forms: {known_forms()}.")


def known_forms() -> str:
    """How classifiers are named here, in words."""
    return ", ".join([*(f"{kind}:PATH" for kind in names_of("runtime") if kind not in KINDS), KNOWN])


def is_kind(kind: str) -> bool:
    """Whether sources are of that kind, here."""
    return kind in KINDS or is_file_kind(kind)


def _entry(card: CardFile, folder: Path) -> Source:
    """One `[[model]]` of a zoo file; its paths are relative to the file, and may use environment variables.

    A card beside the model's file is read too; what the entry says goes over it.
    """
    given = dict(card.given)
    kind, colon, where = os.path.expandvars(str(given.pop("source", ""))).partition(":")
    if not colon or not is_kind(kind) or not where:
        raise ModelError(
            f"{card.origin}: source = {card.given.get('source')!r} names no classifier.",
            f"Known forms: {known_forms()}.",
        )
    card = CardFile(given, card.origin)
    if "weights" in given and kind not in TAKE_WEIGHTS:
        raise ModelError(
            f"{card.origin}: {kind}:{where} has its weights in itself, it takes no `weights`.", "Leave the line out."
        )
    where = _absolute(kind, where, folder)
    if kind == "torch":
        return _torch(where, card)
    if kind == "tiny":
        (source, *more) = _tiny(where)
        if more:
            raise ModelError(f"{card.origin}: tiny:{where} names several classifiers.", "Give each an entry.")
        return replace(source, card=card.over(source.card))
    if is_file_kind(kind):
        source = _file(kind, Path(where))
        return replace(source, card=card.over(source.card))
    return Source(kind, where, card)


def _absolute(kind: str, where: str, folder: Path) -> str:
    """`where`, with the path that it may hold made absolute from `folder`."""
    if is_file_kind(kind) or (kind == "torch" and ".py:" in where):
        return str((folder / Path(where).expanduser()).absolute())
    if kind == "ensemble":
        parts = [part.strip().partition(":") for part in where.split(_PLUS)]
        return _PLUS.join(first + colon + _absolute(first, rest, folder) for first, colon, rest in parts)
    return where


def absolute_name(name: str, folder: Path) -> str:
    """A classifier's name as `find` takes it, with the path that it may hold made absolute from `folder`."""
    kind, colon, where = name.partition(":")
    return (
        kind + colon + _absolute(kind, where, folder) if colon else str((folder / Path(name).expanduser()).absolute())
    )


def _with_members(source: Source, named: Sequence[Source]) -> Source:
    """An ensemble with its members, each the name of another classifier here or a source of its own."""
    if source.kind != "ensemble":
        return source
    by_name = {other.name: other for other in named if other is not source}
    members: list[Source] = []
    for part in (part.strip() for part in source.where.split(_PLUS)):
        found = [by_name[part]] if part in by_name else _expand(part) if ":" in part or Path(part).suffix else []
        if len(found) != 1:
            raise UsageError(
                f"{source.text}: {part!r} is {'no' if not found else 'more than one'} classifier.",
                f"Name others of this zoo ({', '.join(by_name) or 'there are none'}), or full sources: onnx:PATH.",
            )
        if found[0].kind == "ensemble":
            raise UsageError(f"{source.text}: {part!r} is an ensemble itself.", "Name its members instead.")
        members += found
    return replace(source, members=tuple(members))


def _with_weights(sources: Sequence[Source], weights: Sequence[str]) -> list[Source]:
    """The sources, with local weights files put into the cards of those that they are meant for."""
    found = list(sources)
    for text in weights:
        name, equals, file = text.partition("=")
        if not equals or not any(name in (s.name, s.text) for s in sources):
            name, file = "", text
        takers = [i for i, s in enumerate(sources) if s.kind in TAKE_WEIGHTS and (not name or name in (s.name, s.text))]
        if len(takers) != 1:
            open_names = ", ".join(s.name for s in sources if s.kind in TAKE_WEIGHTS) or "none"
            raise UsageError(
                f"--weights {text}: {'several classifiers' if takers else 'no such classifier'} could take them.",
                f"Write NAME=FILE.safetensors; those that take weights here: {open_names}.",
            )
        card = found[takers[0]].card
        path = str(Path(file).expanduser().absolute())
        found[takers[0]] = replace(found[takers[0]], card=CardFile({**card.given, "weights": path}, card.origin))
    return found


def _catalogue(kind: str, where: str) -> Sequence[str]:
    """The networks of a library that a name or a pattern means; a name is looked up when it is loaded."""
    if not any(sign in where for sign in "*?["):
        return (where,)
    if kind == "timm":
        from edgewise.zoo.timm_catalogue import matching
    else:
        from edgewise.zoo.loaders.torchvision import matching
    found = matching(where)
    if not found:
        raise UsageError(f"'{kind}:{where}' matches no network.", "Widen the pattern: *mobilenet*.")
    return found


def _hub_name(where: str) -> str:
    """A hub file's stem, or the repository's name where the file is called like every other ("model.onnx")."""
    parts = where.split("/")
    repository = parts[1].partition("@")[0] if len(parts) > 1 else where
    stem = Path(parts[-1]).stem
    return repository if len(parts) < 3 or stem == "model" else stem


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
    beside = CardFile({}, f"torch:{where}")
    if home.endswith(".py"):
        home = str(Path(home).expanduser().absolute())
        path = Path(home).with_name(f"{factory}.toml")
        beside = read_card(path) if path.is_file() else beside
    return Source("torch", f"{home}:{factory}", card.over(beside) if card else beside)
