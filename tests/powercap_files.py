"""RAPL's counters as Linux shows them, as files of a test."""

from pathlib import Path

RANGE_UJ = 262_143_328_850


def zone(root: Path, place: str, name: str, energy_uj: int = 0) -> Path:
    """One zone; gives its counter."""
    folder = root / place
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
    (folder / "energy_uj").write_text(f"{energy_uj}\n")
    return folder / "energy_uj"
