"""What a user waits for before the first answer: `import edgewise`, `edgewise --version`, and one `edgewise classify`.

    python benchmarks/startup.py

Each is a fresh process, started in turn with the others, 15 times; the bare interpreter is timed beside them. Results
go to benchmarks/results/startup.json.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from pages import write_result

from edgewise.drawn import write_split

ROUNDS = 15


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_split(Path(folder), "sample", 1)
        image = next(Path(folder).rglob("*.png"))
        commands = {
            "bare interpreter": ["-c", "pass"],
            "import edgewise": ["-c", "import edgewise"],
            "edgewise --version": ["-m", "edgewise", "--version"],
            "edgewise classify IMAGE": ["-m", "edgewise", "classify", str(image)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, arguments in commands.items():
                started = perf_counter_ns()
                subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
                times[name].append((perf_counter_ns() - started) / 1e6)
    medians = {name: round(float(np.median(values)), 1) for name, values in times.items()}
    p90 = {name: round(float(np.percentile(values, 90)), 1) for name, values in times.items()}
    write_result("startup", {"rounds": ROUNDS, "median_ms": medians, "p90_ms": p90})
    for name, median in medians.items():
        print(f"{name:26} {median:7.1f} ms median, {p90[name]:7.1f} ms p90")


if __name__ == "__main__":
    main()
