"""The fingerprint of the machine that made a result; it goes into every result."""

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PACKAGES = (
    "numpy",
    "opencv-python-headless",
    "pillow",
    "onnxruntime",
    "scikit-learn",
    "ai-edge-litert",
    "openvino",
    "nncf",
    "executorch",
    "ncnn",
    "torch",
    "timm",
    "torch-pruning",
)


@dataclass(frozen=True)
class Machine:
    """What decides how fast and how exactly a model runs here."""

    cpu: str
    cores: int  # cores this process may use
    memory_gib: float
    system: str
    python: str
    packages: dict[str, str]  # versions of what computes; absent packages are left out


def fingerprint() -> Machine:
    """Read the machine that this process runs on."""
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gib=round(_memory_bytes() / 2**30, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages={name: version for name in PACKAGES if (version := _version(name))},
    )


def _cpu() -> str:
    """The processor's own name; on Linux from /proc/cpuinfo, whose keys differ between x86 and Arm."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for key in ("model name", "Model", "Hardware"):
        for line in lines:
            if line.startswith(key):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
