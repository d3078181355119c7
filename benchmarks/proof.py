"""The page of proof: edgewise beside what its users would pick instead, on the same work in one run.

    python benchmarks/proof.py [--users 3] [--rapid] [--work DIR]

Data: EDGEWISE_DATA (default ../shared/data). Three contests. A: a network for one user, against Torch-Pruning with
fine-tuning and fixed networks. B: a model for each input, against plain cascades and every network alone. C: a network
on a systolic array, against SCALE-Sim, which is installed into an environment of its own. The scripts of the rivals'
users are in benchmarks/rivals/. Whatever takes long is done in a process of its own, measured, and kept in --work, so
that a run that was cut off goes on; times of answers are taken in turns at the end. One user takes an hour of one core,
two thirds of it Torch-Pruning's longer runs. With --rapid one user, and neither a network of the
best base nor one that is trained with true labels; 10 images of a class to tune on and as many to judge in B, in the
place of 25; and one dataflow in C. With --made only the networks that are in --work already, and the page
says which are missing. Writes benchmarks/results/proof.json, docs/proof.md and its picture.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pages import write_page, write_result
from pictures import write_svg
from proof_accelerator import DATAFLOWS, accelerator
from proof_inputs import inputs
from proof_page import PICTURE, page
from proof_picture import draw
from proof_users import RAPID, WAYS, contest, made_already
from proof_words import LETTERS, words
from prune_users_data import IMAGES, IMAGES_PER_STREAM, SEED
from prune_users_data import users as all_users
from scale_sim import CACHE


def said(options: argparse.Namespace) -> str:
    """The options that change what the page says, as they are typed."""
    found = ["--rapid"] if options.rapid else [f"--users {options.users}"]
    found += ["--made"] * options.made
    found += [f"--contests {options.contests}"] * (options.contests != "ABC")
    return " ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-proof"))
    parser.add_argument("--scale-sim", type=Path, default=CACHE, help="the folder with SCALE-Sim's environment")
    parser.add_argument("--users", type=int, default=3, help="the first so many users")
    parser.add_argument("--rapid", action="store_true", help="one user, fewer networks, fewer images in B")
    parser.add_argument("--contests", default="ABC", help="which of the three")
    parser.add_argument("--made", action="store_true", help="make no networks; a page of those that there are")
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where `edgewise` is
    work: Path = options.work.resolve()
    drawn = list(all_users({5: 1}))[: 1 if options.rapid else options.users]
    ways, dataflows = (RAPID, DATAFLOWS[:1]) if options.rapid else (WAYS, DATAFLOWS)
    of_a_class = 10 if options.rapid else 25
    made = work / "users"
    if options.made and "A" in options.contests:
        drawn, ways = made_already(made, drawn, ways)
    run: dict[str, Callable[[], dict[str, Any]]] = {
        "users": lambda: contest(made, drawn, ways, IMAGES_PER_STREAM),
        "inputs": lambda: inputs(work / f"inputs-{of_a_class}", of_a_class),
        "accelerator": lambda: accelerator(work / "accelerator", options.scale_sim.resolve(), dataflows),
    }
    result: dict[str, Any] = {
        "seed": SEED,
        "options": said(options),
        "left_out": [way.name for way in WAYS if way not in ways],
        "contests": {name: run[name]() for name, letter in LETTERS.items() if letter in options.contests},
    }
    result["in_words"] = words(result)
    result["machine"] = write_result("proof", result)
    users = result["contests"].get("users")
    shown = write_svg("proof", draw(users), PICTURE) if users else ""
    write_page("proof", page(result, shown))


if __name__ == "__main__":
    main()
