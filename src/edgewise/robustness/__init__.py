"""What a deployed selector does with images that are worse than those it was fitted on."""
