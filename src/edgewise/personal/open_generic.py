"""Open a generic network for a device: export both of its parts. Needs the extra `torch`."""

from pathlib import Path
from typing import TYPE_CHECKING

from edgewise import store
from edgewise.errors import ModelError, UsageError
from edgewise.personal.generic import PREFIX, TAIL, GenericParts
from edgewise.prune.chain import Segment, chain_of
from edgewise.prune.opening import macs_behind, place_for
from edgewise.prune.source import trained
from edgewise.runtime.onnx_part import OnnxPart
from edgewise.zoo.card import Card
from edgewise.zoo.export import TOLERANCE, part_to_onnx, relative_error
from edgewise.zoo.sources import Source, describe

if TYPE_CHECKING:
    from torch import Tensor, nn

OPEN_SHARE = 0.5
_MOST_CLASSES = 65_536  # the state file has 16 bits for each


def open_generic(source: Source, folder: Path, *, open_share: float = OPEN_SHARE) -> GenericParts:
    """Write a generic network's two parts to a folder.

    The tail is the shortest that computes at least `open_share` of the MACs; it is what users' networks are made of,
    and they all share the prefix. Both files are run before they get their names. Raises `UsageError` for a source that
    does not run on PyTorch, gives no logits of all its classes or has over 65,536, and for a share that leaves no
    prefix; `ModelError` for a network that cannot be opened or exported; `StoreError` where the folder cannot be
    written.
    Reading: half of the MACs, stages 3 and 4 of a ResNet-50.
    """
    import torch

    classifier, network = trained(source)
    card = classifier.card
    _see_that_it_can_serve(card)
    size_px = card.preprocess.size_px
    image = torch.randn((1, 3, size_px, size_px), generator=torch.Generator().manual_seed(0))
    segments = chain_of(network, image)
    macs = macs_behind(network, segments, image)
    place = place_for(macs, open_share)
    if place == 0:
        raise UsageError(f"{open_share:g} of the MACs leave no prefix to share.", "Open less of the network.")
    prefix, tail = torch.nn.Sequential(*(one.module for one in segments[:place])), tail_of(segments, place)
    with torch.no_grad():
        entering = prefix(image)
        logits = tail(entering)
    shape = tuple(int(side) for side in entering.shape[1:])
    first = part_to_onnx(prefix, (3, size_px, size_px), f"The first part of {source.text}", ("image", "entering"))
    second = part_to_onnx(tail, shape, f"The second part of {source.text}", ("entering", "logits"))
    _write_part(folder / PREFIX, first, image, entering)
    _write_part(folder / TAIL, second, entering, logits)
    parts = GenericParts(
        card.name,
        describe(source),
        classifier.fingerprint,
        card.classes,
        card.preprocess,
        place,
        shape,
        int(macs[0]),
        int(macs[place]),
        store.describe_files(folder, (PREFIX, TAIL)),
    )
    parts.write(folder)
    return parts


def _see_that_it_can_serve(card: Card) -> None:
    if card.output != "logits" or card.skip_outputs:
        raise UsageError(
            f"{card.source} gives {'probabilities' if card.output != 'logits' else 'outputs that stand for no class'}.",
            "Give a network whose outputs are one logit a class.",
        )
    if len(card.classes) > _MOST_CLASSES:
        raise UsageError(
            f"{card.source} has {len(card.classes):,} classes; {_MOST_CLASSES:,} are the most.",
            "Give a network of fewer classes.",
        )


def tail_of(segments: "tuple[Segment, ...]", place: int) -> "nn.Module":
    """What follows from a place on, as one module; its layers are the network's own."""
    import torch

    return torch.nn.Sequential(*(one.module for one in segments[place:])).eval()


def _write_part(path: Path, content: bytes, taken: "Tensor", expected: "Tensor") -> None:
    with store.atomic_path(path) as temporary:
        temporary.write_bytes(content)
        error = relative_error(expected.numpy(), OnnxPart(temporary).run(taken.numpy()))
        if not error <= TOLERANCE:
            raise ModelError(
                f"{path.name} gives other values than PyTorch: they differ by {error:.2g} of the largest, allowed is "
                f"{TOLERANCE:g}.",
                "Open the network at another place.",
            )
