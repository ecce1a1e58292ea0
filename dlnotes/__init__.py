"""Deep learning with PyTorch, measured: models, layers, data, training, and the glossary behind the dlnotes site."""

__all__ = ["__version__"]

__version__ = "0.1.0"
