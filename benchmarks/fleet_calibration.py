"""The calibration that `edgewise fleet simulate` ships with: what real users' networks cost and gain, and what the real
observer, guard and change detector do on real answers.

    python benchmarks/fleet_calibration.py [--work DIR]

Reads benchmarks/results/prune_users.json, prune_users_further.json and int8_users.json: networks that were made for
real users. Runs the real code on users drawn from the 20 classes of the evaluation data (EDGEWISE_DATA), some minutes
of one core, and as many more the first time, for answers of networks. Both are kept in --work: whoever changes the code
deletes fleet-code.json there. Writes src/edgewise/fleet/calibration.json.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fleet_measured import GENERIC, OWN_REJECTION, STATIC, Answers, guarded, learned, learned_again, noticed, unchanged
from pages import ROOT
from prune_users import restricted_name
from prune_users_data import _FUNCTIONS as FUNCTIONS
from prune_users_data import IMAGES, write_atomically

from edgewise.fleet.calibration import SHIPPED, Calibration
from edgewise.personal.learning import Learning
from edgewise.restore import restore

RESULTS = ROOT / "benchmarks" / "results"
FILES, INT8_FILE = ("prune_users", "prune_users_further"), "int8_users"
CUT = "ResNet-50 at 192 px, 2x asked for"  # of which there are networks at int8
CLASSES, WATCHED_CLASSES = (2, 3, 5, 7, 10, 13), (4, 5, 7, 10)
EACH, EACH_UNCHANGED, EACH_VERDICT = 14, 6, 12
MOST_POINTS, ATTEMPTS = (1.0, 2.0), 4
INT8 = "MobileNetV2 int8"
NOTICE = (
    "Made with networks and images for non-commercial use and research only (uber-research/permute-quantize-finetune; "
    "ImageNet's terms); neither is shipped, these figures alone are."
)


def user_name(user: Mapping[str, Any]) -> str:
    return f"{user['pool']}-{len(user['classes'])}-{user['draw']}"


def base_name(base: str) -> str:
    """Of "resnet50 at 192 px", as networks are named here."""
    function, _, size = base.partition(" at ")
    kind = next(kind for kind, name in FUNCTIONS.items() if name == function)
    return f"{kind} at {size}"


def made_networks(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of all files; verdicts of the guard are drawn for each."""
    rows = []
    for result in results.values():
        for user in result["users"]:
            generic = user["rows"][restricted_name(GENERIC)]
            for network in result["made"]:
                row = user["rows"][network]
                evidence = row["evidence"]
                found = {
                    "network": network,
                    "user": user_name(user),
                    "classes": len(user["classes"]),
                    "base": base_name(row["base"]),
                    "macs": row["macs"],
                    "drop": row["drop"]["value"],
                    "times_as_fast": row["times_as_fast"],
                    "making_inputs": 1000 * row["seconds"] / generic["ms"],
                    "expected_points": evidence["drop_points"],
                    "agreement": evidence["agreement_percent"] / 100,
                    "let_in": row["foreign_accepted"]["energy"],
                }
                rows.append(found)
    rows += at_int8(rows)
    for number, row in enumerate(rows):
        row["guarded"] = verdicts(row, number)
        print(f"guard of {row['network']} for {row['user']}", file=sys.stderr)
    return rows


