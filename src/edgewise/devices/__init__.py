"""Devices: how fast networks are on each, kept in a table that a team shares, and foretold from it."""
