"""A network as a LiteRT file, converted by litert-torch in an environment of its own."""

import copy
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingEnvironment, ModelError, UsageError
from edgewise.export.litert_environment import HINT, converter
from edgewise.export.network import Images, Network, Precision
from edgewise.export.quiet_compiler import quiet_compiler
from edgewise.store import atomic_path

PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")
_SECONDS = 1800
_CHILD = Path(__file__).with_name("litert_child.py")
_HINT = "Export it for another runtime."


def export_litert(network: Network, path: Path, precision: Precision, images: Images | None) -> None:
    """Write `path`, a .tflite file that takes one image, [1, side, side, 3], of float32 or, at int8, of int8.

    Its normalisation is the network's own: a card must say so, for inputs of LiteRT usually are in -1..1, or the pixel
    itself. int8 is static, of weights per channel, calibrated on `images`. Raises `ModelError` where the network
    cannot be converted, `UsageError` for another precision, `MissingEnvironment` where no Python has litert-torch.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"LiteRT has no {precision} here.", f"Take {', '.join(PRECISIONS)}.")
    python = converter()
    if python is None:
        raise MissingEnvironment("Exporting to LiteRT", "litert-torch", HINT)
    with tempfile.TemporaryDirectory(dir=network.scratch) as scratch:
        folder = Path(scratch)
        arguments = [_stored(network, folder), folder / "network.tflite"]
        if precision == "int8":
            assert images is not None, "the caller saw to it"
            arguments.append(_stored_images(images, folder / "images"))
        _convert(python, arguments, network.classifier.card.source)
        with atomic_path(path) as temporary:
            shutil.copyfile(folder / "network.tflite", temporary)


def _stored(network: Network, folder: Path) -> Path:
    """The network as `torch.export` stores it."""
    source, path = network.classifier.card.source, folder / "network.pt2"
    module: Any = network.module
    with quiet_compiler():
        import torch

        module = copy.deepcopy(module).to(memory_format=torch.contiguous_format).eval()
        try:
            program = torch.export.export(module, (torch.zeros(1, 3, network.size_px, network.size_px),))
        except Exception as error:  # the exporter's, or the network's own
            reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise ModelError(f"{source} cannot be exported by PyTorch: {reason[:300]}", _HINT) from error
        torch.export.save(program, path)
    return path


def _stored_images(images: Images, folder: Path) -> Path:
    folder.mkdir()
    for number, image in enumerate(images()):
        np.save(folder / f"{number:06}.npy", np.ascontiguousarray(image.transpose(0, 2, 3, 1), np.float32))
    return folder


def _convert(python: list[str], arguments: list[Path], source: str) -> None:
    try:
        done = subprocess.run(
            [*python, _CHILD, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
            cwd=arguments[0].parent,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{source} cannot be converted to LiteRT within {_SECONDS} s.", _HINT) from error
    except OSError as error:
        what = f"{python[0]} cannot be run ({error.strerror}): exporting to LiteRT"
        raise MissingEnvironment(what, "litert-torch", HINT) from error
    if done.returncode == 0 and arguments[1].is_file():
        return
    reason = _reason(done)
    if reason.startswith("ModuleNotFoundError"):
        what = f"{python[0]} has not all ({reason}): exporting to LiteRT"
        raise MissingEnvironment(what, "litert-torch", HINT)
    raise ModelError(f"{source} cannot be converted to LiteRT: {reason}", _HINT)


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """What the other process said last, of which it makes JSON where it was an exception."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    last = lines[-1] if lines else f"it ended with {done.returncode}"
    try:
        return str(json.loads(last)["error"])[:400]
    except (ValueError, KeyError, TypeError):
        return last[:400]
