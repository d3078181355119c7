"""ncnn networks (.param and .bin) on the CPU, extra [ncnn]."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError
from edgewise.runtime.image_ends import chosen_output, layout_of, only_input, square_side
from edgewise.runtime.ncnn_file import Layer, precision_of, read_ncnn_file
from edgewise.runtime.ncnn_fits import misfit
from edgewise.runtime.ncnn_penultimate import NcnnPenultimate, find_in_ncnn
from edgewise.runtime.quiet_stderr import without_lines
from edgewise.runtime.session import Ends, Signature

_SAID = re.compile(rb"ModelBin |ParamDict |layer |find_|network graph|param is|fopen |id < |invalid |unsupported ")


class NcnnSession:
    """A network with one image input, in NCHW order and one at a time, and one output for classes.

    A .param file seldom says how large the image is; `ends` does then. It is computed in float32, unless
    `edgewise export` wrote the file for another precision: then so, where the processor can. With `embedding`, the
    penultimate vector can be had too, if the network has one.
    """

    def __init__(self, path: Path, *, threads: int = 1, ends: Ends | None = None, embedding: bool = False) -> None:
        self._ncnn = ncnn = import_ncnn(f"The model {path}")
        ends = ends or Ends()
        self._path, self._layers = path, read_ncnn_file(path)
        if unknown := unknown_operators(self._layers):
            raise ModelError(
                f"{path} has operators that ncnn {ncnn.__version__} does not know: {', '.join(unknown)}.",
                "Run the network on another engine.",
            )
        taken = only_input(path, _inputs(self._layers), ends.input_name)
        if layout_of(path, taken.shape, ends.layout) != "nchw":
            raise ModelError(f'{path} is of ncnn, but its card says layout = "nhwc".', "Leave the line out.")
        self._input = taken.name
        self._output = chosen_output(path, _outputs(self._layers), ends.output_name).name
        self._vector: NcnnPenultimate | None = None
        self._net = _opened(ncnn, path, threads, precision_of(self._layers))
        size_px = square_side(path, taken.shape, "nchw")
        self._sides_px = {size_px} if size_px else set[int]()  # those that it can be run at; empty: not known
        black = np.zeros((1, 3, *[size_px or ends.size_px] * 2), np.float32)
        self._see_that_it_fits(black[0])
        outputs = self.run(black).shape[1]
        width = None
        if embedding and (found := find_in_ncnn(self._layers, self._output)) is not None:
            self._vector = found
            vector = self._vector_of(self._fetch(black[0])[0])
            width = None if vector is None else vector.shape[1]
        self.signature = Signature(size_px=size_px, outputs=outputs, embedding_width=width)

    @property
    def path(self) -> Path:
        """The file with the layers."""
        return self._path

    def run(self, images: np.ndarray) -> np.ndarray:
        return np.concatenate([self._checked(self._fetch(image)[-1]) for image in images])

    def run_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self._vector is not None, "the signature has no embedding_width"
        found = [self._fetch(image) for image in images]
        vectors = [self._vector_of(values) for values, _ in found]
        return np.concatenate([self._checked(scores) for _, scores in found]), np.concatenate(vectors)  # pyright: ignore[reportArgumentType, reportCallIssue] - there were some when it was loaded

    def _fetch(self, image: np.ndarray) -> list[np.ndarray]:
        """The tensor of the penultimate vector where one is wanted, and the scores; of float32 [3, h, w]."""
        side_px = image.shape[-1]
        if image.shape != (3, side_px, side_px) or side_px not in self._sides_px:
            self._see_that_it_fits(image)
        wanted = [self._vector.blob, self._output] if self._vector else [self._output]
        with self._begun(image) as extractor:
            return [self._extracted(extractor, blob, image) for blob in wanted]

    def _begun(self, image: np.ndarray) -> Any:
        """A run of an image from which blobs can be asked."""
        values = np.ascontiguousarray(image, np.float32)  # kept until it is copied: a Mat does not hold it
        extractor = self._net.create_extractor()
        extractor.input(self._input, self._ncnn.Mat(values).clone())
        return extractor

    def _extracted(self, extractor: Any, blob: str, image: np.ndarray) -> np.ndarray:
        code, found = extractor.extract(blob)
        if code or found.empty():
            raise ModelError(
                f"{self._path} failed while running on {list(image.shape)}: ncnn could not compute {blob} ({code}).",
                "If it takes another size, say so in its card: size_px.",
            )
        return np.array(found)

    def _see_that_it_fits(self, image: np.ndarray) -> None:
        """See that the network can take an image of this size; ncnn would read past its weights where it cannot."""
        height, width = image.shape[1:]
        fixed = next(iter(self._sides_px), None) if _inputs(self._layers)[0].shape[3] else None
        wrong = f"it takes {fixed} x {fixed}" if fixed and (height, width) != (fixed, fixed) else ""
        if not wrong:
            with self._begun(image) as extractor:
                extractor.set_light_mode(False)  # each blob is computed once
                wrong = misfit(self._layers, lambda blob: self._extracted(extractor, blob, image).shape)
        if wrong:
            raise ModelError(
                f"{self._path} cannot be run on {height} x {width} pixels: {wrong}.",
                "If it takes another size, say so in its card: size_px.",
            )
        self._sides_px.add(width)

    def _checked(self, scores: np.ndarray) -> np.ndarray:
        """float32 [1, outputs]"""
        if scores.size != max(scores.shape):
            raise ModelError(
                f"{self._path} gives shape {list(scores.shape)} for an image; expected [classes].",
                "If it has another output for the classes, name that one in its card: output_name.",
            )
        return scores.reshape(1, -1).astype(np.float32)

    def _vector_of(self, values: np.ndarray) -> np.ndarray | None:
        assert self._vector is not None
        return self._vector.vector(values)


@dataclass(frozen=True)
class _End:
    """An input or an output, as `image_ends` wants it."""

    name: str
    type: str
    shape: Sequence[int | None]


def _inputs(layers: Sequence[Layer]) -> list[_End]:
    """Sides that the file does not give are open; its channels are three then."""
    return [
        _End(blob, "float32", (1, layer.number(2) or 3, layer.number(1) or None, layer.number(0) or None))
        for layer in layers
        if layer.kind == "Input"
        for blob in layer.gives
    ]


def _outputs(layers: Sequence[Layer]) -> list[_End]:
    """The blobs that no layer takes."""
    taken = {blob for layer in layers for blob in layer.takes}
    return [_End(blob, "float32", ()) for layer in layers for blob in layer.gives if blob not in taken]


def unknown_operators(layers: Sequence[Layer]) -> list[str]:
    """The kinds of layers that the ncnn which is installed does not have."""
    ncnn = import_ncnn("A network of ncnn")
    return list(dict.fromkeys(layer.kind for layer in layers if ncnn.layer_to_index(layer.kind) < 0))


def _opened(ncnn: Any, path: Path, threads: int, precision: str) -> Any:
    net = ncnn.Net()
    options = net.opt
    options.num_threads = threads
    options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = precision == "fp16"
    options.use_bf16_packed = options.use_bf16_storage = precision == "bf16"
    with without_lines(_SAID) as said:
        failed = net.load_param(str(path)) or net.load_model(str(path.with_suffix(".bin")))
    if failed:
        raise ModelError(
            f"{path} cannot be loaded by ncnn: {'; '.join(said) or f'it answers {failed}'}.",
            "See that it and the .bin file beside it are whole, and belong together.",
        )
    return net


def import_ncnn(what: str) -> Any:
    """ncnn, imported on first need. Raises `MissingExtra` for `what` when it is absent."""
    try:
        import ncnn
    except ImportError as error:
        raise MissingExtra(what, "ncnn") from error
    return ncnn
