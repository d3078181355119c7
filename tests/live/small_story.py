"""A play with known figures: a user who is learned, a change that is noticed, a first network that comes back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from edgewise.live.story import Attempt, Change, Happened, Inputs, Phase, PlayedPart, Story, Stretch, Way
from edgewise.live.wilson import wilson
from edgewise.machine import Machine

GENERIC, OWN = "net", "network-1"
USER, OTHERS = ("car", "key"), ("fish", "lamp")
_RUNS: tuple[tuple[int, Phase, int, str | None, bool], ...] = (  # part, phase, inputs, network, foreign
    (0, "observe", 300, None, False),
    (0, "prune", 40, None, False),
    (0, "verify", 160, None, False),
    (0, "watch", 300, OWN, False),
    (1, "watch", 30, OWN, True),
    (1, "observe", 470, None, False),
    (2, "observe", 100, None, False),
    (2, "watch", 400, OWN, False),
)
_KINDS = ("learned", "made", "swapped", "alarm", "returned")


def small_story(**changes: Any) -> Story:
    """1,800 inputs in three parts; every tenth answer of a user's own network is wrong, none of the generic one."""
    return replace(_story(), **changes)


def unlearned_story(why: str = "In 500 inputs no two classes stood out.") -> Story:
    """500 inputs, and nothing happened."""
    whole = _story()
    stretch = replace(whole.stretches[0], inputs=500)
    columns = {name: values[:1] * 500 for name, values in vars(whole.inputs).items()}
    part = PlayedPart("first", USER, 0, 500, 500, why)
    return replace(
        whole,
        parts=(part,),
        stretches=(stretch,),
        attempts=(),
        changes=(),
        events=(),
        inputs=Inputs(**columns),
    )


def _story() -> Story:
    stretches = _stretches()
    at = [one.first for one in stretches]
    attempt = Attempt(
        network=OWN,
        part=0,
        learned_at=300,
        classes=USER,
        missed=(),
        beyond=(),
        made_at=340,
        swapped_at=500,
        turned_down="",
        seconds=12.5,
        steps_seconds=9.0,
        peak_bytes=640_000_000,
        kept_bytes=9_500_000,
        disk_bytes=1_200_000,
        verdict="passes: an expected drop of 0.30 points.",
        served=700,
        generic_ms=10.0,
        own_ms=5.0,
        break_even=2500,
        ways=(
            Way("the generic network alone", 10.0, wilson(98, 100)),
            Way("tail 1 alone, 2.1x the generic one", 4.5, wilson(89, 100)),
            Way("the first that is sure, else the generic network", 5.0, wilson(90, 100)),
        ),
    )
    parts = (
        PlayedPart("first", USER, 0, 800, 800, ""),
        PlayedPart("then", OTHERS, 800, 500, 250, "Of 470 inputs up to 31% may be of other classes."),
        PlayedPart("back", USER, 1300, 500, 500, ""),
    )
    texts = (
        "The user's classes are car, key.",
        "It is made.",
        "It serves.",
        "The user has changed.",
        "It serves again.",
    )
    marks = (at[1], at[2], at[3], at[5], at[7])
    return Story(
        model=GENERIC,
        source="torch:net.py:net",
        data="photos/",
        settings={"serve": ["--model", "torch:net.py:net"], "making_rate": 5.0, "threads": 1, "seed": 0},
        machine=Machine("A CPU", 2, 4.0, "Linux", "3.11", {"numpy": "2"}),
        edgewise="0.1.0",
        created="2026-01-02T03:04:05+00:00",
        seconds=31.0,
        parts=parts,
        stretches=stretches,
        attempts=(attempt,),
        changes=(Change(part=1, network=OWN, delay=30, by="scores", inputs=30, wrong=30, generic_wrong=2),),
        events=tuple(
            Happened(mark, mark / 50, kind, text) for mark, kind, text in zip(marks, _KINDS, texts, strict=True)
        ),
        skipped=(("car/<b>.png", "is empty"),),
        inputs=_inputs(stretches),
    )


def _stretches() -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for part, phase, inputs, network, foreign in _RUNS:
        right = inputs if network is None else 0 if foreign else inputs - inputs // 10
        found.append(
            Stretch(
                part=part,
                phase=phase,
                first=sum(one.inputs for one in found),
                inputs=inputs,
                serving=network,
                foreign=foreign,
                accuracy=wilson(right, inputs),
                generic_accuracy=wilson(inputs, inputs),
                agreement=wilson(right, inputs),
                median_ms=10.0 if network is None else 5.0,
                p90_ms=12.0 if network is None else 7.0,
                own=0.0 if network is None else 1.0,
                turned_away=0.0,
                audited=0.0,
            )
        )
    return tuple(found)


def _inputs(stretches: Sequence[Stretch]) -> Inputs:
    rows = [(one, place) for one in stretches for place in range(one.inputs)]
    wrong = [one.foreign or (one.serving is not None and place % 10 == 0) for one, place in rows]
    truth = tuple(place % 2 for _, place in rows)
    return Inputs(
        phase=tuple(one.phase for one, _ in rows),
        model=tuple(one.serving or GENERIC for one, _ in rows),
        ms=tuple(one.median_ms for one, _ in rows),
        truth=truth,
        answer=tuple(9 if bad else right for bad, right in zip(wrong, truth, strict=True)),
        generic=truth,
        audited=tuple(False for _ in rows),
    )
