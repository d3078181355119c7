"""The ten drawings. Each takes a generator and returns its parts, back to front, with the shape itself varied."""

from collections.abc import Callable

import numpy as np

from edgewise.drawn.parts import Paint, Part, arc, arc_points, box, ellipse, line, polygon

Drawing = Callable[[np.random.Generator], list[Part]]

BODY, TRIM, DARK, LIGHT = Paint.BODY, Paint.TRIM, Paint.DARK, Paint.LIGHT


def bicycle(rng: np.random.Generator) -> list[Part]:
    """Two wheels, a diamond frame, saddle and handlebar."""
    radius = rng.uniform(0.36, 0.44)
    rear, front, ground = -rng.uniform(0.5, 0.56), rng.uniform(0.5, 0.56), 0.32
    tube, tyre = rng.uniform(0.07, 0.1), rng.uniform(0.06, 0.1)
    top = rng.uniform(-0.36, -0.22)
    crank, seat, head = (-0.06, ground), (-0.22, top), (0.34, top - 0.02)
    parts = [ellipse(DARK, x, ground, radius, radius, tyre) for x in (rear, front)]
    spokes = int(rng.integers(0, 4))
    for turn in np.linspace(0.0, np.pi, spokes, endpoint=False) + rng.uniform(0, np.pi):
        dx, dy = radius * np.cos(turn), radius * np.sin(turn)
        parts += [line(LIGHT, 0.025, (x - dx, ground - dy), (x + dx, ground + dy)) for x in (rear, front)]
    parts.append(line(BODY, tube, (rear, ground), crank, head, seat, (rear, ground)))
    parts.append(line(BODY, tube, crank, seat, (seat[0] - 0.05, top - 0.16)))
    parts.append(line(BODY, tube, (front, ground), head, (head[0] - 0.04, top - 0.2)))
    bar = rng.uniform(0.14, 0.24)
    parts.append(line(DARK, tube, (head[0] - 0.04, top - 0.2), (head[0] + bar, top - rng.uniform(0.14, 0.34))))
    parts.append(line(DARK, 0.11, (seat[0] - 0.19, top - 0.17), (seat[0] + 0.1, top - 0.17)))
    return parts


def car(rng: np.random.Generator) -> list[Part]:
    """A side view: body, cabin with windows, two wheels; from saloon to van by the cabin's length."""
    sill, belt, roof = 0.3, rng.uniform(-0.1, 0.0), rng.uniform(-0.52, -0.34)
    cabin_rear, cabin_front = rng.uniform(-0.85, -0.5), rng.uniform(0.2, 0.5)
    slope_rear, slope_front = rng.uniform(0.05, 0.25), rng.uniform(0.15, 0.35)
    nose = rng.uniform(0.02, 0.12)
    parts = [
        polygon(
            BODY,
            (cabin_rear, belt),
            (cabin_rear + slope_rear, roof),
            (cabin_front - slope_front, roof),
            (cabin_front, belt),
        ),
        polygon(BODY, (-0.92, belt), (0.6, belt), (0.9, belt + nose), (0.94, sill), (-0.94, sill)),
    ]
    pillar = rng.uniform(-0.25, -0.05)
    pane_top, pane_base = roof + 0.07, belt - 0.01
    parts.append(
        polygon(
            LIGHT,
            (cabin_rear + 0.08, pane_base),
            (cabin_rear + slope_rear + 0.04, pane_top),
            (pillar - 0.04, pane_top),
            (pillar - 0.04, pane_base),
        )
    )
    parts.append(
        polygon(
            LIGHT,
            (pillar + 0.04, pane_base),
            (pillar + 0.04, pane_top),
            (cabin_front - slope_front - 0.03, pane_top),
            (cabin_front - 0.08, pane_base),
        )
    )
    parts.append(line(TRIM, 0.05, (-0.93, sill - 0.12), (0.93, sill - 0.12)))
    radius = rng.uniform(0.17, 0.23)
    for x in (-rng.uniform(0.5, 0.6), rng.uniform(0.5, 0.6)):
        parts += [ellipse(DARK, x, sill, radius, radius), ellipse(LIGHT, x, sill, radius * 0.45, radius * 0.45)]
    return parts


