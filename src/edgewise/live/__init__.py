"""A play: a stream of images goes through the real service, and what the device made of it is judged afterwards."""
