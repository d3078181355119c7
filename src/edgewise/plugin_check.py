"""Try one plug-in and print what came of it, a JSON object.

`edgewise.plugin_health` runs it in a process of its own: a broken package can crash the process that imports it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from edgewise.errors import EdgewiseError
from edgewise.plugins import Kind, Plugin, clash, clash_with_own, plugins_of

MARK = "edgewise-plugin-check "  # begins the line that tells; a package may print others
_IMAGES, _MODELS, _CLASSES = 120, 3, 6


def main(kind: Kind, name: str, package: str) -> None:
    """Try the plug-in of that name; never raises."""
    try:
        told: dict[str, Any] = {"works": True, "note": check(_find(kind, name, package))}
    except EdgewiseError as error:
        told = {"works": False, "note": error.message}
    except BaseException as error:  # a bug of ours is no reason to say nothing
        told = {"works": False, "note": f"{type(error).__name__}: {error}"}
    print(f"\n{MARK}{json.dumps(told)}", flush=True)  # noqa: T201 - this is the protocol


def check(plugin: Plugin) -> str:
    """What it did. Raises `PluginError` where it does not work, or has a name that is another's."""
    if plugin.name in _own_names(plugin.kind):
        raise clash_with_own(plugin)
    for other in plugins_of(plugin.kind):
        if other.name == plugin.name and other.package != plugin.package:
            raise clash(plugin, other)
    return _TRIALS[plugin.kind](plugin)


def _find(kind: Kind, name: str, package: str) -> Plugin:
    return next(one for one in plugins_of(kind) if (one.name, one.package.name) == (name, package))


def _own_names(kind: Kind) -> tuple[str, ...]:
    """What edgewise calls its own."""
    from edgewise.accel.accelerator import preset_names
    from edgewise.prune.criteria import CRITERIA
    from edgewise.runtime.engines import Engine
    from edgewise.select.kinds import OWN
    from edgewise.select.paths import NAMES
    from edgewise.zoo.sources import KINDS

    runtimes = (*KINDS, *(engine.value for engine in Engine), "fastest")
    names: Mapping[Kind, tuple[str, ...]] = {
        "selector": (*OWN, *NAMES),
        "criterion": CRITERIA,
        "runtime": runtimes,
        "preset": preset_names(),
    }
    return names[kind]


def _try_selector(plugin: Plugin) -> str:
    """Fit it, save and restore it, and see that what it decides image by image is what it routes."""
    from edgewise.select.plugin_selector import PluginMethod, plugin_method, restored

    trials = _drawn_trials()
    method = plugin_method(plugin, "top1", 0)
    found = method.fit(trials) if isinstance(method, PluginMethod) else method.fit_path(trials, [0.001])[0]
    values, arrays = found.state()
    again = restored(plugin, None, json.loads(json.dumps(values)), arrays)
    routes = again.route(trials)
    for row in range(len(trials)):
        ran, top = _decided(again, trials, row)
        if ran != routes.ran[row].tolist() or top != routes.top[row, 0]:
            raise plugin.unfit(f"for image {row} of a trial, what it decides is not what it routes")
    return f"works: fitted to {_IMAGES} made-up images, saved, restored"


def _decided(selector: Any, trials: Any, row: int) -> tuple[list[bool], int]:
    """Which models ran for an image, and the class that was answered; -1: it was refused."""
    from edgewise.select.selector import Answer, Run, Seen

    columns = [trials.feature_names.index(name) for name in selector.feature_names]
    features = trials.features[row, columns] if columns else None
    logits: dict[str, np.ndarray] = {}
    vectors: dict[str, np.ndarray] = {}
    while isinstance(step := selector.decide(Seen(features, logits, vectors)), Run):
        logits[step.model] = trials.logits[trials.models.index(step.model)][row]
        if step.model in selector.embedding_names:
            vectors[step.model] = trials.embeddings[step.model][row]
    top = int(np.argmax(step.probabilities)) if isinstance(step, Answer) else -1
    return [name in logits for name in trials.models], top


