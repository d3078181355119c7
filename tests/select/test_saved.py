import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import StoreError
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.premodel.guarded import GuardedMethod
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.saved import ARRAYS, DESCRIPTION, load_selector, read_about, save_selector
from edgewise.select.single import SingleModel

PREMODELS = {
    "premodel": PremodelMethod(),
    "premodel-refusing": PremodelMethod(on_fail="refuse"),
    "premodel-mixed": PremodelMethod(chain="svm.nb.tree"),
    "premodel-radius": PremodelMethod(radius=0.1),
    "premodel-single": PremodelMethod(chain="svm", single=True),
    "premodel-guarded": GuardedMethod(epsilon=0.2),
    "premodel-none-right": PremodelMethod(theta_points=100.0, chain="svm"),
}


@pytest.fixture(params=[*PREMODELS, "cascade", "single"])
def selector(request, make_trials):
    if request.param in PREMODELS:
        return PREMODELS[request.param].fit(make_trials())
    return {
        "cascade": lambda: Cascade(("net0", "net2"), (1.25, 0.7), (0.8125,), True),
        "single": lambda: SingleModel("net1"),
    }[request.param]()


def test_what_is_loaded_decides_alike(selector, make_trials, tmp_path: Path) -> None:
    save_selector(tmp_path / "chosen", selector, {"profile": "abc", "seed": 3})
    loaded = load_selector(tmp_path / "chosen")
    assert type(loaded) is type(selector)
    assert (loaded.kind, loaded.models, loaded.feature_names) == (
        selector.kind,
        selector.models,
        selector.feature_names,
    )
    trials = make_trials(images=80, seed=9)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(loaded.route(trials), name) == getattr(selector.route(trials), name)).all()
    assert read_about(tmp_path / "chosen") == {"profile": "abc", "seed": 3}


def test_saving_over_an_older_selector_replaces_it(tmp_path: Path) -> None:
    save_selector(tmp_path, SingleModel("old"), {})
    save_selector(tmp_path, SingleModel("new"), {})
    assert load_selector(tmp_path) == SingleModel("new")
    assert sorted(path.name for path in tmp_path.iterdir()) == [DESCRIPTION, ARRAYS]


def test_arrays_of_another_selector_are_refused(make_trials, tmp_path: Path) -> None:
    save_selector(tmp_path / "a", PremodelMethod().fit(make_trials(seed=1)), {})
    save_selector(tmp_path / "b", PremodelMethod().fit(make_trials(seed=2)), {})
    (tmp_path / "a" / ARRAYS).write_bytes((tmp_path / "b" / ARRAYS).read_bytes())
    with pytest.raises(StoreError, match="does not hold what its description names"):
        load_selector(tmp_path / "a")


def _edit(folder: Path, **changes: object) -> None:
    artefact = json.loads((folder / DESCRIPTION).read_text())
    artefact["data"].update(changes)
    (folder / DESCRIPTION).write_text(json.dumps(artefact))


def test_an_unknown_kind_names_the_known_ones(tmp_path: Path) -> None:
    save_selector(tmp_path, SingleModel("net0"), {})
    _edit(tmp_path, selector="oracle of Delphi")
    with pytest.raises(StoreError, match="oracle of Delphi") as caught:
        load_selector(tmp_path)
    assert "cascade, " in caught.value.hint
    assert "single" in caught.value.hint


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("single", {}),
        ("cascade", {"models": ["a", "b"], "temperatures": [1.0], "thresholds": [], "average": False}),
        ("premodel", {"models": ["a"], "feature_names": [], "levels": [], "fail_model": None}),
        (
            "premodel",
            {
                "models": ["a"],
                "feature_names": [],
                "levels": [],
                "fail_model": None,
                "chooser": "chain",
                "chooser_state": {"families": ["knn"]},
            },
        ),
        ("cascade", None),
    ],
)
def test_an_incomplete_state_is_refused(tmp_path: Path, kind: str, state: object) -> None:
    save_selector(tmp_path, SingleModel("net0"), {})
    _edit(tmp_path, selector=kind, state=state)
    with pytest.raises(StoreError, match=f"no complete {kind}|state is None; expected an object"):
        load_selector(tmp_path)


def test_half_a_selector_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        load_selector(tmp_path)
    save_selector(tmp_path, SingleModel("net0"), {})
    (tmp_path / ARRAYS).unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        load_selector(tmp_path)


_DECIDE = """
import sys
from pathlib import Path
import numpy as np
from edgewise.select.saved import load_selector
from edgewise.select.selector import Run, Seen
for folder in sys.argv[1:]:
    selector = load_selector(Path(folder))
    seen, step = Seen(np.array([0.3])), None
    while isinstance(step := selector.decide(seen), Run):
        seen = Seen(seen.features, {**seen.logits, step.model: np.arange(6, dtype=np.float32)})
heavy = {"sklearn", "scipy", "torch", "pandas", "cv2"} & set(sys.modules)
sys.exit(f"imported {sorted(heavy)}" if heavy else 0)
"""


def test_loading_and_deciding_import_neither_sklearn_nor_scipy_nor_torch(make_trials, tmp_path: Path) -> None:
    for name, method in PREMODELS.items():
        save_selector(tmp_path / name, method.fit(make_trials()), {})
    save_selector(tmp_path / "c", Cascade(("net0", "net2"), (1.0, 1.0), (0.9,), True), {})
    save_selector(tmp_path / "s", SingleModel("net1"), {})
    folders = [str(tmp_path / name) for name in [*PREMODELS, *"cs"]]
    done = subprocess.run([sys.executable, "-c", _DECIDE, *folders], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_arrays_are_stored_without_pickle(make_trials, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    save_selector(tmp_path, PremodelMethod().fit(make_trials()), {})
    arrays = load_file(tmp_path / ARRAYS)
    assert {name: array.dtype for name, array in arrays.items()} == {
        "points": np.float64,
        "yes": np.bool_,
        "minimum": np.float64,
        "maximum": np.float64,
    }
