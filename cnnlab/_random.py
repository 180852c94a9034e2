"""Where random numbers come from: one generator for all, unless a seed asks for its own."""

import numpy as np

_shared = np.random.default_rng()


def set_seed(seed):
    global _shared
    _shared = np.random.default_rng(seed)


def generator(seed=None):
    """A generator of its own for a seed, the shared one for None."""
    return _shared if seed is None else np.random.default_rng(seed)
