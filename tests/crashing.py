"""Code that crashes its process, put where a real command's processes find it."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

_DECODER = """
import PIL.Image as image_module
plain_open = image_module.open
def crash_on_one(stream, *arguments, **options):
    if stream.getvalue() == open({image!r}, "rb").read():
        {crash}
    return plain_open(stream, *arguments, **options)
image_module.open = crash_on_one
"""
_ENGINE = """
import onnxruntime
plain_session = onnxruntime.InferenceSession
def is_doomed(path):
    if not isinstance(path, bytes):
        return str(path).endswith({file!r})
    from edgewise.zoo.tiny import WEIGHTS  # a network of which more is asked than its file gives is loaded from bytes
    return any(path.startswith(f.read_bytes()) for f in WEIGHTS.iterdir() if str(f).endswith({file!r}))
class Session(plain_session):
    def __init__(self, path, *arguments, **options):
        self.doomed, self.calls = is_doomed(path), 0
        if self.doomed and {call} < 0:
            {crash}
        super().__init__(path, *arguments, **options)
    def run(self, *arguments, **options):
        self.calls += 1
        if self.doomed and self.calls > {call}:
            {crash}
        return super().run(*arguments, **options)
onnxruntime.InferenceSession = Session
"""
CRASHES = {
    "SIGABRT": "import os; os.abort()",
    "SIGSEGV": "import ctypes; ctypes.string_at(0)",
    "SIGKILL": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "exit code 7": "import os; os._exit(7)",
    "too long": "import time; time.sleep(1000)",
}


def decoder_that_crashes(folder: Path, image: Path, how: str) -> dict[str, str]:
    """The environment in which decoding one file crashes the process, as a broken decoder does."""
    return _environment(folder, _DECODER.format(image=str(image), crash=CRASHES[how]))


def engine_that_crashes(folder: Path, file: str, how: str, call: int) -> dict[str, str]:
    """The environment in which ONNX Runtime crashes at the run of `file` after `call` others; -1: when it is loaded."""
    return _environment(folder, _ENGINE.format(file=file, crash=CRASHES[how], call=call))


def _environment(folder: Path, code: str) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(code)
    return {**os.environ, "PYTHONPATH": str(folder)}


_MODULE = '''
"""Factories of networks that go wrong at the {call}-th call."""
import ctypes, os, time
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, how):
        super().__init__()
        torch.manual_seed(0)
        self.head, self.how, self.calls = nn.Linear(3, {classes}), how, 0

    def forward(self, x):
        self.calls += 1
        scores = self.head(x.mean((2, 3)))
        if self.calls <= {call}:
            return scores
        match self.how:
            case "abort":
                os.abort()
            case "segfault":
                ctypes.string_at(0)
            case "nan":
                return scores * float("nan")
            case "leave":
                raise SystemExit(3)
            case "memory":
                return torch.empty(10**15)

def abort(): return Net("abort")
def segfault(): return Net("segfault")
def nan(): return Net("nan")
def leave(): return Net("leave")
def memory(): return Net("memory")
def abort_at_once(): os.abort()
'''


def torch_factories(folder: Path, classes: Sequence[str], call: int) -> Path:
    """A file of factories whose networks go wrong, each with its card."""
    path = folder / "crash.py"
    path.write_text(_MODULE.format(call=call, classes=len(classes)))
    for name in ("abort", "segfault", "nan", "leave", "memory", "abort_at_once"):
        (folder / f"{name}.toml").write_text(f'name = "{name}"\nsize_px = 32\nclasses = {json.dumps(list(classes))}\n')
    return path
