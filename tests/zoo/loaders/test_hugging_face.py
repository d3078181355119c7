"""The Hugging Face hub: its local cache, and a server that speaks as it does."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from edgewise.errors import ModelError, UsageError
from edgewise.zoo.hub import HubName, parse_hub_name
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find
from edgewise.zoo.tiny import WEIGHTS

pytest.importorskip("huggingface_hub", reason="the extra [hub] is not installed")
Run = Callable[..., CompletedProcess[str]]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
DEAD_END = "http://127.0.0.1:9"


def into_cache(home: Path, repo: str, files: dict[str, bytes]) -> None:
    """Lay files out as huggingface_hub does: blobs by their hash, linked from the snapshot of a commit."""
    folder = home / "hub" / f"models--{repo.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(COMMIT)
    for name, content in files.items():
        blob = folder / "blobs" / hashlib.sha256(content).hexdigest()
        blob.parent.mkdir(exist_ok=True)
        blob.write_bytes(content)
        link = folder / "snapshots" / COMMIT / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's folder on this machine, for this process; and no way to the hub."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path


def test_names() -> None:
    assert parse_hub_name("me/net") == HubName("me/net")
    assert parse_hub_name("me/net@v1.2/onnx/a.onnx") == HubName("me/net", "v1.2", "onnx/a.onnx")
    for text in ("net", "/net", "me/", "me//x"):
        with pytest.raises(UsageError, match="names nothing on the hub"):
            parse_hub_name(text)


def test_file_of_a_cached_repository(cache: Path) -> None:
    card = (WEIGHTS / "xs.toml").read_bytes()
    into_cache(cache, "me/nets", {"onnx/xs.onnx": (WEIGHTS / "xs.onnx").read_bytes(), "onnx/xs.toml": card})
    model, same = load(find(["hf:me/nets/onnx/xs.onnx"])[0]), load(find(["tiny:xs"])[0])
    assert model.fingerprint == same.fingerprint
    assert model.card.classes == same.card.classes
    assert model.card.source == "hf:me/nets/onnx/xs.onnx"
    (pinned,) = find([f"hf:me/nets@{COMMIT}/onnx/xs.onnx"])
    assert load(pinned).fingerprint == same.fingerprint


def test_the_users_card_goes_over_the_repositorys(cache: Path, tmp_path: Path) -> None:
    card = (WEIGHTS / "xs.toml").read_bytes()
    into_cache(cache, "me/nets", {"xs.onnx": (WEIGHTS / "xs.onnx").read_bytes(), "xs.toml": card})
    (tmp_path / "zoo.toml").write_text('[[model]]\nsource = "hf:me/nets/xs.onnx"\nlicence = "mine"\n')
    said = load(find([str(tmp_path / "zoo.toml")])[0]).card
    assert (said.licence, said.preprocess.size_px) == ("mine", 32)


@pytest.mark.parametrize(
    ("source", "files", "reason"),
    [
        ("me/gone/a.onnx", {}, "not in the local cache .* HF_HUB_OFFLINE is set"),
        ("me/a--b/a.onnx", {}, r"can have no me/a--b: .*--"),
        ("me/a/a.bin", {"a.bin": b""}, ".bin is no format that runs here"),
        (
            "me/a",
            {"config.json": b'{"model_type": "resnet"}'},
            "(?s)a 'resnet' of the Transformers library.*optimum-cli",
        ),
        ("me/a", {"config.json": b"{}"}, "no timm network"),
        ("me/a", {"config.json": b"{"}, "config.json cannot be read"),
    ],
)
def test_what_cannot_work_is_said(cache: Path, source: str, files: dict[str, bytes], reason: str) -> None:
    if files:
        into_cache(cache, "me/a", files)
    with pytest.raises(ModelError, match=reason):
        load(find([f"hf:{source}"])[0])


def timm_repository(**config: Any) -> dict[str, bytes]:
    """A repository in timm's form: a test_resnet of three named classes."""
    import torch
    from safetensors.torch import save

    from edgewise.zoo.timm_catalogue import import_timm

    torch.manual_seed(0)
    network = import_timm("this test").create_model("test_resnet", num_classes=3)
    known = {
        "architecture": "test_resnet",
        "num_classes": 3,
        "label_names": ["n01", "n02", "n03"],
        "label_descriptions": {"n01": "cat", "n02": "dog", "n03": "owl"},
        "pretrained_cfg": {
            **{"input_size": [3, 96, 96], "crop_pct": 0.8, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]},
            **{"license": "mit", "classifier": "fc", "first_conv": "conv1.0", "custom_load": False},
        },
    }
    weights = {key: value.contiguous() for key, value in network.state_dict().items()}
    return {"config.json": json.dumps(known | config).encode(), "model.safetensors": save(weights)}


