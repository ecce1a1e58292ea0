"""Checks of the exercises under docs/models/, one module per page."""
