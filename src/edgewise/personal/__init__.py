"""The device learns its user: observe, prune, verify, swap, watch."""
