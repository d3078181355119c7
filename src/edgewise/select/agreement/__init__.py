"""Models that vote: stop as soon as enough of them agree. Needs their answers alone, no scores."""
