"""What a network has to do for one image: the multiplications of its layers, and the numbers that they move."""
