"""Answer images: decode, let the selector choose, run what it chose, say why."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from PIL import Image

from edgewise.errors import ImageError, UsageError
from edgewise.images import thumbnail
from edgewise.images.decode import Decoded, decode, from_pillow, read_file
from edgewise.images.features import extract
from edgewise.images.threads import use_threads
from edgewise.images.thumbnail import thumbnail_features
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.menu import Menu
from edgewise.select.selector import Answer, Refuse, Run, Seen, Selector, embedding_names
from edgewise.serve.deployment import Deployment, bundled_folder, open_deployment
from edgewise.serve.fastest import Ways
from edgewise.zoo.classifier import Classifier

_ONE_BUDGET = {  # kinds that never come with a menu, and the option that is the cause
    "watched": "Fit one without --unfamiliar: what watches over a selector watches over one.",
    "guaranteed": "Fit one without --guarantee: a certificate is of one selector, under the promise it was given.",
}


@dataclass(frozen=True)
class Classification:
    """The reply to one image. Times in ms; `load_ms` is paid only by the first image that needs a model."""

    label: str | None  # None = refused
    class_id: str | None  # the label's identifier, e.g. a WordNet id, where the classes have any
    top: tuple[tuple[str, float], ...]  # up to five labels with probabilities, best first
    model: str | None  # the model whose run ended the decision
    ran: tuple[str, ...]  # every model that ran, in order
    why: str
    refused: bool
    decode_ms: float
    choose_ms: float
    infer_ms: float
    load_ms: float
    converted: tuple[str, ...]  # what decoding had to convert

    @property
    def total_ms(self) -> float:
        """What the user waited for, loading apart."""
        return self.decode_ms + self.choose_ms + self.infer_ms


class Engine:
    """A selector with its models, loaded on first use and kept warm.

    Not safe to call from several threads at once: one engine answers one image at a time.

    Parameters
    ----------
    selector
        A folder that `edgewise select fit` wrote; None = the bundled selector over the bundled tiny zoo.
    threads
        Threads of each model's runtime, and of OpenCV, whose number is one for the whole process. None = for each model
        as many as are fastest here, and one for OpenCV; measured when a model is first needed, then remembered.
    runtime
        What ONNX files run on: "onnxruntime", "openvino", or "fastest", the faster one of those that are installed,
        measured likewise. None = ONNX Runtime. Models of other kinds run on what reads them.
    tell
        Called with a model's name before it is measured, which takes some seconds.
    models
        A folder with the model files, where they are not at the paths that the selector knows.
    trust_code
        Allow a selector whose models are made by Python code (`torch:` sources) to run it.
    """

    def __init__(
        self,
        selector: str | Path | None = None,
        *,
        threads: int | None = 1,
        runtime: str | None = None,
        tell: Callable[[str], None] = lambda name: None,
        models: str | Path | None = None,
        trust_code: bool = False,
    ) -> None:
        folder = Path(selector) if selector is not None else bundled_folder()
        self.deployment: Deployment = open_deployment(folder, None if models is None else Path(models))
        self.ways = Ways(runtime, threads, tell)
        self.trust_code = trust_code
        use_threads(threads or 1)
        self._embedding_names = embedding_names(self.deployment.selector)
        self._warm: dict[str, Classifier] = {}

    def classify(
        self, image: str | Path | bytes | np.ndarray | Image.Image, budget: Budget | None = None
    ) -> Classification:
        """Answer one image: a path, the bytes of an image file, RGB pixels uint8 [h, w, 3], or a Pillow image.

        `budget` is this request's own; None = the one that the selector was fitted for.
        Raises `ImageError` for what is no usable image, `ModelError` when a chosen model cannot be loaded or run,
        `UsageError` for a budget that the selector has nothing for.
        """
        selector = self._under(budget)
        started = perf_counter_ns()
        decoded = _decoded(image)
        decode_ms = (perf_counter_ns() - started) / 1e6
        return self._answer(decoded, decode_ms, selector)

    def _under(self, budget: Budget | None) -> Selector:
        """The selector for a request."""
        selector = self.deployment.selector
        if budget is None or not budget.demands:
            return selector
        if not isinstance(selector, Menu):
            raise UsageError(
                f"This selector, of the kind {selector.kind!r}, was fitted for one budget and knows no other.",
                _ONE_BUDGET.get(
                    selector.kind, "Fit one that `edgewise select fit` chooses along a path: --method auto, or cascade."
                ),
            )
        return selector.under(budget)

    def _answer(self, decoded: Decoded, decode_ms: float, selector: Selector) -> Classification:
        choose_ms = infer_ms = load_ms = 0.0
        logits: dict[str, np.ndarray] = {}
        embeddings: dict[str, np.ndarray] = {}
        why = ""
        started = perf_counter_ns()
        names = selector.feature_names
        features = _features(decoded.pixels, names) if names else None
        while True:
            step = selector.decide(Seen(features, logits, embeddings))
            choose_ms += (perf_counter_ns() - started) / 1e6
            why = step.why or why
            if not isinstance(step, Run):
                break
            model, loading_ms = self._model(step.model)
            load_ms += loading_ms
            found = model.infer(decoded.pixels)
            infer_ms += found.prepare_ms + found.infer_ms
            started = perf_counter_ns()
            outputs = self.deployment.members[step.model].outputs
            logits[step.model] = found.logits if outputs is None else found.logits[outputs]
            if found.embedding is not None:
                embeddings[step.model] = found.embedding
        return self._reply(step, why, tuple(logits), decoded, (decode_ms, choose_ms, infer_ms, load_ms))

    def _model(self, name: str) -> tuple[Classifier, float]:
        """The warm model, and the ms that loading it took now."""
        if name in self._warm:
            return self._warm[name], 0.0
        started = perf_counter_ns()
        embedding = name in self._embedding_names
        member = self.deployment.members[name]
        self._warm[name] = member.load(self.ways, trust_code=self.trust_code, embedding=embedding)
        return self._warm[name], (perf_counter_ns() - started) / 1e6

    def _reply(
        self,
        step: Answer | Refuse,
        why: str,
        ran: tuple[str, ...],
        decoded: Decoded,
        times: tuple[float, float, float, float],
    ) -> Classification:
        classes = self.deployment.classes
        probabilities = step.probabilities if isinstance(step, Answer) else np.zeros(0, np.float32)
        order = np.argsort(-probabilities, kind="stable")[:5]
        decode_ms, choose_ms, infer_ms, load_ms = times
        return Classification(
            label=classes.short_name(int(order[0])) if len(order) else None,
            class_id=classes.ids[int(order[0])] if len(order) and classes.ids else None,
            top=tuple((classes.short_name(int(i)), float(probabilities[i])) for i in order),
            model=ran[-1] if ran else None,
            ran=ran,
            why=why,
            refused=isinstance(step, Refuse),
            decode_ms=decode_ms,
            choose_ms=choose_ms,
            infer_ms=infer_ms,
            load_ms=load_ms,
            converted=decoded.converted,
        )


def _features(pixels: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """What a selector looks at: hand-made features, or the pixels of a thumbnail."""
    return thumbnail_features(pixels) if names == thumbnail.NAMES else extract(pixels, names)


def _decoded(image: str | Path | bytes | np.ndarray | Image.Image) -> Decoded:
    if isinstance(image, np.ndarray):
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
            found = f"{image.dtype} {list(image.shape)}"
            raise ImageError("pixels", f"are {found}; expected uint8 [height, width, 3] in RGB order")
        return Decoded(image, ())
    if isinstance(image, bytes):
        return decode(image)
    if isinstance(image, Image.Image):
        return from_pillow(image)
    if not isinstance(image, str | os.PathLike):
        expected = "a path, the bytes of a file, uint8 [height, width, 3] or a Pillow image"
        raise ImageError("the image", f"is a {type(image).__name__}; expected {expected}")
    path = Path(image)
    return decode(read_file(path), path)
