"""Seeds and labels, as in `keras.utils`."""

import random

import numpy as np

from . import _random
from .ops._arguments import numbers

__all__ = ["set_random_seed", "to_categorical"]


def set_random_seed(seed):
    """Make what follows repeat itself: first weights, shuffling, dropout.

    Seeds Python's `random`, `numpy.random` and cnnlab. The same seed gives other numbers in Keras:
    its generators are different ones.

    >>> from cnnlab import initializers
    >>> set_random_seed(1)
    >>> first = initializers.GlorotUniform()((2, 2))
    >>> set_random_seed(1)
    >>> bool((initializers.GlorotUniform()((2, 2)) == first).all())
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ValueError(f"`seed` must be a whole number from 0 to {2**32 - 1}; got {seed!r}.")
    random.seed(int(seed))
    np.random.seed(seed)
    _random.set_seed(seed)


def to_categorical(x, num_classes=None):
    """Labels as rows of zeros with a single one: "one-hot".

    Parameters
    ----------
    x : array of whole numbers, shape (…) or (…, 1)
    num_classes : int, optional
        Length of the rows; one more than the largest label by default.

    Returns
    -------
    array of float32, shape (…, num_classes)

    >>> to_categorical([0, 2])
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    labels = numbers("x", x)
    if (labels != np.floor(labels)).any():
        first = labels[labels != np.floor(labels)].flat[0]
        raise ValueError(f"`x` must hold whole numbers, the labels; it holds {first}.")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    labels = labels.astype(np.int64)
    if num_classes is None:
        num_classes = labels.max(initial=-1) + 1
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise ValueError(
            f"`x` must hold labels from 0 to {num_classes - 1}, `num_classes` being {num_classes}; "
            f"they go from {labels.min()} to {labels.max()}."
        )
    return np.eye(num_classes, dtype=np.float32)[labels]
