"""How fast a network is on each runtime of this device: each in a process of its own, all in turns."""
