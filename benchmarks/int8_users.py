"""What is left of a user network's speed at int8, beside the generic network at int8.

    python benchmarks/int8_users.py [--users 3] [--work DIR]

Data: EDGEWISE_DATA (default ../shared/data). The first users of `prune_users.py`: five classes each, 500 unlabelled
training images, three fifths to make the network and the rest for its guard. ResNet-50 is cut for twice its speed at
float32 with an input of 192 px, as there, then quantised with 100 of the images that it was made from; ResNet-50 and
ResNet-18 themselves are quantised with the same images. Accuracy is that on the official validation images of the
user's classes, which nothing else sees. Times are of ONNX Runtime and, where they are installed, of OpenVINO with NNCF:
one image, one thread, all networks of a user in turns in one run. What was made and judged is kept in --work. Writes
benchmarks/results/int8_users.json and docs/int8_users.md.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from int8_users_page import GENERIC, NETWORKS, USER, over_users, page, words
from pages import write_page, write_result
from prune_users_data import (
    IMAGES,
    IMAGES_PER_STREAM,
    SEED,
    Network,
    User,
    baseline_file,
    prepared,
    stream_of,
    torch_classifier,
    users,
    validation,
    write_atomically,
)

from edgewise.live.wilson import wilson
from edgewise.prune.speed import sessions_in_turns_ms

SPEEDUP, SIZE_PX, HELD_OUT, CALIBRATED_ON, RUNS = 2.0, 192, 0.4, 100, 40
BASES = {GENERIC: Network("ResNet-50", 224), "ResNet-18": Network("ResNet-18", 224)}


def user_network(work: Path, user: User) -> Path:
    """The folder of one user's network at both precisions, made by the maker of `edgewise prune --precision int8`."""
    import torch

    from edgewise.prune.guard import Guard
    from edgewise.prune.onnx_clock import OnnxClock
    from edgewise.prune.record import write_user_network
    from edgewise.prune.settings import Settings
    from edgewise.prune.user_images import UserImages
    from edgewise.prune.user_maker import UserMaker

    folder = work / user.name / "network"
    if (folder / "user_network.json").is_file():
        return folder
    torch.set_num_threads(1)
    whole = torch_classifier(BASES[GENERIC])
    maker = UserMaker(
        whole,
        tuple(BASES[GENERIC].columns(user)),
        UserImages(stream_of(user, work), seed=SEED),
        Settings(SPEEDUP, held_out=HELD_OUT, seed=SEED),
        Guard(when_undecided="estimate"),
        cache(lambda: OnnxClock(whole.session.module, BASES[GENERIC].size_px)),  # type: ignore[attr-defined]
        precision="int8",
    )
    made = maker.of_itself(SIZE_PX)
    write_user_network(folder, made.network, made.base, whole, threads=1, int8=made.int8)
    return folder


def calibration(user: User, work: Path, preprocess: Any) -> Any:
    """Images of those that the user's network was made from, prepared for another one."""
    from edgewise.images.below import images_below

    paths, _ = images_below(stream_of(user, work))
    order = np.random.default_rng(SEED).permutation(len(paths))  # as the stream is read
    return partial(prepared, [paths[place] for place in order[:CALIBRATED_ON]], preprocess)


def files(work: Path, user: User) -> dict[str, dict[str, Path]]:
    """Of each network the file at each precision."""
    from edgewise.export.int8_onnx import int8_onnx

    folder = user_network(work, user)
    (whole,) = folder.glob("*-user-fp32.onnx")
    found = {USER: {"fp32": whole, "int8": whole.with_name(whole.name.replace("-fp32", ""))}}
    for name, network in BASES.items():
        path = baseline_file(work, network)
        integers = work / user.name / f"{network.key}-int8.onnx"
        if not integers.is_file():
            int8_onnx(path, calibration(user, work, torch_classifier(network).card.preprocess), integers)
        found[name] = {"fp32": path, "int8": integers}
    return found