def fish(rng: np.random.Generator) -> list[Part]:
    """An oval body, a forked tail, fins and an eye."""
    depth, tail = rng.uniform(0.28, 0.48), rng.uniform(0.25, 0.45)
    fork = rng.uniform(0.02, 0.16)
    parts = [
        polygon(TRIM, (-0.45, 0.0), (-0.95, -tail), (-0.95 + fork, 0.0), (-0.95, tail)),
        polygon(
            TRIM, (-0.2, -depth * 0.7), (rng.uniform(-0.2, 0.1), -depth - rng.uniform(0.1, 0.25)), (0.4, -depth * 0.7)
        ),
        polygon(TRIM, (-0.1, depth * 0.8), (-0.2, depth + rng.uniform(0.05, 0.2)), (0.25, depth * 0.8)),
        ellipse(BODY, 0.15, 0.0, 0.75, depth),
    ]
    for stripe in range(int(rng.integers(0, 4))):
        x = 0.2 - 0.2 * stripe
        parts.append(arc(TRIM, 0.06, x - 0.1, 0.0, 0.12, depth * 0.85, -70, 70))
    parts.append(arc(DARK, 0.04, 0.4, 0.0, 0.1, depth * 0.55, -80, 80))
    eye = rng.uniform(0.06, 0.1)
    parts += [ellipse(LIGHT, 0.65, -depth * 0.25, eye, eye), ellipse(DARK, 0.67, -depth * 0.25, eye * 0.55, eye * 0.55)]
    return parts


def house(rng: np.random.Generator) -> list[Part]:
    """Walls, a gable or hipped roof, a door, windows and perhaps a chimney."""
    half, eaves, ridge = rng.uniform(0.5, 0.75), rng.uniform(-0.2, 0.05), rng.uniform(-0.85, -0.6)
    overhang, hip = rng.uniform(0.06, 0.18), rng.choice([0.02, 0.02, rng.uniform(0.15, 0.4)])
    parts: list[Part] = []
    if rng.random() < 0.6:
        x = rng.uniform(0.2, 0.35) * half / 0.6
        parts.append(box(DARK, x, ridge - 0.05, x + 0.17, eaves))
    parts.append(box(BODY, -half, eaves - 0.02, half, 0.8))
    parts.append(polygon(TRIM, (-half - overhang, eaves), (-hip, ridge), (hip, ridge), (half + overhang, eaves)))
    door = rng.uniform(-0.12, 0.12)
    parts.append(box(DARK, door - 0.12, 0.8 - rng.uniform(0.42, 0.55), door + 0.12, 0.8))
    pane = rng.uniform(0.1, 0.14)
    for x in (-half * 0.62, half * 0.62):
        y = eaves + 0.28
        parts += [
            box(LIGHT, x - pane, y - pane, x + pane, y + pane),
            line(DARK, 0.03, (x, y - pane), (x, y + pane)),
            line(DARK, 0.03, (x - pane, y), (x + pane, y)),
        ]
    return parts


def key(rng: np.random.Generator) -> list[Part]:
    """A ring-shaped bow, a straight shaft and a bit with two or three teeth."""
    across, down = rng.uniform(0.24, 0.34), rng.uniform(0.26, 0.38)
    rim, shaft = rng.uniform(0.12, 0.18), rng.uniform(0.11, 0.16)
    parts = [
        line(BODY, shaft, (-0.95 + 2 * across, 0.0), (0.92, 0.0)),
        ellipse(BODY, -0.9 + across, 0.0, across, down, rim),
    ]
    if rng.random() < 0.4:
        parts.append(line(TRIM, shaft * 1.6, (-0.78 + 2 * across, 0.0), (-0.7 + 2 * across, 0.0)))
    teeth, pitch = int(rng.integers(2, 4)), rng.uniform(0.17, 0.21)
    for tooth in range(teeth):
        x = 0.88 - tooth * pitch
        parts.append(box(BODY, x - 0.1, 0.0, x, rng.uniform(0.2, 0.36)))
    parts.append(line(LIGHT, 0.03, (-0.9 + 2 * across, -shaft * 0.2), (0.85, -shaft * 0.2)))
    return parts


