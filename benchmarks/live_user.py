"""A user on a device, as it happens: real networks and photographs through the real service.

    python benchmarks/live_user.py [--users 1] [--inputs 2000] [--open-share 0.5] [--alone] [--keep-images] [--work DIR]

Data: EDGEWISE_DATA (default ../shared/data). Users of five classes are those of `prune_users.py`. Each is played
through `edgewise serve` (ResNet-50 at 192 px and two smaller networks, one thread) in three parts: the user, then
another one, then the first again. The stream is of training images, each three times: as it is, and cropped and
mirrored by chance, so that no input is quite another. Images come as fast as they are answered, but while a network is
made, --making-rate a second. What was let in is judged on the official validation images, which no stream holds, beside
its parts and selection among generic networks alone. With --keep-images there are no smaller networks; images are kept
and the whole network is pruned as well. A user is played once and kept in --work. Writes
benchmarks/results/live_user.json and docs/live_user.md, or live_user_images.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from live_user_judged import Judged
from live_user_page import page
from pages import write_page, write_result
from prune_users_data import DATA, IMAGES, SEED, Network, User, baseline_file, users, write_atomically

from edgewise.images.decode import decode, read_file
from edgewise.live.run import USER, Settings, run
from edgewise.live.story import Story
from edgewise.live.stream import make_stream, read_items
from edgewise.personal.generic import FOLDER, GenericParts
from edgewise.personal.learning import Learning

NETWORK = Network("ResNet-50", 192)
SMALLER = (Network("ResNet-18", 192), Network("MobileNetV2 int8", 224))
VARIANTS = 3
LEAST_CROP = 0.8  # of each side
QUALITY = 95


def zoo_file(work: Path, name: str, networks: Sequence[Network]) -> Path:
    """Networks as a zoo file names them."""
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"{name}.toml"
    path.write_text("\n".join(_entry(one) for one in networks))
    return path


def _entry(network: Network) -> str:
    if network.kind == "MobileNetV2 int8":
        return f'[[model]]\nsource = "tflite:{baseline_file(Path(), network)}"\nname = "{network.key}"\n'
    sys.path.insert(0, str(DATA))
    import nets

    function = network.kind.lower().replace("-", "")
    eats = nets.INPUT[function]
    resize_px = round(eats.resize_px * network.size_px / eats.size_px)
    return (
        f'[[model]]\nsource = "torch:{DATA / "nets.py"}:{function}"\nname = "{network.key}"\nclasses = "imagenet1k"\n'
        f"size_px = {network.size_px}\nresize_px = {resize_px}\nmean = {list(eats.mean)}\nstd = {list(eats.std)}\n"
    )


def write_stream(folder: Path, classes: Sequence[str]) -> None:
    """Training images of these classes, and crops of them."""
    rng = np.random.default_rng(SEED)
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for path in sorted((IMAGES / "train" / name).iterdir()):
            pixels = decode(read_file(path), path).pixels
            for variant in range(VARIANTS):
                bgr = np.ascontiguousarray((pixels if variant == 0 else _cropped(pixels, rng))[..., ::-1])
                out = folder / name / f"{path.stem}-{variant}.jpg"
                cv2.imwrite(str(out), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def _cropped(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = (round(side * rng.uniform(LEAST_CROP, 1)) for side in pixels.shape[:2])
    top, left = (
        int(rng.integers(whole - part + 1)) for whole, part in zip(pixels.shape, (height, width), strict=False)
    )
    cut = pixels[top : top + height, left : left + width]
    return cut[:, ::-1] if rng.random() < 0.5 else cut


class Told:
    """Says what happens."""

    def answered(self, done: int, total: int, answer: Any) -> None:
        if done % 200 == 0:
            print(f"  {done} of {total}: {answer.phase}, {answer.infer_ms:.1f} ms", file=sys.stderr, flush=True)

    def happened(self, event: Any) -> None:
        print(f"  {event.at}: {event.text}", file=sys.stderr, flush=True)


def played(
    user: User,
    other: User | None,
    work: Path,
    inputs: int,
    open_share: float,
    making_rate: float,
    *,
    keep_images: bool,
) -> dict[str, Any]:
    """All that is to be known of one user."""
    others = () if other is None else other.classes
    folder = work / f"{user.name}-{open_share:g}{'-images' if keep_images else ''}"
    done = folder / "user.json"
    if done.is_file():
        return json.loads(done.read_text())
    data = folder / "data"
    write_stream(data, [*user.classes, *others])
    serve: dict[str, tuple[Any, ...]] = {"--open-share": (open_share,), "--memory-mb": (1000,)}
    serve |= {"--keep-images": (True,)} if keep_images else {"--smaller": (zoo_file(work, "smaller", SMALLER),)}
    generic = zoo_file(work, "generic", [NETWORK])
    settings = Settings("ImageNet, training images", str(generic), serve, making_rate, seed=SEED)
    stream = make_stream(read_items(data), user.classes, others, inputs)
    story = run(stream, folder / "state", settings, Told())
    values: dict[str, Any] = asdict(story)
    del values["inputs"]
    values["source"] = f"torch:{Path(values['source'].removeprefix('torch:')).name}"  # no folder of this machine
    values["settings"]["serve"] = [
        Path(text).name if text.endswith(".toml") else text for text in values["settings"]["serve"]
    ]
    judged = Judged(user, USER, folder / "state", work, NETWORK.columns(user), Learning.max_drop_points)
    found = {
        "user": user.name,
        "other": "" if other is None else other.name,
        "story": values,
        "tail_share": GenericParts.read(folder / "state" / FOLDER).tail_share,
        "pruning": _pruning(story),
        "judged": judged.rows(),
    }
    write_atomically(done, found)
    return found


def _pruning(story: Story) -> dict[str, Any]:
    """p90 of the answers before a network was made and while it was."""
    before, meanwhile = (
        [ms for ms, phase in zip(story.inputs.ms, story.inputs.phase, strict=True) if phase == wanted]
        for wanted in ("observe", "prune")
    )
    if not meanwhile:
        return {}
    return {"before_p90_ms": float(np.quantile(before, 0.9)), "p90_ms": float(np.quantile(meanwhile, 0.9))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1)
    parser.add_argument("--inputs", type=int, default=2000)
    parser.add_argument("--open-share", type=float, default=0.5)
    parser.add_argument("--making-rate", type=float, default=2.0)
    parser.add_argument("--alone", action="store_true", help="nobody else comes")
    parser.add_argument("--keep-images", action="store_true", help="and no smaller networks")
    parser.add_argument("--work", type=Path, default=Path("live_user_work"))
    chosen = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"{IMAGES} is missing: set EDGEWISE_DATA.")
    drawn = list(users({5: 3}))
    others = [None] * chosen.users if chosen.alone else [*drawn[1:], drawn[0]]
    found = [
        played(
            user,
            other,
            chosen.work,
            chosen.inputs,
            chosen.open_share,
            chosen.making_rate,
            keep_images=chosen.keep_images,
        )
        for user, other in zip(drawn[: chosen.users], others, strict=False)
    ]
    result = {
        "seed": SEED,
        "network": NETWORK.name,
        "smaller": [] if chosen.keep_images else [one.name for one in SMALLER],
        "inputs": chosen.inputs,
        "open_share": chosen.open_share,
        "making_rate": chosen.making_rate,
        "users": found,
    }
    name = "live_user_images" if chosen.keep_images else "live_user"
    write_result(name, result)
    write_page(name, page(result))


if __name__ == "__main__":
    main()
