"""What a session does with images and scores, whatever engine runs the network between them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edgewise.errors import ModelError
from edgewise.runtime.image_ends import End, layout_of, output_count, square_side, takes_one_image
from edgewise.runtime.penultimate import as_vectors
from edgewise.runtime.session import Ends, Quantised, Signature

_RAW_PIXELS = Quantised(scale=1.0, zero_point=0, lowest=0)


class ImageSession(ABC):
    """A network with one image input and one output for classes.

    The input is float32, float16, or uint8 (raw pixels, normalised inside the network), in NCHW or NHWC order; the
    output is [n, classes], perhaps with sides of 1. Size, batch and the number of classes may be open.
    """

    def __init__(
        self,
        path: Path,
        taken: End,
        given: End,
        ends: Ends,
        numbers: Mapping[str, type[np.generic]],
        channels_first: bool | None,
    ) -> None:
        """To be called when the engine is ready to run: what the file leaves open, a trial run tells.

        `numbers`: the types of input that can be fed, by the engine's names. `channels_first`: how the values lie that
        the penultimate vector is made of; None where there is none. Raises `ModelError`.
        """
        if taken.type not in numbers:
            raise ModelError(
                f"{path} takes {taken.type} of shape {list(taken.shape)}; expected one of {', '.join(numbers)}.",
                "Export it with a float32 input.",
            )
        self._path, self._number, self._channels_first = path, numbers[taken.type], channels_first
        self._layout = layout_of(path, taken.shape, ends.layout)
        self._one_by_one = takes_one_image(path, taken.shape)
        size_px = square_side(path, taken.shape, self._layout)
        side_px = size_px or ends.size_px
        black = np.zeros((1, 3, side_px, side_px), np.float32)
        self.signature = Signature(
            size_px=size_px,
            outputs=output_count(path, given.shape) or self.run(black).shape[1],
            input_quantised=_RAW_PIXELS if self._number is np.uint8 else None,
            layout=self._layout,
            number=np.dtype(self._number).name,
            embedding_width=self._count_embedding(black),
        )

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @abstractmethod
    def _infer(self, batch: np.ndarray, *, vector: bool) -> list[np.ndarray]:
        """The scores and, if asked for, the values of the penultimate vector. Raises `ModelError` when it fails."""

    def run(self, images: np.ndarray) -> np.ndarray:
        (scores,) = self._fetch(images, vector=False)
        return self._checked(scores, len(images))

    def run_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scores, values = self._fetch(images, vector=True)
        vectors = self._vectors(values, len(images))
        assert vectors is not None, "the signature has no embedding_width"
        return self._checked(scores, len(images)), vectors

    def batch(self, images: np.ndarray) -> np.ndarray:
        """What the input is given for images, float32 [n, 3, h, w]: in the network's own order and type."""
        if self._layout == "nhwc":
            images = images.transpose(0, 2, 3, 1)
        if self._number is np.uint8:
            images = np.clip(np.rint(images), 0, 255)
        return np.ascontiguousarray(images, dtype=self._number)

    def _fetch(self, images: np.ndarray, *, vector: bool) -> list[np.ndarray]:
        if self._one_by_one and len(images) > 1:
            parts = [self._fetch(images[i : i + 1], vector=vector) for i in range(len(images))]
            return [np.concatenate(values) for values in zip(*parts, strict=True)]
        return self._infer(self.batch(images), vector=vector)

    def _failed(self, batch: np.ndarray, reason: str) -> ModelError:
        return ModelError(
            f"{self._path} failed while running on {list(batch.shape)}: {reason}",
            "If it takes another size or order, say so in its card: size_px, layout.",
        )

    def _checked(self, scores: np.ndarray, images: int) -> np.ndarray:
        """float32 [n, outputs]"""
        scores = np.asarray(scores, dtype=np.float32)
        if scores.shape[:1] != (images,) or scores.size != images * max(scores.shape[1:], default=0):
            raise ModelError(
                f"{self._path} gives shape {list(scores.shape)} for {images} images; expected [n, classes].",
                "If it has another output for the classes, name that one in its card: output_name.",
            )
        return scores.reshape(images, -1)

    def _vectors(self, values: np.ndarray, images: int) -> np.ndarray | None:
        return as_vectors(values, images, channels_first=bool(self._channels_first))

    def _count_embedding(self, black: np.ndarray) -> int | None:
        """How long the penultimate vector is; None where there is none, or the tensor does not hold one an image."""
        if self._channels_first is None:
            return None
        _, values = self._fetch(black, vector=True)
        vectors = self._vectors(values, 1)
        return None if vectors is None else vectors.shape[1]