def lamp(rng: np.random.Generator) -> list[Part]:
    """A table lamp: a tapered shade over a stem and a foot."""
    top, rim = rng.uniform(0.2, 0.4), rng.uniform(0.5, 0.68)
    crown, hem = -0.88, rng.uniform(-0.25, -0.02)
    foot = rng.uniform(0.28, 0.42)
    parts = [line(TRIM, rng.uniform(0.08, 0.14), (0.0, hem - 0.05), (0.0, 0.8))]
    if rng.random() < 0.5:
        parts.append(ellipse(TRIM, 0.0, rng.uniform(0.3, 0.5), rng.uniform(0.14, 0.26), rng.uniform(0.16, 0.26)))
    if rng.random() < 0.5:
        parts.append(ellipse(TRIM, 0.0, 0.82, foot, 0.1))
    else:
        parts.append(polygon(TRIM, (-foot, 0.88), (-foot * 0.5, 0.7), (foot * 0.5, 0.7), (foot, 0.88)))
    parts.append(polygon(BODY, (-rim, hem), (-top, crown), (top, crown), (rim, hem)))
    parts.append(line(LIGHT, 0.07, (-rim, hem), (rim, hem)))
    if rng.random() < 0.4:
        x = rng.uniform(0.2, 0.4)
        parts.append(line(DARK, 0.03, (x, hem), (x, hem + rng.uniform(0.2, 0.35))))
    return parts


def mug(rng: np.random.Generator) -> list[Part]:
    """A tapered cup with an open rim and a ring handle on one side."""
    half, base, height = rng.uniform(0.42, 0.55), rng.uniform(0.34, 0.5), rng.uniform(0.55, 0.75)
    lip = rng.uniform(0.08, 0.16)
    grip, reach = rng.uniform(0.1, 0.15), rng.uniform(0.24, 0.34)
    parts = [
        ellipse(BODY, half - 0.17, 0.0, reach, height * rng.uniform(0.45, 0.65), grip),
        polygon(BODY, (-half - 0.15, -height), (half - 0.15, -height), (base - 0.15, height), (-base - 0.15, height)),
        ellipse(BODY, -0.15, height, base, lip * 0.7),
    ]
    if rng.random() < 0.6:
        y = rng.uniform(-0.2, 0.3) * height
        parts.append(line(TRIM, rng.uniform(0.1, 0.22), (-half - 0.07, y), (half - 0.23, y)))
    parts += [ellipse(LIGHT, -0.15, -height, half, lip), ellipse(DARK, -0.15, -height, half * 0.84, lip * 0.7)]
    return parts


def sailboat(rng: np.random.Generator) -> list[Part]:
    """A hull, a mast, a mainsail and most often a jib."""
    deck, keel, mast = rng.uniform(0.38, 0.48), rng.uniform(0.72, 0.85), rng.uniform(-0.1, 0.15)
    bow, stern = rng.uniform(0.8, 0.95), rng.uniform(0.65, 0.85)
    peak = rng.uniform(-0.95, -0.75)
    boom = deck - rng.uniform(0.1, 0.18)
    parts = [
        line(DARK, 0.06, (mast, peak - 0.03), (mast, deck)),
        polygon(LIGHT, (mast - 0.05, peak), (mast - 0.05, boom), (mast - rng.uniform(0.5, 0.75), boom)),
    ]
    if rng.random() < 0.75:
        parts.append(
            polygon(TRIM, (mast + 0.05, peak + rng.uniform(0.05, 0.3)), (mast + 0.05, boom), (bow - 0.15, boom + 0.04))
        )
    parts.append(
        polygon(BODY, (-stern, deck), (bow, deck), (bow - rng.uniform(0.25, 0.4), keel), (-stern + 0.15, keel))
    )
    if rng.random() < 0.5:
        parts.append(line(DARK, 0.05, (-stern + 0.05, deck + 0.08), (bow - 0.1, deck + 0.08)))
    return parts


