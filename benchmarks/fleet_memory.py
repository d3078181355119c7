"""The peak of memory of a fleet of so many users, of the process that puts all blocks together, for `fleet.py`.

    python benchmarks/fleet_memory.py USERS

500 users are played and their block is taken as often as it needs, each time as a copy: what is held and summarised is
as large as that many users' own. Prints bytes, by Linux' VmHWM: what `getrusage` gives a process may be its parent's.
"""

import subprocess
import sys
from pathlib import Path

from edgewise.fleet.calibration import read_calibration
from edgewise.fleet.find_device import find_device
from edgewise.fleet.play import Block, play
from edgewise.fleet.result import result_of
from edgewise.fleet.simulate import BLOCK_USERS, Fleet, together
from edgewise.fleet.terms import Terms


def peak_bytes(users: int) -> int:
    """In a process of its own."""
    done = subprocess.run([sys.executable, __file__, str(users)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def main() -> None:
    users = int(sys.argv[1])
    whole = read_calibration()
    chosen = whole.only(whole.ways[0])
    device, terms = find_device("calibration", chosen), Terms(users=users)
    one = play(Block(terms, chosen, device, 0, min(users, BLOCK_USERS)))
    blocks = [{name: values.copy() for name, values in one.items()} for _ in range(0, users, BLOCK_USERS)]
    result_of(Fleet(terms, chosen, device, together(iter(blocks)), {}))
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    print(1024 * int(line.split()[1]))


if __name__ == "__main__":
    main()
