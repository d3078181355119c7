"""The process of one entrant: reads requests from stdin, a JSON object a line, and answers each with one on stdout."""

import json
import os
import sys
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from edgewise.errors import EdgewiseError
from edgewise.processes import end_with
from edgewise.prune.peak_memory import PeakMemory
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import from_description


def main() -> None:
    """Work for a parent, whose process id is the argument."""
    end_with(int(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a runtime prints does not meet the answers
    work = _Work()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = getattr(work, request.pop("what"))(**request)
        except EdgewiseError as error:
            reply = {"failure": error.message, "hint": error.hint}
        except Exception as error:  # a runtime's own
            first = next(iter(str(error).strip().splitlines()), "")
            reply = {"failure": f"{type(error).__name__}: {first}"[:300], "hint": "Leave this runtime out."}
        answers.write(json.dumps(reply) + "\n")
    # Engines have threads and finalisers that may crash on their way out.
    os._exit(0)


class _Work:
    """What can be asked for; the network is loaded first."""

    def __init__(self) -> None:
        self._memory = PeakMemory("process")
        self._classifier: Classifier
        self._image: np.ndarray

    def load(self, source: dict[str, Any], engine: str, threads: int) -> dict[str, Any]:
        found = from_description(source)
        began = perf_counter_ns()
        self._classifier = load(found, threads=threads, engine=engine)
        load_ms = (perf_counter_ns() - began) / 1e6
        side = self._classifier.card.preprocess.size_px
        self._image = np.random.default_rng(0).normal(size=(1, 3, side, side)).astype(np.float32)
        return {"macs": self._classifier.card.macs, "load_ms": load_ms}

    def logits(self, images: str, out: str) -> dict[str, Any]:
        batch = np.load(images, mmap_mode="r")
        rows = [self._classifier.predict(np.array(batch[i : i + 1])) for i in range(len(batch))]
        np.save(Path(out), np.concatenate(rows))
        return {}

    def run(self, runs: int) -> dict[str, Any]:
        ms: list[float] = []
        for _ in range(runs):
            began = perf_counter_ns()
            self._classifier.session.run(self._image)
            ms.append((perf_counter_ns() - began) / 1e6)
        return {"ms": ms}

    def peak(self) -> dict[str, Any]:
        return {"bytes": self._memory.bytes}


if __name__ == "__main__":
    main()
