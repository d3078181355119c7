"""Promises that hold on images to come: risks bounded on a split of its own, and inputs that no bound covers."""
