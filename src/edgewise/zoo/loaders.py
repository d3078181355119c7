"""One loader per kind of source: engine, defaults of the format, card."""

import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from edgewise.errors import MissingExtra, ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.runtime.litert import LiteRtSession
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.session import Quantised
from edgewise.runtime.torch import TorchSession, import_torch
from edgewise.store import file_sha256
from edgewise.zoo.card import complete
from edgewise.zoo.classifier import Classifier, text_fingerprint
from edgewise.zoo.sources import Source
from edgewise.zoo.tiny.shipped import shipped_path

_DEFAULT_SIZE_PX = 224


class Loader(Protocol):
    """How one kind of source becomes a classifier."""

    def __call__(self, source: Source, *, threads: int) -> Classifier: ...


def load(source: Source, *, threads: int = 1) -> Classifier:
    """Load one classifier onto `threads` threads of its engine.

    Raises `ModelError` for a file or a card that cannot be used, `MissingExtra` for an engine that is not installed.
    """
    return LOADERS[source.kind](source, threads=threads)


def load_onnx(source: Source, *, threads: int) -> Classifier:
    return _onnx(source, Path(source.where), threads)


def load_tiny(source: Source, *, threads: int) -> Classifier:
    return _onnx(source, shipped_path(source.text, ".onnx"), threads)


def _onnx(source: Source, path: Path, threads: int) -> Classifier:
    fingerprint = _file_fingerprint(path)
    session = OnnxSession(path, threads=threads)
    card = complete(
        source.card,
        name=source.name,
        source=source.text,
        size_px=session.signature.size_px,
        outputs=session.signature.outputs,
        output="logits",
        preprocess=_imagenet_input(session.signature.size_px or _DEFAULT_SIZE_PX),
    )
    return Classifier(card, session, fingerprint)


def _imagenet_input(size_px: int) -> Preprocess:
    """ImageNet's usual input: short side scaled to 8/7 of the input, centre cropped, ImageNet's mean and std."""
    return Preprocess(size_px=size_px, resize_px=round(size_px * 8 / 7))


def _file_fingerprint(path: Path) -> str:
    try:
        external = path.with_name(f"{path.name}.data")  # where exporters put the weights of a large ONNX file
        return file_sha256(path) + (file_sha256(external) if external.is_file() else "")
    except OSError as error:
        raise ModelError(f"The model {path} cannot be read: {error.strerror or error}.") from error


def load_litert(source: Source, *, threads: int) -> Classifier:
    path = Path(source.where)
    fingerprint = _file_fingerprint(path)
    session = LiteRtSession(path, threads=threads)
    size = session.signature.size_px or _DEFAULT_SIZE_PX
    quantised = session.signature.input_quantised
    card = complete(
        source.card,
        name=source.name,
        source=source.text,
        size_px=size,
        outputs=session.signature.outputs,
        output="probabilities",
        preprocess=_raw_pixels(size, quantised) if quantised else _minus_one_to_one(size),
    )
    return Classifier(card, session, fingerprint)


def _raw_pixels(size: int, quantised: Quantised) -> Preprocess:
    """Normalisation under which an integer input is the pixel itself (uint8), or the pixel less 128 (int8)."""
    black = quantised.zero_point - quantised.lowest
    return _central(size, mean=black / 255, std=1 / (255 * quantised.scale))


def _minus_one_to_one(size: int) -> Preprocess:
    return _central(size, mean=0.5, std=0.5)


def _central(size: int, *, mean: float, std: float) -> Preprocess:
    """The central 87.5% of the short side, as the published LiteRT classifiers were evaluated."""
    return Preprocess(size, round(size / 0.875), mean=(mean, mean, mean), std=(std, std, std))


def load_torch(source: Source, *, threads: int) -> Classifier:
    torch = import_torch(f"The model {source.text}")
    home, _, factory_name = source.where.rpartition(":")
    torch.set_num_threads(threads)
    factory = _factory(home, factory_name)
    try:
        module = factory()
    except Exception as error:  # foreign code
        raise ModelError(f"{source.text} failed: {type(error).__name__}: {error}.", "Correct the factory.") from error
    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"{source.text} gave a {type(module).__name__}; expected a torch.nn.Module.")
    size = source.card.given.get("size_px", _DEFAULT_SIZE_PX)
    return _torch(_Module(module, _imagenet_input(size)), source, threads)


def load_timm(source: Source, *, threads: int) -> Classifier:
    """A timm network, with hub weights, or with local ones where the card names a file in `weights`."""
    import_torch(f"The model {source.text}")
    from edgewise.runtime.torchvision_beside_cpu_torch import declare_operators

    declare_operators()
    try:
        import timm
        from timm.data.config import resolve_data_config
    except ImportError as error:
        raise MissingExtra(f"The model {source.text}", "torch") from error
    weights = source.card.given.get("weights")
    overlay = {"file": weights} if weights else None
    try:
        module = timm.create_model(source.where, pretrained=True, pretrained_cfg_overlay=overlay)
    except Exception as error:  # a hub that cannot be reached raises whatever its client of the day raises
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"{source.text} cannot be loaded: {reason}",
            'Check the name; without a network, name a local file: weights = "FILE.safetensors" in a zoo file.',
        ) from error
    config = resolve_data_config({}, model=module)
    size = config["input_size"][-1]
    usual = Preprocess(size, round(size / config["crop_pct"]), mean=tuple(config["mean"]), std=tuple(config["std"]))
    return _torch(_Module(module, usual), source, threads)


@dataclass(frozen=True)
class _Module:
    module: Any
    usual: Preprocess


def _torch(loaded: _Module, source: Source, threads: int) -> Classifier:
    size = source.card.given.get("size_px", loaded.usual.size_px)
    session = TorchSession(loaded.module, source.text, size_px=size, threads=threads)
    card = complete(
        source.card,
        name=source.name,
        source=source.text,
        size_px=None,
        outputs=session.signature.outputs,
        output="logits",
        preprocess=loaded.usual,
    )
    return Classifier(card, session, _weights_fingerprint(loaded.module))


def _weights_fingerprint(module: Any) -> str:
    """SHA-256 of names, shapes and bytes of the weights."""
    digest = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _factory(home: str, name: str) -> Callable[[], Any]:
    try:
        module = _import_file(Path(home)) if home.endswith(".py") else importlib.import_module(home)
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{home} cannot be imported: {error}.", "Install what it needs, or correct the name."
        ) from error
    except ModelError:
        raise
    except Exception as error:  # foreign code
        raise ModelError(f"{home} cannot be imported: {type(error).__name__}: {error}.", "Correct the file.") from error
    factory = getattr(module, name, None)
    if not callable(factory):
        raise ModelError(
            f"{home} has no factory {name!r}.", "Name a function without arguments that returns an nn.Module."
        )
    return factory


def _import_file(path: Path) -> Any:
    if not path.is_file():
        raise ModelError(f"There is no {path}.")
    name = f"edgewise_factory_{text_fingerprint(os.fspath(path))[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass or a pickle in the file looks its module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


LOADERS: dict[str, Loader] = {
    "tiny": load_tiny,
    "onnx": load_onnx,
    "tflite": load_litert,
    "torch": load_torch,
    "timm": load_timm,
}
