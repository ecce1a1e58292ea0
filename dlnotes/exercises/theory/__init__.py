"""Checks of the exercises under docs/theory/, one module per page."""
