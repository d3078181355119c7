"""The papers' whole comparison on any profile, beside the figures that they publish."""
