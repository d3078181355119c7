"""The energy of an answer: measured where the machine allows it, else modelled from the network's work."""
