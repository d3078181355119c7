"""The wheel, made from the sdist: what is in it, and what it does in an environment that holds nothing else.

One environment serves all tests, which makes them slow to begin and quick to go on.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edgewise
from tests.packaging.environments import build, empty, quiet

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.slow
_OFFLINE = ("NewConnectionError", "No matching distribution", "ConnectTimeout", "Temporary failure in name resolution")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that is made from it."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder, "both")
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The Python of an environment with the wheel and what it needs, as a user installs it."""
    found = empty(tmp_path_factory.mktemp("environment") / "venv")
    try:
        quiet([found, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", wheel])
    except AssertionError as error:
        if os.environ.get("CI") != "true" and any(text in str(error) for text in _OFFLINE):
            pytest.skip("pip is offered no packages here")
        raise
    return found


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """A folder outside of the project, with photos/."""
    folder = tmp_path_factory.mktemp("work")
    (folder / "photos").symlink_to(drawn_folder)
    return folder


@pytest.fixture
def run(python: Path, workplace: Path) -> Run:
    """The installed command, in that folder."""
    left_out = ("PYTHONPATH", "VIRTUAL_ENV", "EDGEWISE_SETTINGS")
    environment = {key: value for key, value in os.environ.items() if key not in left_out} | {"OMP_NUM_THREADS": "1"}

    def command(*arguments: object, code: str = "") -> subprocess.CompletedProcess[str]:
        first = ["-c", code] if code else ["-m", "edgewise"]
        return subprocess.run(
            [str(python), "-P", *first, *map(str, arguments)],
            cwd=workplace,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return command


def _json(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    source = ROOT / "src"
    ours = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    ours = {name for name in ours if "__pycache__" not in name and ".egg-info" not in name}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        about = f"edgewise-{edgewise.__version__}.dist-info"
        assert {name for name in names if not name.startswith(about)} == ours
        assert {f"{about}/licenses/LICENSE", f"{about}/licenses/NOTICE"} <= names
        assert "edgewise/py.typed" in names
        private = [str(ROOT).encode(), str(Path.home()).encode() + b"/"]
        for name in names:
            content = archive.read(name)
            assert not any(path in content for path in private), f"{name} names a folder of this machine"


def test_the_sdist_can_be_worked_on(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        below = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ("pyproject.toml", "constraints.txt", "Makefile", "scripts/check", "tests/conftest.py", "docs/plugins.md")
    assert set(wanted) <= below
    assert not any(part.startswith((".venv", "dist/", ".git/")) for part in below)


def test_it_is_whole_and_brings_no_extra(python: Path, run: Run) -> None:
    quiet([python, "-m", "pip", "check"])
    listed = json.loads(quiet([python, "-m", "pip", "list", "--format=json"]))
    names = {one["name"].lower() for one in listed}
    assert "edgewise" in names
    assert not names & {"torch", "openvino", "ai-edge-litert", "ncnn", "executorch", "fastapi", "huggingface-hub"}
    assert run("--version").stdout.split() == ["edgewise", edgewise.__version__]
    home = run(code="import edgewise; print(edgewise.__file__)").stdout
    assert str(python.parent.parent) in home


def test_doctor_works_and_names_what_is_absent(run: Run) -> None:
    told = _json(run("doctor", "--json"))
    assert told["ok"] is True
    states = {(one["extra"] == "", one["state"]) for one in told["packages"]}
    assert states == {(True, "ok"), (False, "absent")}
    assert {one["hint"] for one in told["packages"] if one["extra"] == "torch"} == {
        "Install it: python -m pip install 'edgewise[torch]'"
    }


def test_profile_fit_classify_report(run: Run, workplace: Path) -> None:
    steps = (
        ("profile", "--zoo", "tiny:*", "--data", "photos", "--out", "profile"),
        ("select", "ceiling", "profile"),
        ("select", "fit", "profile", "--method", "cascade", "--out", "selector"),
        ("report", "profile", "--selector", "selector", "--out", "report.html"),
        ("zoo", "list"),
        ("accel", "presets"),
        ("devices", "list"),
    )
    for arguments in steps:
        done = run(*arguments, "--quiet")
        assert done.returncode == 0, f"{arguments}\n{done.stderr}"
    replies = _json(run("classify", "photos/car/0000.png", "--selector", "selector", "--json", "--quiet"))
    assert replies[0]["label"]
    assert "<html" in (workplace / "report.html").read_text()
    assert run("--help").returncode == 0


def test_the_demo_runs(run: Run, workplace: Path) -> None:
    told = _json(run("demo", "--per-class", "20", "--out", "demo", "--json", "--quiet"))
    assert Path(told["report"]).is_relative_to(workplace)


def test_from_python(run: Run) -> None:
    lines = (
        "from edgewise import Engine",
        "reply = Engine().classify('photos/car/0000.png')",
        "print(reply.label, reply.model)",
    )
    done = run(code="\n".join(lines))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 2


@pytest.mark.parametrize(
    ("extra", "arguments"),
    [
        ("torch", ("prune", "--model", "tiny:s", "--data", "photos", "--classes", "car,key", "--out", "mine")),
        ("torch", ("prune", "inspect", "tiny:s")),
        ("torch", ("accel", "run", "tiny:s")),
        ("torch", ("zoo", "describe", "timm:resnet18")),
        ("torch", ("zoo", "describe", "torchvision:resnet18")),
        ("litert", ("zoo", "describe", "tflite:net.tflite")),
        ("openvino", ("zoo", "describe", "openvino:net.xml")),
        ("ncnn", ("zoo", "describe", "ncnn:net.param")),
        ("executorch", ("zoo", "describe", "executorch:net.pte")),
        ("openvino", ("export", "tiny:s", "--to", "openvino", "--out", "exported")),
        ("serve", ("serve", "--model", "tiny:s", "--state", "device")),
        ("serve", ("live",)),
        ("hub", ("zoo", "describe", "hf:owner/name/net.onnx")),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:3]),
)
def test_what_needs_an_extra_says_which(run: Run, workplace: Path, extra: str, arguments: tuple[str, ...]) -> None:
    for name in ("net.tflite", "net.xml", "net.bin", "net.param", "net.pte"):
        (workplace / name).write_bytes(b"x")
    done = run(*arguments)
    assert done.returncode == 4, f"{done.stdout}\n{done.stderr}"
    assert done.stderr.count("error:") == 1
    assert "Traceback" not in done.stderr
    assert f"[{extra}" in done.stderr, done.stderr
    assert "pip install 'edgewise[" in done.stderr
    assert "checkout" not in done.stderr


SCRIPT = """
from pathlib import Path
from typing import assert_type

from edgewise import Budget, Classification, EdgewiseError, Engine
from edgewise.profile.outcomes import Outcomes
from edgewise.profile.run import Settings, profile
from edgewise.select import Method, Selector, SingleMethod, SingleModel, Trials, load_selector
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import Source, find

engine = Engine("selector/", threads=None, runtime="fastest")
try:
    reply = engine.classify("photo.png", Budget(max_mean_ms=20))
except EdgewiseError as error:
    assert_type(error.hint, str)
    raise
assert_type(reply, Classification)
assert_type(reply.label, str | None)
assert_type(reply.top, tuple[tuple[str, float], ...])
assert_type(find(["tiny:*"]), tuple[Source, ...])
assert_type(load(find(["tiny:s"])[0]), Classifier)
outcomes = profile(Settings(("tiny:*",), Path("photos"), Path("profile")))
assert_type(outcomes, Outcomes)
assert_type(outcomes.trials(), Trials)
assert_type(SingleMethod().fit(outcomes.trials()), SingleModel)


def fitted(method: Method) -> Selector:
    return method.fit(outcomes.trials())


fitted(SingleMethod())
assert_type(load_selector(Path("selector")), Selector)
"""
WRONG = 'Engine(threads="four")', "engine.classify(3.5)", "reply.lable", "Budget(max_ms=3)"


def _typed(script: str, python: Path, folder: Path) -> list[dict[str, Any]]:
    """What a strict type checker finds in a user's script, beside the installed wheel."""
    (folder / "script.py").write_text(script)
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    checker = Path(sys.executable).with_name("basedpyright")
    command = [checker, "--outputjson", "--pythonpath", python, "--project", folder, folder / "script.py"]
    done = subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    return [one for one in json.loads(done.stdout)["generalDiagnostics"] if one["severity"] == "error"]


def test_a_users_script_is_typed(python: Path, tmp_path: Path) -> None:
    assert _typed(SCRIPT, python, tmp_path) == []
    found = _typed(SCRIPT + "\n".join(WRONG) + "\n", python, tmp_path)
    first = SCRIPT.count("\n")
    assert {one["range"]["start"]["line"] for one in found} == set(range(first, first + len(WRONG)))


def test_the_version_has_one_source(wheel: Path) -> None:
    written = [
        path
        for path in (ROOT / "pyproject.toml", *(ROOT / "src").rglob("*.py"))
        if re.search(rf'^(?:__version__|version) = "{re.escape(edgewise.__version__)}"', path.read_text(), re.MULTILINE)
    ]
    assert written == [ROOT / "src" / "edgewise" / "__init__.py"]
    assert f"-{edgewise.__version__}-" in wheel.name
