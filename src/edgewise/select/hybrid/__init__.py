"""Hybrids: a router names the stage at which a confidence cascade starts."""
