"""The page that the service serves: no build step, nothing fetched from elsewhere."""
