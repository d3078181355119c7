"""What `premodel_published.py` found, in words and tables for the docs."""

from typing import Any

from pages import markdown_table

from edgewise.select.judge.fair_table import FairTable

# Networks and gains in points that the paper reports for its Algorithm 1.
PAPER = (("mobilenet_v1_tf", 70.75), ("inception_v4_tf", 12.84), ("resnet_v1_152_tf", 2.55))
THREE = "the paper's three"


def words_a(a: dict[str, Any]) -> list[str]:
    """What reproduces of Algorithm 1 and of the headline, from the figures."""
    words: list[str] = []
    for name, zoo in a["zoos"].items():
        steps = zoo["gains_to_exhaustion"][:3]
        same = [step["network"] for step in steps] == [network for network, _ in PAPER]
        told = ", ".join(f"{step['network']} {step['gain_points']:+.2f}" for step in steps)
        low, high = zoo["theta_that_keeps_three_points"]
        words.append(
            f"Zoo of {name}: the first three picks {'are' if same else 'are NOT'} the paper's: {told} (paper "
            f"mobilenet_v1 70.75, inception_v4 +12.84, resnet_v1_152 +2.55). theta = 0.5 keeps "
            f"{len(zoo['picks_at_theta_0.5'])}, not three; three need {low:.2f} <= theta < {high:.2f} points."
        )
    lead = a["inception_v3_over_resnet_v1_152_as_third_points"]
    words.append(
        f"The third pick among eleven is a matter of {lead['value']:+.2f} points for Inception_v3 (95% "
        f"{lead['low']:+.2f} to {lead['high']:+.2f})."
    )
    zoo = a["zoos"]["eleven"]
    told = ", ".join(
        f"{name} {gain:+.2f}"
        for name, gain in zip(zoo["top5_picks_at_theta_0.5"], zoo["top5_gains_points"], strict=True)
    )
    words.append(f"Judged by top-5, theta = 0.5 keeps {len(zoo['top5_gains_points'])} of eleven: {told}.")
    words.append(
        f"The headline of 87.4% right cannot be: a PERFECT choice among the three is right for "
        f"{a['ceiling_points'][THREE]:.2f}%. The 'oracle' of 91.2% is close to the union of the whole zoo "
        f"({a['ceiling_points']['eleven']:.2f}%)."
    )
    return words


def words_b(table: FairTable, auc: dict[str, Any]) -> list[str]:
    """What the hand-made features are worth, from the figures."""
    words: list[str] = []
    best = max((row for row in table.rows if row.kind == "single"), key=lambda row: row.accuracy.value)
    for row in table.rows:
        if row.kind == "selector" and row.gain is not None and row.mixing_accuracy is not None:
            words.append(
                f"{row.name}: {100 * row.accuracy.value:.2f}% at {row.mean_ms:.2f} GMAC; blind mixing at that cost "
                f"{100 * row.mixing_accuracy:.2f}%. Does it beat the mixing line? {row.verdict} "
                f"({100 * row.gain.value:+.2f} points, 95% {100 * row.gain.low:+.2f} to {100 * row.gain.high:+.2f})."
            )
    words.append(f"Always {best.name}: {100 * best.accuracy.value:.2f}% at {best.mean_ms:.2f} GMAC.")
    for k, value in auc.items():
        words.append(
            f'"Is MobileNet right?" from the seven features, {k}: AUC {value["value"]:.3f} '
            f"(95% {value['low']:.3f} to {value['high']:.3f}; a coin has 0.5)."
        )
    return words


def page_a(a: dict[str, Any]) -> list[str]:
    """Part (a) for the docs."""
    parts = [f"## (a) Algorithm 1 on the paper's networks, {a['images']:,} predictions"]
    for name, zoo in a["zoos"].items():
        rows = [
            [
                step["network"],
                f"{step['gain_points']:+.2f}",
                "kept" if place < len(zoo["picks_at_theta_0.5"]) else "",
                f"{PAPER[place][0]} {PAPER[place][1]:+.2f}" if place < len(PAPER) else "",
            ]
            for place, step in enumerate(zoo["gains_to_exhaustion"])
        ]
        parts += [
            f"Zoo of {name}:",
            markdown_table(["next network", "gain, points", "at theta = 0.5", "the paper's"], rows),
        ]
    ceilings = [[name, f"{value:.2f}"] for name, value in a["ceiling_points"].items()]
    return [*parts, markdown_table(["a perfect choice among", "right %"], ceilings)]
