"""Selectors that learn from a model's outputs what another model would add: the deferral head, expected utility."""
