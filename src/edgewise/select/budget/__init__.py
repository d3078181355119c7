"""Budgets: what a user allows an answer to cost or demands of it, and the selector that keeps to it."""
