"""A network as ncnn's .param and .bin files, made from its ONNX file by pnnx, extra [ncnn]."""

import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from edgewise.errors import MissingExtra, ModelError, UsageError
from edgewise.export.network import Images, Network, Precision
from edgewise.runtime.ncnn import NcnnSession, unknown_operators
from edgewise.runtime.ncnn_file import read_ncnn_file, with_input
from edgewise.store import atomic_path
from edgewise.zoo.model_files import files_of

PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "bf16")
_SECONDS = 600
_HINT = "Export it for another runtime."


def export_ncnn(network: Network, path: Path, precision: Precision, images: Images | None) -> None:
    """Write `path`, a .param file, and the .bin file beside it.

    fp32 is float32 throughout. fp16 keeps half the bytes, and bf16 all; they are computed in 16 bits where the
    processor can. The .param file says which, and the size of the image. Raises `ModelError` that names the
    operators which ncnn does not know, `UsageError` for another precision, `MissingExtra` without the packages.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"ncnn has no {precision} here.", f"Take {', '.join(PRECISIONS)}.")
    source = network.classifier.card.source
    signature = network.classifier.session.signature
    if (signature.layout, signature.number) != ("nchw", "float32"):
        raise ModelError(
            f"{source} takes {signature.number} in {signature.layout.upper()} order; ncnn takes float32 in NCHW order.",
            _HINT,
        )
    onnx = network.onnx_path
    with tempfile.TemporaryDirectory(dir=network.scratch) as folder:
        param = _convert(onnx, Path(folder), network.size_px, precision, source)
        text = param.read_text(encoding="utf-8")
        if sum(line.startswith("Input ") for line in text.splitlines()) != 1:
            raise ModelError(f"{source} has no longer one input once pnnx has converted it.", _HINT)
        param.write_text(with_input(text, network.size_px, precision), encoding="utf-8")
        _see_that_it_runs(param, source)
        with atomic_path(path.with_suffix(".bin")) as weights, atomic_path(path) as layers:
            shutil.copyfile(param.with_suffix(".bin"), weights)
            shutil.copyfile(param, layers)


def _convert(onnx: Path, folder: Path, size_px: int, precision: Precision, source: str) -> Path:
    """What pnnx makes of an ONNX file: `network.ncnn.param` in `folder`, and the .bin beside it."""
    _copy_whole(onnx, folder / "network.onnx")  # pnnx writes beside what it reads
    shape = f"[1,3,{size_px},{size_px}]f32"
    command = [_pnnx(), "network.onnx", f"inputshape={shape}", f"fp16={int(precision == 'fp16')}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{source} cannot be converted by pnnx within {_SECONDS} s.", _HINT) from error
    param = folder / "network.ncnn.param"
    if done.returncode or not param.is_file() or not param.with_suffix(".bin").is_file():
        raise ModelError(f"{source} cannot be converted by pnnx: {_reason(done)}.", _HINT)
    return param


def _copy_whole(onnx: Path, path: Path) -> None:
    """A copy of an ONNX file that has its weights in itself: pnnx reads those beside it wrongly, and says nothing."""
    try:
        from onnx import load_model, save_model
    except ImportError as error:
        if len(files_of(onnx)) > 1:
            raise MissingExtra(f"Exporting {onnx}, which has its weights in another file, for ncnn", "torch") from error
        shutil.copyfile(onnx, path)
        return
    try:
        save_model(load_model(onnx), path)
    except ValueError as error:  # of protobuf: more than 2 GiB
        raise ModelError(f"{onnx} is larger than what pnnx reads: {error}.", _HINT) from error


def _see_that_it_runs(param: Path, source: str) -> None:
    """Raises `ModelError` for a network that ncnn cannot run; names the operators that it does not know."""
    layers = read_ncnn_file(param)
    if unknown := unknown_operators(layers):
        raise ModelError(f"{source} has operators that ncnn does not know: {', '.join(unknown)}.", _HINT)
    try:
        NcnnSession(param)
    except ModelError as error:
        raise ModelError(f"{source} does not run on ncnn: {error.message}", _HINT) from error


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    said = [line.strip() for line in (done.stdout + done.stderr).decode(errors="replace").splitlines()]
    telling = [line for line in said if "not supported" in line.lower() or "unsupported" in line.lower()]
    last = (telling or [line for line in said if line and not line.startswith("####")] or ["it says nothing"])[-1]
    if done.returncode < 0:
        return f"{signal.Signals(-done.returncode).name} ended it, after {last[:200]!r}"
    return f"{last[:300]!r}"


def _pnnx() -> str:
    """Its converter, a program that its package brings."""
    spec = find_spec("pnnx")  # not imported: that would import PyTorch
    if spec is None or spec.origin is None:
        raise MissingExtra("Exporting for ncnn", "ncnn")
    return str(Path(spec.origin).with_name("pnnx.exe" if sys.platform == "win32" else "pnnx"))
