"""Routers: look at an image's learned embedding, then run the one model that is worth its time."""
