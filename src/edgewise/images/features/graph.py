"""Which steps there are, what each needs, and which features it gives."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from edgewise.images.features.colour import grey_levels, grey_moments, halved, hue_shares, perceived_brightness
from edgewise.images.features.edges import edge_angles, edge_lengths, edge_map, gradients
from edgewise.images.features.raster import raster
from edgewise.images.features.shape import keypoints, main_object

PIXELS = "pixels"  # what the first step needs
RASTER = "raster"


@dataclass(frozen=True)
class Step:
    """One computation that several features may share."""

    name: str
    needs: tuple[str, ...]  # results of earlier steps, its arguments
    run: Callable[..., Any]
    gives: tuple[str, ...] = ()  # the features whose values it returns, in that order


def _bins(name: str) -> tuple[str, ...]:
    return tuple(f"{name}{bin}" for bin in range(1, 8))


GRAPH = (  # in an order in which they can run
    Step(RASTER, (PIXELS,), raster),
    Step("grey", (RASTER,), grey_levels),
    Step("keypoints", ("grey",), keypoints, ("n_keypoints",)),
    Step("grey moments", ("grey",), grey_moments, ("avg_brightness", "brightness_rms", "contrast")),
    Step("colour raster", (RASTER,), halved),
    Step(
        "perceived brightness",
        ("colour raster",),
        perceived_brightness,
        ("avg_perceived_brightness", "perceived_brightness_rms"),
    ),
    Step("hue", ("colour raster",), hue_shares, _bins("hue")),
    Step("main object", ("grey",), main_object, ("area_by_perim", "aspect_ratio")),
    Step("gradients", ("grey",), gradients),
    Step("edge map", ("gradients",), edge_map),
    Step("edge lengths", ("edge map",), edge_lengths, _bins("edge_length")),
    Step("edge angles", ("gradients", "edge map"), edge_angles, _bins("edge_angle")),
)


def needed(graph: Sequence[Step], features: Iterable[str]) -> tuple[Step, ...]:
    """The steps that these features need, in the order of the graph."""
    wanted = set(features)
    steps: list[Step] = []
    for step in reversed(graph):
        if step.name in wanted or not wanted.isdisjoint(step.gives):
            wanted.update(step.needs)
            steps.append(step)
    return tuple(reversed(steps))
