"""The process that writes a network for one runtime: reads what to write from stdin as JSON, prints what came of it.

What converters do to a process is no longer than it, and one that crashes is a line of the table.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgewise.errors import EdgewiseError
from edgewise.export.images import user_images
from edgewise.export.network import Precision
from edgewise.export.write import Target, write
from edgewise.processes import end_with
from edgewise.runtime.engines import Engine
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import from_description


def main() -> None:
    """Work for a parent, whose process id is the argument."""
    end_with(int(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        reply = _written(**json.loads(sys.stdin.read()))
    except EdgewiseError as error:
        reply = {"failure": error.message}
    answers.write(json.dumps(reply) + "\n")
    answers.flush()
    os._exit(0)  # converters may crash on their way out


def _written(
    source: dict[str, Any], engine: str, precision: Precision, out: str, data: str | None, limit: int, seed: int
) -> dict[str, Any]:
    classifier = load(from_description(source))
    images = user_images(data, classifier.card.preprocess, limit, seed) if data else None
    written = write(classifier, Target(Engine(engine), precision), Path(out), images, least_agreement=0)
    return {"model": str(written.model), "bytes": written.bytes, **asdict(written.agreement)}


if __name__ == "__main__":
    main()
