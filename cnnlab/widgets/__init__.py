"""Explorers: pictures of an operation that answer when you touch them."""

from .convolution_explorer import ConvolutionExplorer

__all__ = ["ConvolutionExplorer"]
