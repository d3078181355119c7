"""Weights that their publisher offers under a URL (torchvision's, and timm's oldest), kept in PyTorch's own cache."""

import re
import shutil
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

from edgewise.errors import ModelError
from edgewise.store import atomic_path, file_sha256

_SECONDS = 10.0  # without a byte
_HASH = re.compile(r"-([0-9a-f]{8,})\.")  # PyTorch's rule: NAME-SHA256PREFIX.pth


def fetch_url(url: str, what: str, hint: str) -> Path:
    """The local path of published weights, downloaded once into `$TORCH_HOME/hub/checkpoints`.

    Raises `ModelError`, after at most 10 seconds of silence, when they are not there and cannot be had, or are damaged.
    """
    from torch.hub import get_dir

    name = Path(urlparse(url).path).name
    path = Path(get_dir()) / "checkpoints" / name
    expected = _HASH.search(name)
    if not path.is_file():
        try:
            _download(url, path)
        except OSError as error:
            reason = getattr(error, "reason", None) or error
            raise ModelError(
                f"The weights of {what} are not in {path.parent}, and {url} cannot be reached ({reason}).", hint
            ) from error
    if expected and not file_sha256(path).startswith(expected[1]):
        raise ModelError(f"{path} is damaged: its SHA-256 does not begin with {expected[1]}.", "Delete it.")
    return path


def _download(url: str, path: Path) -> None:
    reply = urllib.request.urlopen(url, timeout=_SECONDS)
    with reply, atomic_path(path) as temporary, temporary.open("wb") as stream:
        shutil.copyfileobj(reply, stream)
