"""Explorers: pictures of an operation that answer when you touch them."""

from .activation_explorer import ActivationExplorer
from .backprop_explorer import BackpropExplorer
from .confusion_explorer import ConfusionExplorer
from .convolution_explorer import ConvolutionExplorer
from .draw_digit import DrawDigit
from .geometry_explorer import GeometryExplorer
from .kernel_playground import KernelPlayground
from .network_builder import NetworkBuilder
from .network_explorer import NetworkExplorer
from .pooling_explorer import PoolingExplorer
from .training_monitor import TrainingMonitor

__all__ = [
    "ActivationExplorer",
    "BackpropExplorer",
    "ConfusionExplorer",
    "ConvolutionExplorer",
    "DrawDigit",
    "GeometryExplorer",
    "KernelPlayground",
    "NetworkBuilder",
    "NetworkExplorer",
    "PoolingExplorer",
    "TrainingMonitor",
]