@pytest.mark.torch
def test_timm_repository(cache: Path) -> None:
    into_cache(cache, "me/resnet", timm_repository())
    card = load(find(["hf:me/resnet"])[0]).card
    assert (card.classes.names, card.classes.ids) == (("cat", "dog", "owl"), ("n01", "n02", "n03"))
    prepared = card.preprocess
    assert (prepared.size_px, prepared.resize_px, prepared.mean[0], prepared.std[0]) == (96, 120, 0.5, 0.25)
    assert card.licence == "mit"


@pytest.mark.torch
def test_timm_repository_whose_network_is_unknown(cache: Path) -> None:
    into_cache(cache, "me/resnet", timm_repository(architecture="resnet_of_tomorrow"))
    with pytest.raises(ModelError, match="which this timm does not know"):
        load(find(["hf:me/resnet"])[0])


@contextmanager
def server(files: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """The part of the hub that downloads use: HEAD and GET of /OWNER/NAME/resolve/REVISION/FILE."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _reply(self, *, body: bool) -> None:
            asked.append(f"{self.command} {self.path}")
            content = files.get(self.path.partition("/resolve/main/")[2])
            self.send_response(404 if content is None else 200)
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{hashlib.sha256(content or b"").hexdigest()}"')
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if body and content is not None:
                self.wfile.write(content)

        def do_HEAD(self) -> None:
            self._reply(body=False)

        def do_GET(self) -> None:
            self._reply(body=True)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on stderr."""

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}", asked
    finally:
        serving.shutdown()
        thread.join()
        serving.server_close()


def environment(home: Path, endpoint: str) -> dict[str, str]:
    return os.environ | {"HF_HOME": str(home), "HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_XET": "1"}


def test_downloaded_once_then_from_the_cache(edgewise: Run, tmp_path: Path) -> None:
    files = {name: (WEIGHTS / name).read_bytes() for name in ("xs.onnx", "xs.toml")}
    with server(files) as (endpoint, asked):
        first = edgewise("zoo", "describe", "hf:me/nets/xs.onnx", "--json", env=environment(tmp_path, endpoint))
        assert first.returncode == 0, first.stderr
        assert first.stderr == ""
        assert any(line.startswith("GET ") and line.endswith("/xs.onnx") for line in asked)
    again = edgewise("zoo", "describe", "hf:me/nets/xs.onnx", "--json", env=environment(tmp_path, DEAD_END))
    assert json.loads(again.stdout) == json.loads(first.stdout)
    assert json.loads(first.stdout)["classes"] == 10


def test_a_hub_that_has_no_such_file(edgewise: Run, tmp_path: Path) -> None:
    with server({}) as (endpoint, _):
        done = edgewise("zoo", "describe", "hf:me/nets/gone.onnx", env=environment(tmp_path, endpoint))
    assert done.returncode == 3
    assert "me/nets on the Hugging Face hub has no file gone.onnx" in done.stderr


def test_a_hub_that_cannot_be_reached(edgewise: Run, tmp_path: Path) -> None:
    done = edgewise("zoo", "describe", "hf:me/nets/a.onnx", env=environment(tmp_path, DEAD_END))
    assert done.returncode == 3
    assert f"{DEAD_END} cannot be reached" in done.stderr
    assert "Retrying" not in done.stderr
    assert done.stderr.count("error:") == 1
