"""The confidence cascade: run the cheapest model, stop when it is sure enough."""
