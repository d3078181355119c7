"""The users' networks of `accelerator_figures.py`: ResNet-50 for five dogs, cut alike or with own channels."""

import os
import subprocess
import sys
from pathlib import Path

DATA = Path(os.environ.get("EDGEWISE_DATA", Path(__file__).parents[2] / "shared" / "data")).resolve()
CLASSES = ("n02086240", "n02087394", "n02088364", "n02089973", "n02093754")
IMAGES = 60  # of each
MORE = {"symmetric": [], "asymmetric": ["--reads", "0.7"]}


def made_plans(work: Path) -> tuple[str, dict[str, Path]]:
    """The generic network's source, and the folder of each; what is there is not made again."""
    source = f"torch:{DATA / 'nets.py'}:resnet50"
    images, found = work / "images", {}
    images.mkdir(parents=True, exist_ok=True)
    for name in CLASSES:
        for path in sorted((DATA / "imagenet20" / "train" / name).iterdir())[:IMAGES]:
            link = images / f"{name}-{path.name}"
            if not link.exists():
                link.symlink_to(path)
    for name, more in MORE.items():
        folder = work / name
        if not (folder / "plan.json").exists():
            asked = ["--model", source, "--data", images, "--out", folder, "--target-speedup", "3"]
            # What such a network may lose is not asked here: only its shape counts.
            asked += ["--max-drop", "50", "--undecided", "estimate", *more]
            subprocess.run([sys.executable, "-m", "edgewise", "prune", *map(str, asked)], check=True)
        found[name] = folder
    return source, found
