"""Local weights: a .safetensors file, and whether it fits a network."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgewise.errors import ModelError
from edgewise.zoo.card import CardFile

_SHOWN = 3


def local_weights(card: CardFile) -> Path | None:
    """The weights file that a card names, None when it names none.

    Raises `ModelError` for a file that is missing, or of another format: a pickle can run any code when it is opened.
    """
    if "weights" not in card.given:
        return None
    path = Path(card.given["weights"])
    if path.suffix != ".safetensors":
        raise ModelError(
            f"The weights {path} are no .safetensors file; pickles (.pth, .bin) are not read, for opening one can run "
            "any code.",
            "Convert it where you trust it: safetensors.torch.save_file(torch.load(FILE, weights_only=True), "
            '"FILE.safetensors").',
        )
    if not path.is_file():
        raise ModelError(f"There is no weights file {path}.", f"{card.origin} names it; correct the path.")
    return path


def weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight, from the file's header. Raises `ModelError` when it is broken."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            return {name: tuple(stored.get_slice(name).get_shape()) for name in stored.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"The weights {path} cannot be read: {error}.", "Get the file again; it is broken or no .safetensors."
        ) from error


def load_weights(module: Any, path: Path, what: str) -> None:
    """Load a file into a module that it must fit name for name. Raises `ModelError` where it does not."""
    from safetensors.torch import load_file

    check_fit(module, weight_shapes(path), path, what)
    fill(module, load_file(path))


def fill(module: Any, state: Mapping[str, Any], versions: Any = None) -> None:
    """Give a module the weights that it has by name.

    `versions` are those of the layers that the weights were stored from (`_metadata` of a state dict), by which some
    networks tell weights of older forms; None stands for today's.
    """
    whole = OrderedDict(state)
    whole._metadata = versions or module.state_dict()._metadata  # type: ignore[attr-defined] - PyTorch's own place
    module.load_state_dict(whole, strict=False)


def check_fit(module: Any, found: Mapping[str, tuple[int, ...]], path: Path, what: str) -> None:
    """Raises `ModelError` that names the weights which are missing, of another shape, or too many."""
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    missing = [name for name in wanted if name not in found and not name.endswith("num_batches_tracked")]
    other = [
        f"{name} {list(found[name])} instead of {list(wanted[name])}"
        for name in wanted
        if _differs(name, wanted, found)
    ]
    surplus = [name for name in found if name not in wanted]
    faults = [f"{len(missing)} are missing ({_some(missing)})"] if missing else []
    faults += [f"{len(other)} have another shape ({_some(other)})"] if other else []
    faults += [f"{len(surplus)} are unknown ({_some(surplus)})"] if surplus else []
    if faults:
        raise ModelError(
            f"The weights {path} do not fit {what}: of its {len(wanted)}, {'; '.join(faults)}.",
            "Name the weights of this very architecture.",
        )


def _differs(name: str, wanted: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]) -> bool:
    return name in found and found[name] != wanted[name]


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def head_size(shapes: Mapping[str, tuple[int, ...]], heads: object) -> int | None:
    """How many classes stored weights have, by the name (or names) of the head's layer; None where it is absent."""
    names = heads if isinstance(heads, tuple | list) else (heads,)
    return next((shapes[f"{name}.weight"][0] for name in names if f"{name}.weight" in shapes), None)
