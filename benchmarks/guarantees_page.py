"""What `guarantees.py` found, in words and tables for the docs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_table

_CLAIMS = {
    "min_accuracy": "accuracy at least",
    "max_loss": "accuracy under the best model's by at most",
    "max_risk": "wrong among answers at most",
}


def page(result: Mapping[str, Any], machine: Mapping[str, Any]) -> list[str]:
    """The whole page."""
    world, drawn, n = result["world"], result["drawn"], result["calibration_images"]
    shown = next(one for one in world["control"] if one["alpha"] == 0.05)
    harmed, slack = 100 * shown["harm"], 100 * 2 / (n + 1)
    return [
        "# Guarantees: do they hold, and what do they cost?",
        f"Made by `python benchmarks/guarantees.py` ({machine['cpu']}, {machine['cores']} cores; seed "
        f"{result['seed']}; {n} calibration images a time, as many to fit on). It needs no data.",
        "A promise about images to come needs labelled images that nothing was fitted on. Two kinds are offered:",
        "- **Conformal risk control** sets one threshold so that a harm that falls with it is at most alpha *on "
        "average* over calibrations. `ExitMethod`: images that an early exit answers wrong and the large model answers "
        "right. `RefusalMethod`: images answered wrong, all others being right or refused.\n"
        "- **Learn then Test** takes any path of selectors (thresholds searched jointly, nothing monotone) and "
        "certifies positions on it: the promise holds for all but a share delta of calibrations. `GuaranteedMethod`: "
        "an accuracy, a largest loss against the best single model, or a largest share of wrong answers among those "
        "given. Of all certified, the cheapest is taken.",
        "Always escalating, or refusing everything, keeps every such promise and is worth nothing. So every "
        "certificate shows the share escalated and refused, and the tests ask that a bound is not only kept but "
        "nearly used up.",
        "## Where the true risk is known",
        f"Two models of a known distribution. At alpha = 5% a calibration harms {harmed:.2f}% on average: the bound "
        f"holds, and theory leaves {slack:.2f} points of slack at most. A single calibration may do somewhat more harm "
        "than alpha: the promise is about their average. What holds for nearly every one is Learn then Test.",
        "![Harm over many calibrations, and images escalated against alpha](pictures/guarantees.svg)",
        "*Holds*: at most alpha, but for three standard errors of the simulation. *Tight*: at least alpha less the "
        "slack, likewise. *Least*: what would be escalated if the risk were known.",
        _controls(world["control"], known=True),
        f"### Learn then Test, delta = {result['delta']:g}",
        _certified(world["learn_then_test"], "escalated or refused %", known=True),
        "*Promise broken*: the true figure misses the target; it may in a share delta of calibrations. To be broken so "
        f"seldom, the figure stays away from its target by what luck can do to {n} images, about 1.3 standard errors. "
        "The rules differ in how they pay for testing many positions: a fixed sequence, ordered on the fitting half, "
        "pays nothing until its first failure.",
        f"## On {result['drawn_images']:,} drawn images, with the bundled zoo",
        "What was promised on one part, against what the rest shows, split again and again. Costs are multiply-adds. "
        "The rest is itself a sample, whose luck is in the figures, and splits share images.",
        "Early exits from the smallest model, the largest behind it:",
        _controls(drawn["control"], known=False),
        "Cascades of any models, searched jointly and certified by Learn then Test:",
        _certified(drawn["learn_then_test"], "multiply-adds, % of the best model's", known=False),
        "### Where no promise was made",
        "All of this is about images like those calibrated on. Calibrated on drawn images at alpha = 5%, and asked "
        f"about such objects otherwise, early exits harm {_beyond(drawn['harm_where_not_exchangeable'])}: the bound "
        "does not speak of them. That is what watching is for.",
        "## Images that no class has",
        "`WatchedMethod` flags an image whose vector lies far from all known ones, or whose answer is unsure, and then "
        "escalates, refuses, or answers and says so. The thresholds are set so that at most 5% of familiar images are "
        "flagged (an inductive conformal test on 400 images set apart). *Familiar* are drawn objects; *badly blurred*, "
        "*inverted* and *upside down* ones are objects still, only not as the networks know them.",
        "![Share of each kind of image that is flagged](pictures/guarantees_unfamiliar.svg)",
        _watching(result["unfamiliar"]),
        _watching_words(result["unfamiliar"]),
    ]


def _beyond(harms: Mapping[str, float]) -> str:
    """Each kind with its harm, the worst first."""
    return ", ".join(f"{100 * harms[kind]:.1f}% ({kind})" for kind in sorted(harms, key=lambda kind: -harms[kind]))


def _controls(controls: Sequence[Mapping[str, Any]], *, known: bool) -> str:
    columns = ["alpha %", "harm %, mean ± 3 standard errors", "holds", "tight", "escalated %"]
    rows = [
        [
            f"{100 * one['alpha']:g}",
            f"{100 * one['harm']:.2f} ± {300 * one['error']:.2f}",
            _yes(one["holds"]),
            _yes(one["tight"]),
            f"{100 * one['escalated']:.1f}",
            *([f"{100 * one['least_escalated']:.1f}"] if known else []),
        ]
        for one in controls
    ]
    if known:
        always = controls[0]
        tight = _yes(always["floor"] <= 0)
        rows.append([f"{100 * always['alpha']:g}, always escalating", "0.00 ± 0.00", "yes", tight, "100.0", ""])
    return markdown_table([*columns, *(["least %"] if known else [])], rows)


def _certified(found: Sequence[Mapping[str, Any]], cost: str, *, known: bool) -> str:
    columns = ["promise", "rule", "could be certified %", "promise broken %", "mean figure %", cost]
    rows = [
        [
            f"{_CLAIMS[one['claim']]} {100 * one['target']:g}%",
            one["rule"],
            f"{100 * one['fitted'] / one['splits']:.0f}",
            f"{100 * one['violations'] / max(one['fitted'], 1):.1f}",
            f"{100 * one['figure']:.2f}",
            f"{100 * one['escalated']:.1f}",
            *([f"{100 * one['least']:.1f}"] if known else []),
        ]
        for one in found
    ]
    return markdown_table([*columns, *(["least %"] if known else [])], rows)


def _watching(watching: Mapping[str, Any]) -> str:
    shares, decide_us = watching["shares"], watching["decide_us"]
    kinds = list(next(iter(shares.values())))
    added_ms = {way: max(decide_us[way] - decide_us["nothing"], 0) / 1000 for way in shares}
    rows = [[way, *(f"{100 * own[kind]:.1f}" for kind in kinds), f"{added_ms[way]:.2f}"] for way, own in shares.items()]
    return markdown_table(["flagged %, by", *kinds, "ms added to a decision"], rows)


def _watching_words(watching: Mapping[str, Any]) -> str:
    shares = watching["shares"]
    kinds = [kind for kind in next(iter(shares.values())) if kind != "familiar"]
    missed = [kind for kind in kinds if max(own[kind] for own in shares.values()) < 0.1]
    means = {way: sum(own[kind] for kind in kinds) / len(kinds) for way, own in shares.items()}
    best = max(means, key=lambda way: means[way])
    words = f"Over these kinds, *{best}* flags the most, {100 * means[best]:.0f}% on average."
    if missed:
        words += (
            f" No way of watching flags a tenth of: {', '.join(missed)}. The first model of the bundled zoo has 2,000 "
            "weights, and is sure of them; what it does not see, neither its confidence nor its vector can tell."
        )
    return words


def _yes(value: bool) -> str:
    return "yes" if value else "no"
