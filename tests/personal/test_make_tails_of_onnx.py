"""A user's tails of a generic network that came as an ONNX file."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.personal.collected import read_collected
from edgewise.personal.generic import FOLDER, GenericParts
from edgewise.personal.job import COLLECTED, Job
from edgewise.personal.user_tails import tail_file
from edgewise.runtime.onnx_part import OnnxPart
from edgewise.zoo.sources import find
from tests.personal.learned import ANNA, settled_job
from tests.tiny_generic import bundled_file

pytestmark = [pytest.mark.torch, pytest.mark.slow]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The state folder of a device with a file of its own, which lies beside it."""
    from edgewise.personal.open_generic import open_generic

    open_generic(find([str(bundled_file(tmp_path))])[0], tmp_path / "state" / FOLDER)
    return tmp_path / "state"


def test_it_answers_as_the_cut_network_and_is_made_of_the_same_file(own: Path) -> None:
    from torch import from_numpy, no_grad, zeros

    from edgewise.personal.make_tails import make_tails
    from edgewise.personal.open_generic import tail_of
    from edgewise.prune.chain import chain_of
    from edgewise.prune.load import load_pruned
    from edgewise.prune.source import trained

    job = settled_job(own, ANNA)
    out = own.parent / "network-1"
    tails = make_tails(job, own / FOLDER, out)
    tail = tails.tails[0]
    assert tail.macs < tails.generic_macs
    assert tail.evidence.agreed >= 0.9 * tail.evidence.inputs
    _, generic = trained(find([str(own.parent / "own.onnx")])[0])
    module = load_pruned(
        out / "1", tail_of(chain_of(generic, zeros(1, 3, 64, 64)), GenericParts.read(own / FOLDER).place)
    )
    entering = read_collected(job / COLLECTED, Job.read(job).collected_sha256).entering
    own_tail = OnnxPart(out / tail_file(0))
    for row in entering[:20]:
        with no_grad():
            expected = module.eval()(from_numpy(row[None])).numpy()[0]
        np.testing.assert_allclose(own_tail.run(row[None])[0], expected, atol=1e-4 * np.abs(expected).max())
    file = own.parent / "own.onnx"
    file.write_bytes(file.read_bytes() + b"\x72\x00")  # an empty field: it answers as before, and is another file
    with pytest.raises(ModelError, match="is not the network that serves any more"):
        make_tails(job, own / FOLDER, own.parent / "network-2")
