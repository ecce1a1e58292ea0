"""Layers from scratch, each proved equal to torch's; this package imports torch alone."""

from dlnotes.layers.convolution import conv2d, conv2d_loops, conv_output_size

__all__ = ["conv2d", "conv2d_loops", "conv_output_size"]
