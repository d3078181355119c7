"""SCALE-Sim on one topology; run by `scale_sim.py` with the Python that has it, and no edgewise.

    python scale_sim_child.py CONFIG TOPOLOGY LAYOUT FOLDER

A line of JSON for each layer when it is done, and a last one with all seconds and the versions. Traces are not written:
its own command line has a switch against them, `-s N`, and passes over it.
"""

import json
import sys
from importlib.metadata import version
from platform import python_version
from time import perf_counter_ns

from scalesim.scale_sim import scalesim
from scalesim.single_layer_sim import single_layer_sim


def main() -> None:
    config, topology, layout, folder = sys.argv[1:]
    run = single_layer_sim.run

    def timed(layer: single_layer_sim) -> None:
        started = perf_counter_ns()
        run(layer)
        said = {"layer": layer.layer_id, "seconds": (perf_counter_ns() - started) / 1e9}
        print(json.dumps(said), flush=True)

    single_layer_sim.run = timed
    started = perf_counter_ns()
    whole = scalesim(save_disk_space=True, verbose=False, config=config, topology=topology, layout=layout)
    whole.run_scale(top_path=folder)
    versions = {name: version(name) for name in ("scalesim", "numpy")} | {"python": python_version()}
    print(json.dumps({"seconds": (perf_counter_ns() - started) / 1e9, "versions": versions}), flush=True)


if __name__ == "__main__":
    main()
