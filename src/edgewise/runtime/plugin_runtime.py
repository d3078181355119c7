"""Runtimes of other packages: the entry points of the group `edgewise.runtimes`. Each is a kind for `--zoo`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from edgewise.errors import ModelError
from edgewise.plugins import Plugin
from edgewise.runtime.session import EmbeddingSession, Ends, Session, Signature


class RuntimePlugin(Protocol):
    """What an entry point names: a module, a class or an object with these."""

    @property
    def title(self) -> str:
        """What people call the engine."""
        ...

    @property
    def suffixes(self) -> Sequence[str]:
        """How its files end: (".onnx",)."""
        ...

    def open(self, path: Path, *, threads: int, ends: Ends, embedding: bool) -> Session:
        """A network of a file. `embedding` asks for one that gives the penultimate vector too, if the engine can.

        Raises `ModelError` for a file that it cannot take.
        """
        ...


@dataclass(frozen=True, eq=False)
class PluginSession:
    """A network on another package's runtime: what it gives is checked, and its errors name the package."""

    plugin: Plugin
    title: str
    inner: Session
    signature: Signature

    def run(self, images: np.ndarray) -> np.ndarray:
        """float32 [n, 3, h, w], normalised -> float32 [n, outputs]. Raises `ModelError` for anything else."""
        with self.plugin.answering("ran a network"):
            found = self.inner.run(images)
        return self._rows(found, len(images), self.signature.outputs)

    def run_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `run`, and float32 [n, embedding_width]."""
        with self.plugin.answering("ran a network"):
            scores, vectors = cast("EmbeddingSession", self.inner).run_with_embedding(images)
        width = self.signature.embedding_width
        assert width is not None  # or nobody asks
        return self._rows(scores, len(images), self.signature.outputs), self._rows(vectors, len(images), width)

    def _rows(self, found: np.ndarray, images: int, width: int) -> np.ndarray:
        if not isinstance(found, np.ndarray) or found.shape != (images, width):
            what = f"an array {list(found.shape)}" if isinstance(found, np.ndarray) else f"a {type(found).__name__}"
            raise ModelError(
                f"The {self.plugin.kind} {self.plugin.name!r} of the package {self.plugin.package} gave {what} for "
                f"{images} images; expected [{images}, {width}].",
                self.plugin.hint,
            )
        return np.asarray(found, np.float32)


def offered_runtime(plugin: Plugin) -> RuntimePlugin:
    """What its entry point names. Raises `PluginError` where that cannot be imported or has another form."""
    found = plugin.load()
    with plugin.answering("was asked what it is"):
        if not callable(getattr(found, "open", None)):
            raise plugin.unfit(f"{plugin.entry.value} has no function open")
        title, suffixes = getattr(found, "title", None), getattr(found, "suffixes", None)
        if not isinstance(title, str) or not title:
            raise plugin.unfit(f"its title is {title!r}; it must be a text")
        if isinstance(suffixes, str) or not suffixes or not all(_is_suffix(one) for one in suffixes):
            raise plugin.unfit(f'its suffixes are {suffixes!r}; they must be as (".onnx",)')
    return found


def open_on(plugin: Plugin, path: Path, *, threads: int, ends: Ends, embedding: bool) -> PluginSession:
    """A network of a file on it. Raises `PluginError`, and `ModelError` for a file that it cannot take."""
    runtime = offered_runtime(plugin)
    if path.suffix.lower() not in runtime.suffixes:
        raise ModelError(
            f"{path} is no file for {runtime.title}, the runtime of the package {plugin.package}.",
            f"It reads {', '.join(runtime.suffixes)}.",
        )
    with plugin.answering(f"opened {path.name}"):
        session = runtime.open(path, threads=threads, ends=ends, embedding=embedding)
        signature = session.signature if callable(getattr(session, "run", None)) else None
    if not isinstance(signature, Signature):
        raise plugin.unfit(f"it opened a {type(session).__name__}, which is no session with a signature and run")
    return PluginSession(plugin, runtime.title, session, signature)


def _is_suffix(text: object) -> bool:
    return isinstance(text, str) and text.startswith(".") and text == text.lower()
