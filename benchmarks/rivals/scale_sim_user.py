"""SCALE-Sim on a topology, without traces on disk: scale_sim_user.py SCALE.cfg TOPOLOGY.csv FOLDER"""

import sys
from pathlib import Path

from scalesim.scale_sim import scalesim

config, topology, folder = sys.argv[1:]
layout = Path(folder) / "layout.csv"
layout.write_text("Layer name,\n")  # it must be there, and is not looked into
sim = scalesim(save_disk_space=True, verbose=False, config=config, topology=topology, layout=str(layout))
sim.run_scale(top_path=folder)