def at_int8(made: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same recipe's networks, quantised, on ONNX Runtime.

    Reading: what making one took, and what foreign images it lets in, are those of the same user's at float32; the run
    that quantised them was on a busy machine, and did not look at foreign images.
    """
    result = json.loads((RESULTS / f"{INT8_FILE}.json").read_text())
    rows = []
    for user in result["users"]:
        name = f"{user['pool']}-{len(user['classes'])}-0"
        (like,) = [one for one in made if one["user"] == name and one["network"] == CUT]
        rows_of = user["engines"]["ONNX Runtime"]
        own, generic = rows_of["the user's network|int8"], rows_of["ResNet-50|fp32"]
        evidence = user["guard"]["int8"]
        found = {
            "network": f"{CUT}, int8",
            "drop": generic["accuracy"]["value"] - own["accuracy"]["value"],
            "times_as_fast": generic["ms"] / own["ms"],
            "expected_points": evidence["drop_points"],
            "agreement": evidence["agreement_percent"] / 100,
        }
        rows.append({**like, **found})
    return rows


def verdicts(made: Mapping[str, Any], number: int) -> list[dict[str, Any]]:
    """Each attempt asks for half of the speed beyond 1; it is taken to lose and to differ half as much."""
    found = []
    for points in MOST_POINTS:
        for attempts in range(ATTEMPTS):
            milder = 0.5**attempts
            agreement = 1 - (1 - made["agreement"]) * milder
            key = (number, attempts, int(points))
            streams = guarded(made["expected_points"] * milder, agreement, points, EACH_VERDICT, key)
            found.append({"max_drop_points": points, "attempts": attempts, "verdicts": streams})
    return found


def static_networks(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How fast each is, by real user; those of one file and user are of one run."""
    rows = []
    for network in STATIC:
        name = restricted_name(network)
        fast = [user["rows"][name]["times_as_fast"] for result in results.values() for user in result["users"]]
        rows.append(
            {
                "name": network.name,
                "kind": network.kind,
                "size_px": network.size_px,
                "precision": "int8" if network.kind == INT8 else "fp32",
                "times_as_fast": fast,
            }
        )
    return rows


def code_rows(work: Path) -> dict[str, list[dict[str, Any]]]:
    """What the observer and the change detector do, by kind of row."""
    kept = work / "fleet-code.json"
    if kept.is_file():
        return json.loads(kept.read_text())
    answers = Answers.read(work)
    found: dict[str, list[dict[str, Any]]] = {
        "learned": [learned(answers, count, number) for count in CLASSES for number in range(EACH)]
    }
    print("learned", file=sys.stderr)
    found["again"] = [learned_again(answers, count, number) for count in WATCHED_CLASSES for number in range(EACH)]
    print("learned again", file=sys.stderr)
    for name, at_once in (("noticed", False), ("noticed_at_once", True)):
        found[name] = [
            noticed(answers, count, number, at_once=at_once) for count in WATCHED_CLASSES for number in range(EACH)
        ]
        print(name, file=sys.stderr)
    found["unchanged"] = [
        unchanged(answers, count, number) for count in WATCHED_CLASSES for number in range(EACH_UNCHANGED)
    ]
    print("unchanged", file=sys.stderr)
    write_atomically(kept, found)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-users"))
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    results = {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in FILES}
    of_the_code = code_rows(options.work)
    learning = Learning()
    files = ", ".join(f"benchmarks/results/{name}.json" for name in (*FILES, INT8_FILE))
    code = "benchmarks/fleet_measured.py, on official validation images of 20 classes"
    values = {
        "about": "Networks made for real users, and what the real observer, guard and change detector did.",
        "notice": NOTICE,
        "cpu": results["prune_users"]["machine"]["cpu"],
        "generic_ms": statistics.median(
            user["rows"][restricted_name(GENERIC)]["ms"] for result in results.values() for user in result["users"]
        ),
        "known": len(GENERIC.known),
        "audit_share": learning.audit_share,
        "own_rejection": OWN_REJECTION,
        "sources": [
            {"rows": "made, networks", "file": files},
            {"rows": "guarded, learned, again, noticed, noticed_at_once, unchanged", "file": code},
        ],
        "networks": static_networks(results),
        "made": made_networks(results),
        **of_the_code,
    }
    found = restore(Calibration, rounded(values), SHIPPED)
    found.write(SHIPPED)
    print(f"{SHIPPED}: {len(found.made)} networks of {len(found.users)} real users", file=sys.stderr)


def rounded(value: Any) -> Any:
    """Figures at six significant digits: none is known better."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main()
