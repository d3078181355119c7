"""The four variants of one network that `compression_case.py` chooses among, each an ONNX file that the zoo lists."""

import json
import tomllib
from functools import cache
from pathlib import Path

from compression_case_page import CUT, CUT_INT8, INT8, PLAIN
from int8_users import calibration
from prune_users_data import SEED, Network, User, baseline_file, folders, stream_of, torch_classifier

WHOLE = Network("ResNet-18", 224)
SPEEDUP, HELD_OUT, IMAGES = 2.0, 0.2, 500


def everyone() -> User:
    """One who meets all classes of the data."""
    return User("all", 0, tuple(folders()))


def variants(work: Path) -> dict[str, Path]:
    """The file of each; only training images are looked at."""
    from edgewise.export.int8_onnx import int8_onnx

    plain = baseline_file(work, WHOLE)
    integers = work / "generic-int8.onnx"
    if not integers.is_file():
        int8_onnx(plain, calibration(everyone(), work, torch_classifier(WHOLE).card.preprocess), integers)
    (cut,) = cut_network(work).glob("*-user-fp32.onnx")
    return {PLAIN: plain, INT8: integers, CUT: cut, CUT_INT8: cut.with_name(cut.name.replace("-fp32", ""))}


def cut_network(work: Path) -> Path:
    """The folder of the cut network at both precisions, made once by the maker of `edgewise prune --precision int8`."""
    import torch

    from edgewise.prune.guard import Guard
    from edgewise.prune.onnx_clock import OnnxClock
    from edgewise.prune.record import write_user_network
    from edgewise.prune.settings import Settings
    from edgewise.prune.user_images import UserImages
    from edgewise.prune.user_maker import UserMaker

    folder = work / "cut"
    if (folder / "user_network.json").is_file():
        return folder
    torch.set_num_threads(1)
    whole = torch_classifier(WHOLE)
    maker = UserMaker(
        whole,
        tuple(WHOLE.columns(everyone())),
        UserImages(stream_of(everyone(), work, IMAGES), seed=SEED),
        Settings(SPEEDUP, held_out=HELD_OUT, seed=SEED),
        Guard(when_undecided="estimate"),
        cache(lambda: OnnxClock(whole.session.module, WHOLE.size_px)),  # type: ignore[attr-defined]
        precision="int8",
    )
    made = maker.of_itself()
    write_user_network(folder, made.network, made.base, whole, threads=1, int8=made.int8)
    return folder


def zoo_file(work: Path, files: dict[str, Path]) -> Path:
    """A zoo of the variants: what the card of each says, under the variant's name."""
    entries: list[dict[str, object]] = []
    for name, path in files.items():
        card = path.with_suffix(".toml") if name != INT8 else files[PLAIN].with_suffix(".toml")
        entries.append({**tomllib.loads(card.read_text()), "source": f"onnx:{path}", "name": name})
    written = work / "zoo.toml"
    written.write_text("".join("[[model]]\n" + _lines(entry) for entry in entries))
    return written


def _lines(entry: dict[str, object]) -> str:
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in entry.items())
