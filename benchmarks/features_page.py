"""What `features.py` found, in words and tables for the docs."""

from collections.abc import Mapping
from typing import Any

from features_times import ALL, SEVEN, TRAINING_ROWS
from pages import markdown_list, markdown_table

from edgewise.images.features import FEATURES, STEPS

DEFINITIONS = {
    "n_keypoints": "FAST corners, threshold 25, of neighbours the strongest, for the area of a 112 px raster",
    "avg_brightness": "mean grey level (Rec. 601)",
    "brightness_rms": "root mean square of the grey levels",
    "avg_perceived_brightness": "mean over pixels of sqrt(0.241 R² + 0.691 G² + 0.068 B²)",
    "perceived_brightness_rms": "root mean square of the same",
    "contrast": "standard deviation of the grey levels",
    "edge_length": "share of Canny edges (8-connected, thresholds 50 and 150) of 1-7, 8-15, 16-31, ..., 256+ px",
    "edge_angle": "share of edge pixels whose Sobel gradient lies in each seventh of 180 degrees",
    "area_by_perim": "area over perimeter of the main object: the largest outline that Otsu's threshold parts from the "
    "border; the whole raster where there is none",
    "aspect_ratio": "width over height of its bounding box",
    "hue": "share of pixels in each seventh of the hue circle, red first; grey counts as hue 0",
}
HISTOGRAMS = ("edge_length", "edge_angle", "hue")


def page(result: Mapping[str, Any], machine: Mapping[str, Any]) -> list[str]:
    """All parts of docs/features.md."""
    sets = {name: result[name] for name in ("drawn", "photographs") if name in result}
    shown = list(sets.values())[-1]
    parts = [
        "# The paper's 29 features, and what they cost",
        f"Made by `python benchmarks/features.py` ({machine['cpu']}, {machine['cores']} cores, one thread; "
        f"seed {result['seed']}; load of the machine {result['load_before']:.1f} before and "
        f"{result['load_after']:.1f} after). Ratios are evidence; absolute times are this machine's.",
        markdown_list(_words(sets, result.get("agreement"))),
        f"## Seven features and a decision among {TRAINING_ROWS:,} known images",
        "Images of 500 x 375, decoded. Plain is OpenCV on the whole image with the same definitions, and one "
        "KNeighborsClassifier of scikit-learn. The two take turns, on a fresh copy of the image each.",
        _speed(sets),
        "## Definitions and cost",
        "The paper names the features and gives no extractor; these are edgewise's readings, written out in "
        "`edgewise/reference/features.py`. *Alone* is every step that the feature needs; steps that others need too "
        "are paid once. In bold the paper's seven.",
        _definitions(shown["steps"], result.get("agreement")),
        _steps(shown["steps"]),
    ]
    return parts + (_agreement(result["agreement"]) if "agreement" in result else [])


def _words(sets: Mapping[str, Any], agreement: Mapping[str, Any] | None) -> list[str]:
    words: list[str] = []
    for name, found in sets.items():
        ours, ratio = found["rows"][SEVEN], found["plain_over_edgewise"]
        words.append(
            f"On {_called(name)}: {ours['both']['p50_ms']:.2f} ms for features and decision "
            f"(p90 {ours['both']['p90_ms']:.2f}), {ratio['both']:.1f}x the plain version's speed "
            f"(features {ratio['features']:.1f}x, decision {ratio['decision']:.1f}x)."
        )
        sums = found["sum_of_steps_over_whole"]
        words.append(
            f"The medians of the steps add up to {100 * sums[SEVEN]:.0f}% of the seven features' measured whole, "
            f"{100 * sums[ALL]:.0f}% of all 29's; the rest is the calls between them."
        )
    steps = list(sets.values())[-1]["steps"]
    edges = sum(steps[name]["p50_ms"] for name in ("gradients", "edge map", "edge lengths"))
    whole = sum(steps[name]["p50_ms"] for name in {step for feature in FEATURES for step in STEPS[feature]})
    words.append(
        f"The floor is OpenCV's own work on the small raster. edge_length1 alone, with Canny and the components, takes "
        f"{100 * edges / whole:.0f}% of the seven features' time, the main object "
        f"{100 * steps['main object']['p50_ms'] / whole:.0f}%; Python between the steps takes little."
    )
    if agreement is not None:
        small = agreement["small"]
        poor = ", ".join(f"{name} {rank:.2f}" for name, rank in small.items() if rank < 0.5)
        words.append(
            "What was not possible: edge lengths that do not depend on the raster. An edge breaks in other places when "
            f"its image is smaller. Below 0.5 in rank agreement: {poor}. Of the paper's seven the least is "
            f"{min((small[name], name) for name in FEATURES)[1]}, {min(small[name] for name in FEATURES):.2f}."
        )
    return words


