"""What may be unfair in `proof.py`, to whom, and why."""

from collections.abc import Mapping
from typing import Any

_ALWAYS = (
    "In B, half of the images of this data set are stored squashed to a square; selector, cascades and single "
    "networks all meet both halves. Which network is best alone must be found out on labelled images as well, so that "
    "`none` is too little for whoever does not know it yet.",
    "In B edgewise wants the accuracy of the best network with a margin for chance, which costs speed; the plain "
    "cascades want it on the tuning images as they are, and may miss it on others.",
    "Lines are counted without comments, docstrings and blanks. A script of another style would have other counts; "
    "what is counted of edgewise is a command, and its options must be read about like any function.",
    "Seconds are those of the CPU, for the cores are shared: they still grow when others fill the caches. What is "
    "quoted as a speed was measured in turns.",
)


def _for_users(users: Mapping[str, Any]) -> list[str]:
    return [
        "To Torch-Pruning: its user may well have a GPU and days, and labels; then it will do better than here. Its "
        "importance, step and schedule are usual ones and were not searched for, whereas edgewise was developed with "
        "this data at hand ([ablation](prune_ablation.md)). On the other side it is given all images of the user, "
        "those of edgewise's guard too.",
        "To edgewise: its seconds contain what the rivals leave out, the guard and the report.",
        "To both: batch norm of these ResNets comes folded. Torch-Pruning gets a network whose statistics were made "
        "whole again, without cost in time or lines (`benchmarks/rivals/checkpoint.py`).",
        "The guard was asked to estimate where it cannot be sure (`--undecided estimate`). By default edgewise writes "
        f"nothing then: {_refusals(users)}",
        "The ResNets are product-quantised networks and know ImageNet's training images, from which the users' "
        "streams are drawn: their answers on the stream are better than on images of a real user, for edgewise and "
        "Torch-Pruning alike. ResNet-18 and MobileNetV2 know the same classes, so that a fixed network needs no work "
        "here; where no small network of the user's classes is published, that row does not exist.",
    ]


def unfair(result: Mapping[str, Any]) -> list[str]:
    users = result["contests"].get("users")
    said = [*(_for_users(users) if users else ()), *_ALWAYS]
    if users and result["left_out"]:
        said.append(f"Left out of this run, for they take long: {'; '.join(result['left_out'])}.")
    return said


def _refusals(users: Mapping[str, Any]) -> str:
    own = [way["name"] for way in users["ways"] if way["ours"]]
    rows = [user["rows"][name] for user in users["users"] for name in own]
    written = sum("guard" in row and row["guard"]["verdict"] == "passes" for row in rows)
    left = len(rows) - written
    return f"of the {len(rows)} networks here it would have written {written}, at one point, and refused {left}."
