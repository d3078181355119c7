"""The service: answer images with the model that the selector chose."""
