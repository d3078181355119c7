"""Every CNN family of timm answers through ONNX Runtime as it does through PyTorch.

Exporting takes long, so blocks that repeat others are left out, and weights are random.
"""

from pathlib import Path

import numpy as np
import pytest

from edgewise.zoo.card import CardFile
from edgewise.zoo.export import TOLERANCE, export_onnx, relative_error
from edgewise.zoo.loaders import load
from edgewise.zoo.loaders.timm import timm_classifier
from edgewise.zoo.sources import Source, find
from edgewise.zoo.timm_catalogue import classes_of, entry, import_timm, preprocess_of
from tests.zoo.random_networks import blobs, draw_weights, leave_out_repeats
from tests.zoo.timm_families import CNNS, LONG, NOT_CNNS, SMALLER

pytestmark = pytest.mark.torch
CLASSES = 7


def test_every_module_of_timm_is_judged() -> None:
    """Fails when timm has a module that is in neither table, or in both, or whose network is another module's."""
    registered = import_timm("this test").models._registry._module_to_models
    assert set(registered) == set(CNNS) | set(NOT_CNNS)
    assert not set(CNNS) & set(NOT_CNNS)
    assert set(SMALLER) | LONG <= set(CNNS)
    assert [name for module, (name, _) in CNNS.items() if name not in registered[module]] == []


@pytest.mark.slow
def test_the_record_of_every_cnn_is_understood() -> None:
    """All names and tags: how the input is made, and what the outputs mean where the weights are a classifier's."""
    timm = import_timm("this test")
    modules = timm.models._registry._model_to_module
    names = [name for name in timm.list_models(include_tags=True) if modules[name.partition(".")[0]] in CNNS]
    assert len(names) > 1000
    for name in names:
        config = entry(name).to_dict()
        prepared = preprocess_of(config)
        assert 100 <= prepared.size_px <= prepared.resize_px <= 1000, name
        count = config["num_classes"]
        classes = classes_of(config, count)
        assert classes is None or len(classes) == count, name
        assert classes is not None or count <= 1024, name  # embeddings, and encoders, have no classes


@pytest.mark.slow
@pytest.mark.parametrize(
    "module", [pytest.param(module, marks=pytest.mark.long) if module in LONG else module for module in CNNS]
)
def test_onnx_answers_as_torch_does(module: str, tmp_path: Path) -> None:
    import torch

    name, size_px = CNNS[module]
    torch.manual_seed(0)
    fixed = {"img_size": size_px} if entry(name).fixed_input_size else {}
    arguments = {"num_classes": CLASSES, **fixed, **SMALLER.get(module, {})}
    network = import_timm("this test").create_model(name, **arguments).eval()
    if module not in SMALLER:
        leave_out_repeats(network, size_px)
    draw_weights(network, size_px)
    through_torch = timm_classifier(network, Source("timm", name, CardFile({"size_px": size_px}, name)), threads=1)
    exported = export_onnx(through_torch, tmp_path)
    through_onnx = load(find([str(exported.model)])[0])
    assert through_onnx.card.preprocess == through_torch.card.preprocess
    assert len(through_onnx.card.classes) == CLASSES
    images = np.stack([through_torch.preprocess(each) for each in blobs(4, size_px, 1)])
    expected, found = through_torch.predict(images), through_onnx.predict(images)
    assert relative_error(expected, found) <= TOLERANCE
    assert np.ptp(expected, axis=0).max() > 20 * TOLERANCE * np.abs(expected).max(), "it hardly looks at the image"