def sessions(work: Path, user: User, engine: str, scratch: Path) -> dict[tuple[str, str], tuple[Any, int]]:
    """Of each network and precision the file's size and the session; OpenVINO's int8 is NNCF's, of the float32 file."""
    from edgewise.runtime.onnx import OnnxSession

    opened: dict[tuple[str, str], tuple[Any, int]] = {}
    for name, paths in files(work, user).items():
        for precision, path in paths.items():
            if engine == "ONNX Runtime":
                opened[name, precision] = OnnxSession(path), path.stat().st_size
                continue
            images = calibration(user, work, preprocess_of(name))
            opened[name, precision] = openvino(paths["fp32"], precision, images, scratch / f"{name}-{precision}")
    return opened


def openvino(path: Path, precision: Any, images: Any, folder: Path) -> tuple[Any, int]:
    from edgewise.export.network import Network as Exported
    from edgewise.export.to_openvino import export_openvino
    from edgewise.runtime.openvino import OpenVinoSession
    from edgewise.zoo.card import CardFile
    from edgewise.zoo.loaders import load
    from edgewise.zoo.sources import Source

    folder.mkdir(parents=True)
    classifier = load(Source("onnx", str(path), CardFile({}, "benchmark")))
    export_openvino(Exported(classifier, folder), folder / "model.xml", precision, images)
    return OpenVinoSession(folder / "model.xml"), sum(file.stat().st_size for file in folder.glob("model.*"))


def preprocess_of(name: str) -> Any:
    if name == USER:
        return torch_classifier(Network("ResNet-50", SIZE_PX)).card.preprocess
    return torch_classifier(BASES[name]).card.preprocess


def judged(work: Path, user: User, engine: str) -> dict[str, Any]:
    """Whether each validation image is answered right, and the bytes; kept, as images are many."""
    done = work / user.name / f"{engine.replace(' ', '-')}.json"
    paths, labels = validation(user.classes)
    with tempfile.TemporaryDirectory() as scratch:
        opened = sessions(work, user, engine, Path(scratch))
        names = {key: "|".join(key) for key in opened}
        rows = json.loads(done.read_text()) if done.is_file() else {}
        for (name, precision), (session, held) in opened.items() if not rows else ():
            answers = np.stack([session.run(image)[0] for image in prepared(paths, preprocess_of(name))])
            own = answers[:, :-1] if name == USER else answers[:, BASES[name].columns(user)]
            rows[names[name, precision]] = {"right": (own.argmax(axis=1) == labels).tolist(), "file_bytes": held}
        write_atomically(done, rows)
        sizes = [SIZE_PX if name == USER else BASES[name].size_px for name, _ in opened]
        turns = [(session, px) for (session, _), px in zip(opened.values(), sizes, strict=True)]
        for key, ms in zip(opened, sessions_in_turns_ms(turns, runs=RUNS), strict=True):
            row = rows[names[key]]
            row |= {"ms": ms, "accuracy": asdict(wilson(sum(row["right"]), len(row["right"])))}
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-int8-users"))
    parser.add_argument("--users", type=int, default=3, help="the first so many users, one of each pool")
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    engines = ["ONNX Runtime", *(["OpenVINO"] if find_spec("openvino") and find_spec("nncf") else [])]
    found: list[dict[str, Any]] = []
    for user in list(users({5: 1}))[: options.users]:
        record = json.loads((user_network(options.work, user) / "user_network.json").read_text())["data"]
        print(f"{user.name} is made", file=sys.stderr)
        found.append(
            {
                "pool": user.pool,
                "classes": list(user.classes),
                "engines": {engine: judged(options.work, user, engine) for engine in engines},
                "guard": {"int8": record["evidence"]["found"], "fp32": record["fp32"]["evidence"]["found"]},
                "seconds": sum(step["seconds"] for step in record["cost"]["steps"]),
            }
        )
        print(f"{user.name} is judged", file=sys.stderr)
    summary = over_users(found)
    for user_found in found:
        for rows in user_found["engines"].values():
            for row in rows.values():
                del row["right"]
    result = {
        "seed": SEED,
        "images_of_a_stream": IMAGES_PER_STREAM,
        "calibrated_on": CALIBRATED_ON,
        "size_px": SIZE_PX,
        "speedup": SPEEDUP,
        "networks": {name: asdict(network) for name, network in BASES.items()},
        "engines": engines,
        "users": found,
        "over_users": summary,
    }
    assert set(NETWORKS) == {USER, *BASES}
    result["in_words"] = words(result)
    result["machine"] = write_result("int8_users", result)
    write_page("int8_users", page(result))


if __name__ == "__main__":
    main()
