"""A user's network on disk: what is noted beside it, and its page."""

import copy
import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from edgewise.images.preprocess import Preprocess  # noqa: E402
from edgewise.prune.cost import break_even  # noqa: E402
from edgewise.prune.make import make_user_network  # noqa: E402
from edgewise.prune.record import write_user_network  # noqa: E402
from edgewise.prune.settings import Settings  # noqa: E402
from edgewise.prune.user_record import RECORD, Candidate, Foretold, read_user_record  # noqa: E402
from edgewise.runtime.torch import TorchSession  # noqa: E402
from edgewise.zoo.card import Card  # noqa: E402
from edgewise.zoo.classes import ClassSet  # noqa: E402
from edgewise.zoo.classifier import Classifier  # noqa: E402
from tests.prune.test_make import CLASSES, LENIENT, _generic, _images  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.slow]  # exports two networks


def test_what_it_cost_and_how_wide_it_is_stand_beside_it(tmp_path: Path) -> None:
    generic = _generic()
    made = make_user_network(copy.deepcopy(generic), _images(40), CLASSES, Settings(1.5), LENIENT)
    card = Card("net", "torch:own.py:net", ClassSet(tuple("abcdefgh")), Preprocess(16, 18))
    classifier = Classifier(card, TorchSession(generic, "net", size_px=16), "0")
    tried = (Candidate("1.2x", 1.0, 0.2, 0.0, 3.0, accepted=True),)
    foretold = Foretold("pi", 1, 8.0, 6.0, 10.0, 20.0, 12, 0.1, 0.4)
    written = write_user_network(
        tmp_path / "user", made, classifier, classifier, threads=1, candidates=tried, foretold=foretold
    )
    record = read_user_record(tmp_path / "user")
    assert record.foretold == foretold
    assert (record.ms, record.generic_ms) == (written.ms, written.generic_ms)  # measured here, whatever is foretold
    assert record.cost == made.cost
    assert record.candidates == tried
    widths = {layer.layer: (layer.channels, layer.kept) for layer in record.layers}
    assert widths["head"] == (8, 4)
    assert all(widths[name] == (cut.channels, len(cut.kept)) for name, cut in made.plan.cuts.items())
    assert sum(layer.generic_macs for layer in record.layers) == made.macs_before
    values = json.loads((tmp_path / "user" / RECORD).read_text())["data"]
    assert values["break_even_inferences"] == break_even(record.cost.seconds, written.generic_ms, written.ms)
    assert written.report == tmp_path / "user" / "report.html"
    assert "own.py" in written.report.read_text()
