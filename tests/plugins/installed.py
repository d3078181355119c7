"""A package as pip leaves it: its modules, and beside them the metadata that name it and its entry points."""

from collections.abc import Mapping
from pathlib import Path

NAME, VERSION = "acme-vision", "2.3"
PACKAGE = f"{NAME} {VERSION}"


def install(
    folder: Path,
    entries: Mapping[str, Mapping[str, str]],
    files: Mapping[str, str] | None = None,
    *,
    name: str = NAME,
    version: str = VERSION,
) -> Path:
    """The folder, for `sys.path`. `entries`: by group, what stands behind each name; `files`: by path, their texts."""
    about = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n")
    groups = (
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in each.items()) for group, each in entries.items()
    )
    (about / "entry_points.txt").write_text("\n".join(groups))
    for path, text in (files or {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder
