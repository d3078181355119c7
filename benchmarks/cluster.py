"""What profiling costs on a cluster, beside processes of one machine and beside a single process; the page is told.

    python benchmarks/cluster.py [--images 100 400] [--rounds 3]

Data: EDGEWISE_DATA (default ../shared/data). A ResNet-18 and a MobileNetV2 int8 on validation images, in turns: in one
process, in two of this machine, and on a Ray cluster of two nodes of one core each, which are processes of this machine
too, so that nothing crosses a network. Two numbers of images give what an image takes and what is paid once. Tables
that are not equal to those of one process end it. Writes benchmarks/results/cluster.json and a part of docs/cluster.md.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from pages import ROOT, filled, markdown_table, write_result
from prune_users_data import DATA, IMAGES

sys.path.insert(0, str(ROOT))
from tests.cli.test_profile_survives import tables
from tests.ray_cluster import Cluster, ray_cluster

PAGE = ROOT / "docs" / "cluster.md"
FILLED_BY = "cost: filled by python benchmarks/cluster.py"
ONE, TWO, RAY = "one process", "two processes, `--executor local --jobs 2`", "two nodes of one core, `--executor ray`"
WAYS = (ONE, TWO, RAY)
MODELS = (f"torch:{DATA / 'nets.py'}:resnet18", f"tflite:{DATA / 'weights' / 'mobilenet_v2_1.0_224_quant.tflite'}")


def linked(images: int, data: Path) -> Path:
    """A folder of so many validation images, as many of each class."""
    for folder in sorted((IMAGES / "val").iterdir()):
        (data / folder.name).mkdir(parents=True)
        for path in sorted(folder.iterdir())[: images // 20]:
            (data / folder.name / path.name).symlink_to(path)
    return data


def took(data: Path, out: Path, cluster: Cluster, way: str) -> float:
    """Seconds by the clock, from the command's start to its end."""
    command = [
        sys.executable,
        "-m",
        "edgewise",
        "profile",
        "--data",
        data,
        "--out",
        out,
        "--classes",
        "data",
        "--quiet",
    ]
    for model in MODELS:
        command += ["--zoo", model]
    more = {TWO: ["--executor", "local", "--jobs", "2"], RAY: ["--executor", "ray", "--address", cluster.address]}
    started = perf_counter()
    subprocess.run([*command, *more.get(way, ())], env=cluster.environment, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - started


def measured(sizes: Sequence[int], rounds: int) -> list[dict[str, Any]]:
    """A row for each way: the median of its seconds at each number of images, all ways in turns."""
    taken: dict[tuple[str, int], list[float]] = {}
    with TemporaryDirectory() as temporary, ray_cluster(2) as cluster:
        work = Path(temporary)
        folders = {size: linked(size, work / f"data-{size}") for size in sizes}
        for turn in range(rounds):
            for size, data in folders.items():
                for number, way in enumerate(WAYS):
                    out = work / f"{size}-{turn}-{number}"
                    taken.setdefault((way, size), []).append(took(data, out, cluster, way))
                    if tables(out) != tables(work / f"{size}-{turn}-0"):
                        sys.exit(f"{way}: other tables than those of one process.")
                    print(f"{size} images, {way}: {taken[way, size][-1]:.1f} s", file=sys.stderr, flush=True)
    return [
        {
            "way": way,
            "seconds": [median(taken[way, size]) for size in sizes],
            "all": [taken[way, size] for size in sizes],
        }
        for way in WAYS
    ]


def told(result: Mapping[str, Any]) -> str:
    """What the page says of it."""
    few, many = result["images"]
    rows = []
    for row in result["rows"]:
        each = (row["seconds"][1] - row["seconds"][0]) / (many - few)
        once = row["seconds"][0] - few * each
        rows.append([row["way"], *(f"{one:.1f}" for one in row["seconds"]), f"{1000 * each:.1f}", f"{once:.1f}"])
    machine = result["machine"]
    return "\n\n".join(
        [
            "Seconds by the clock of `edgewise profile`, from its start to its end, for a ResNet-18 and a MobileNetV2 "
            f"int8 on {machine['cores']} cores of an {machine['cpu']}: the median of {result['rounds']} rounds, all "
            "ways in turns, tables compared (`python benchmarks/cluster.py`). What is paid once holds the start of "
            "Python and its packages, loading, and the measuring of time and energy at the end, which one process "
            "does alone in all ways. The nodes are processes of one machine: what a network between machines costs is "
            "not in it.",
            markdown_table(["", *(f"{one} images, s" for one in (few, many)), "an image, ms", "once, s"], rows),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs=2, default=(100, 400))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    os.environ["OMP_NUM_THREADS"] = "1"
    result: dict[str, Any] = {
        "images": list(options.images),
        "rounds": options.rounds,
        "rows": measured(options.images, options.rounds),
    }
    result["machine"] = write_result("cluster", result)
    PAGE.write_text(filled(PAGE, FILLED_BY, told(result)), encoding="utf-8")


if __name__ == "__main__":
    main()
