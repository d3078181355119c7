"""The profile: every model on every image, kept as tables that everything later reads."""