def tree(rng: np.random.Generator) -> list[Part]:
    """A trunk under a crown: round, of several clumps, or a fir of stacked triangles."""
    trunk, kind = rng.uniform(0.07, 0.13), rng.integers(3)
    parts = [polygon(DARK, (-trunk, 0.0), (trunk, 0.0), (trunk * 1.5, 0.92), (-trunk * 1.5, 0.92))]
    if kind == 0:
        parts.append(ellipse(BODY, 0.0, -0.3, rng.uniform(0.45, 0.65), rng.uniform(0.5, 0.62)))
        parts += [ellipse(TRIM, x, y, 0.1, 0.08) for x, y in rng.uniform((-0.3, -0.6), (0.3, 0.0), (3, 2))]
    elif kind == 1:
        for x, y in ((-0.36, -0.1), (0.36, -0.1), (-0.2, -0.48), (0.22, -0.48), (0.0, -0.18)):
            dx, dy = rng.uniform(-0.06, 0.06, 2)
            parts.append(ellipse(BODY, x + dx, y + dy, rng.uniform(0.28, 0.38), rng.uniform(0.26, 0.36)))
        parts += [ellipse(TRIM, x, y, 0.08, 0.06) for x, y in rng.uniform((-0.4, -0.6), (0.4, 0.0), (4, 2))]
    else:
        half = rng.uniform(0.42, 0.62)
        for tier, shrink in enumerate((1.0, 0.78, 0.55)):
            y = 0.5 - 0.42 * tier
            parts.append(polygon(BODY, (-half * shrink, y), (0.0, y - 0.62), (half * shrink, y)))
            parts.append(line(TRIM, 0.05, (-half * shrink, y), (half * shrink, y)))
    return parts


def umbrella(rng: np.random.Generator) -> list[Part]:
    """An open canopy with scalloped hem and ribs over a shaft that ends in a hook."""
    half, crown, hem = rng.uniform(0.75, 0.92), rng.uniform(-0.8, -0.65), rng.uniform(-0.12, 0.05)
    scallops, sag = int(rng.integers(3, 6)), rng.uniform(0.06, 0.14)
    canopy = [arc_points(0.0, hem, half, hem - crown, 180, 360, 16)]
    step = 2 * half / scallops
    for scallop in range(scallops):
        canopy.append(arc_points(half - step * (scallop + 0.5), hem, step / 2, -sag, 0, -180, 6))
    hook = rng.uniform(0.11, 0.17)
    wood = rng.uniform(0.05, 0.08)
    parts = [
        line(DARK, wood, (0.0, crown - 0.14), (0.0, 0.75)),
        arc(DARK, wood * 1.2, hook, 0.75, hook, hook, 180, 10),
        Part(np.concatenate(canopy), BODY),
    ]
    if rng.random() < 0.5:
        x = half - step
        parts.append(polygon(TRIM, (0.0, crown), (x, hem), (x - step, hem)))
    for scallop in range(1, scallops):
        parts.append(line(TRIM, 0.04, (0.0, crown), (half - step * scallop, hem)))
    return parts


DRAWINGS: dict[str, Drawing] = {
    drawing.__name__: drawing for drawing in (bicycle, car, fish, house, key, lamp, mug, sailboat, tree, umbrella)
}
CLASSES: tuple[str, ...] = tuple(DRAWINGS)
