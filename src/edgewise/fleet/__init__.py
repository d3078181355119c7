"""Thousands of drawn users: what a network of one's own costs and gains each, against the best fixed choice for all."""
