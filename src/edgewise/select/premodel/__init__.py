"""The premodel of Taylor et al. 2018 and its variants: look at the image, run the one model that is named."""
