"""What a systolic array makes of a network: products of matrices, cycles, and their numerics. It knows shapes alone."""
