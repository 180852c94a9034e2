"""CNN Lab: convolutional neural networks, one number at a time.

`cnnlab.ops` computes, `cnnlab.Sequential` and `cnnlab.layers` learn, `cnnlab.datasets` loads,
`cnnlab.plots` draws, `cnnlab.widgets` lets you touch, `cnnlab.exercises` checks. Each is imported
when it is first used, so that `import cnnlab` is quick, and none of them imports TensorFlow by itself.
"""

import importlib
import os
import sys

__version__ = "0.1.0"

# TensorFlow's start-up log says nothing that a lesson needs, and a notebook shows it in red, like an error.
# Ask TensorFlow for silence; what it writes all the same goes to the terminal of the server, where logs
# belong. Python's own warnings stay in the notebook.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
_terminal = getattr(sys.stderr, "_original_stdstream_copy", None)  # ipykernel's
if _terminal is not None:
    os.dup2(_terminal, 2)

_PARTS = (
    *("arithmetic", "datasets", "exercises", "ops", "plots", "widgets"),
    # As in Keras:
    *("activations", "callbacks", "config", "constraints", "initializers", "layers", "losses"),
    *("metrics", "models", "optimizers", "regularizers", "utils"),
)
_SHORTCUTS = {"Input": "layers", "Layer": "layers", "Sequential": "models"}


def __getattr__(name):
    if name in _PARTS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _SHORTCUTS:
        return getattr(importlib.import_module(f"{__name__}.{_SHORTCUTS[name]}"), name)
    if name == "gradient_check":
        return importlib.import_module(f"{__name__}._gradient_check").gradient_check
    raise AttributeError(f"module 'cnnlab' has no part {name!r}; its parts are {', '.join(_PARTS)}")


def __dir__():
    return sorted({*globals(), *_PARTS, *_SHORTCUTS, "gradient_check"})