def _drawn_trials() -> Any:
    """Three made-up models, the better the dearer, on images of which all features are known."""
    from edgewise.images.features import CANDIDATES
    from edgewise.select.feature_costs import at_once
    from edgewise.select.trials import Trials

    rng = np.random.default_rng(0)
    labels, hard = rng.integers(0, _CLASSES, _IMAGES), rng.random(_IMAGES)
    logits = rng.normal(0, 0.3, (_MODELS, _IMAGES, _CLASSES)).astype(np.float32)
    for model, reach in enumerate(np.linspace(0.5, 0.9, _MODELS)):
        answers = np.where(hard < reach, labels, (labels + 1) % _CLASSES)
        logits[model, np.arange(_IMAGES), answers] += np.where(hard < reach, 5, 1)
    features = rng.random((_IMAGES, len(CANDIDATES)))
    features[:, 0] = hard
    names = tuple(f"made-up-{model}" for model in range(_MODELS))
    return Trials(
        models=names,
        logits=tuple(logits),
        labels=labels,
        features=features,
        feature_names=CANDIDATES,
        times_ms=10.0 ** np.arange(_MODELS),
        decode_ms=1.0,
        feature_costs=at_once(CANDIDATES, 0.5),
        embeddings={name: rng.normal(size=(_IMAGES, 8)).astype(np.float32) for name in names},
    )


def _try_criterion(plugin: Plugin) -> str:
    """Rank the channels of a small network."""
    from edgewise.runtime.torch import import_torch

    torch = import_torch(f"{plugin}")
    from edgewise.prune.plugin_criterion import plugin_criterion
    from edgewise.prune.torch_pruning_groups import find_groups

    torch.manual_seed(0)
    nn = torch.nn
    layers = nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    network = nn.Sequential(*layers, nn.Linear(6, 4)).eval()
    groups = [group for group in find_groups(network, torch.zeros(1, 3, 16, 16)) if group.whole is None]
    batches = list(torch.randn(32, 3, 16, 16).split(8))
    found = plugin_criterion(plugin, (0, 2), 0).rank(network, groups, batches)
    return f"works: ranked {sum(len(one.order) for one in found.values())} channels of a small network"


def _try_runtime(plugin: Plugin) -> str:
    """Run a bundled network on it beside ONNX Runtime, where it reads ONNX files."""
    from edgewise.runtime.plugin_runtime import offered_runtime, open_on
    from edgewise.runtime.session import Ends
    from edgewise.zoo.loaders import load
    from edgewise.zoo.sources import find_one
    from edgewise.zoo.tiny.shipped import shipped_path

    runtime = offered_runtime(plugin)
    if ".onnx" not in runtime.suffixes:
        return f"imports; its files ({', '.join(runtime.suffixes)}) are not at hand to try"
    usual = load(find_one("tiny:xs"))
    size_px = usual.card.preprocess.size_px
    session = open_on(plugin, shipped_path("tiny:xs", ".onnx"), threads=1, ends=Ends(size_px=size_px), embedding=False)
    images = np.random.default_rng(0).normal(size=(2, 3, size_px, size_px)).astype(np.float32)
    apart = float(np.abs(session.run(images) - usual.session.run(images)).max())
    if apart > 1e-2:
        raise plugin.unfit(f"its outputs of tiny:xs are up to {apart:.2g} from those of ONNX Runtime")
    return f"works: {session.title} ran tiny:xs, outputs within {apart:.1g} of ONNX Runtime's"


def _try_preset(plugin: Plugin) -> str:
    from edgewise.accel.accelerator import read_plugin

    array = read_plugin(plugin).array
    return f"works: an array of {array.rows} x {array.columns}"


_TRIALS: Mapping[Kind, Callable[[Plugin], str]] = {
    "selector": _try_selector,
    "criterion": _try_criterion,
    "runtime": _try_runtime,
    "preset": _try_preset,
}
