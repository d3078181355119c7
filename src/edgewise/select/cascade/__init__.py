"""The confidence cascade: run a model, stop when it is sure enough, else run the next."""
