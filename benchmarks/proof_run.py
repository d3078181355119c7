"""Run a rival's script as its user would, beside a PyTorch that torchvision was not built for.

python benchmarks/proof_run.py SCRIPT ARGUMENTS...
"""

import runpy
import sys
from pathlib import Path

from edgewise.runtime.torchvision_beside_cpu_torch import declare_operators


def main() -> None:
    declared = declare_operators()  # must stay alive
    script = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(Path(script).parent.resolve()))
    runpy.run_path(script, run_name="__main__")
    del declared


if __name__ == "__main__":
    main()
