"""`edgewise serve` in a process that ends with the one that started it, however that ends."""

import runpy
import sys

from edgewise.processes import end_with


def run() -> None:
    """Arguments: the process to end with, and those of `edgewise serve`."""
    parent, *arguments = sys.argv[1:]
    end_with(int(parent))
    sys.argv = ["edgewise", "serve", *arguments]
    runpy.run_module("edgewise", run_name="__main__")


if __name__ == "__main__":
    run()
