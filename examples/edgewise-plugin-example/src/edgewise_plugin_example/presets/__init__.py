"""Accelerators: a TOML file each."""
