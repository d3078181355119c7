"""Images: decode what users really have, prepare it for a model, list data sets."""
