"""Where random numbers come from: one generator for all, unless a seed asks for its own."""

import numpy as np

from .arithmetic import whole_number

_shared = np.random.default_rng()


def set_seed(seed):
    global _shared
    _shared = np.random.default_rng(seed)


def generator(seed=None):
    """A generator of its own for a seed, the shared one for None."""
    return _shared if seed is None else np.random.default_rng(seed)


def check_seed(seed):
    """A seed as a Python int, or None."""
    return None if seed is None else whole_number("seed", seed, at_least=0)