def _called(name: str) -> str:
    return {"drawn": "sheets of drawn images", "photographs": "training photographs, scaled to 500 x 375"}[name]


def _speed(sets: Mapping[str, Any]) -> str:
    rows: list[list[str]] = []
    for name, found in sets.items():
        for contestant, parts in found["rows"].items():
            cells = [_ms(parts[part]) if part in parts else "" for part in ("features", "decision", "both")]
            rows.append([_called(name), contestant, *cells])
        ratio = found["plain_over_edgewise"]
        rows.append(["", "plain / edgewise", *(f"{ratio[part]:.1f}x" for part in ("features", "decision", "both"))])
    return markdown_table(["images", "", "features, ms (p90)", "decision, ms (p90)", "both, ms (p90)"], rows)


def _ms(times: Mapping[str, float]) -> str:
    return f"{times['p50_ms']:.2f} ({times['p90_ms']:.2f})"


def _definitions(steps: Mapping[str, Any], agreement: Mapping[str, Any] | None) -> str:
    rows: list[list[str]] = []
    for name, definition in DEFINITIONS.items():
        members = [f"{name}{bin}" for bin in range(1, 8)] if name in HISTOGRAMS else [name]
        alone = sum(steps[step]["p50_ms"] for step in STEPS[members[0]])
        title = f"{name}1-7" if name in HISTOGRAMS else name
        if any(member in FEATURES for member in members):
            title = f"**{title}**" if name not in HISTOGRAMS else f"{title} (**1**)"
        row = [title, definition, ", ".join(STEPS[members[0]]), f"{alone:.3f}"]
        if agreement is not None:
            row += [_ranks(agreement[kind], members) for kind in ("small", "from_halved_jpeg")]
        rows.append(row)
    columns = ["feature", "definition", "steps", "alone, ms"]
    if agreement is not None:
        columns += ["rank agreement with the full square", "the same, from a JPEG decoded at half size"]
    return markdown_table(columns, rows)


def _ranks(found: Mapping[str, float], members: list[str]) -> str:
    return " ".join(f"{found[name]:.2f}" for name in members)


def _steps(steps: Mapping[str, Any]) -> str:
    rows = [
        [
            step,
            _ms(times),
            str(sum(step in needs for needs in STEPS.values())),
            "yes" if any(step in STEPS[name] for name in FEATURES) else "",
        ]
        for step, times in steps.items()
    ]
    return markdown_table(["step", "ms (p90)", "features that need it", "for the seven"], rows)


def _agreement(found: Mapping[str, Any]) -> list[str]:
    rasters = [
        [
            f"**{side}**" if int(side) == found["raster_px"] else side,
            f"{row['seven']:.3f}",
            f"{row['all']:.3f}",
            f"{row['n_keypoints']:.2f}",
            f"{row['edge_length1']:.2f}",
            f"{row['p50_ms']:.2f}",
        ]
        for side, row in found["rasters"].items()
    ]
    contour, small = found["main_object_by_edge_contour"], found["small"]
    others = [
        [
            name,
            "bilinear sampling",
            f"{small[name]:.2f}",
            "average over area",
            f"{found['averaged_over_area'][name]:.2f}",
        ]
        for name in ("n_keypoints", "edge_length1")
    ] + [
        [name, "Otsu's threshold", f"{small[name]:.2f}", "largest contour of the edge map", f"{contour[name]:.2f}"]
        for name in contour
    ]
    scaled, enlarged = found["size"]["scaled"], found["size"]["enlarged"]
    return [
        "## Which raster",
        f"Spearman's rank correlation between a feature from the small raster and from the full {found['full_px']} px "
        f"centre square, over {found['photographs']} training photographs; the mean of the seven and of all 29, two "
        "features that lose most, and what the seven take. Every 16 px more gain about 0.01 and cost about 15% more; "
        "112 px, half of what most networks see, leaves room for the decision and for busy images under a "
        "millisecond.",
        markdown_table(
            ["raster, px", "seven", "all 29", "n_keypoints", "edge_length1", "ms, seven, resizing included"], rasters
        ),
        "## Other choices",
        markdown_table(["feature", "chosen", "rank agreement", "instead of", "rank agreement"], others),
        "## Small images",
        "An image smaller than the raster is not enlarged; counts and sizes are scaled to the raster. How far the same "
        "photographs move when they come at 64 px, in standard deviations over the photographs; 0 is what should be.",
        markdown_table(
            ["feature", "scaled", "enlarged instead"],
            [[name, f"{scaled[name]:+.2f}", f"{enlarged[name]:+.2f}"] for name in FEATURES],
        ),
    ]
