"""Checks of the exercises under docs/training/, one module per page."""
