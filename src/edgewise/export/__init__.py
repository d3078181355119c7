"""A classifier as a file of another runtime, at another precision: written, checked against the original, measured."""
