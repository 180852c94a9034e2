"""The number type of new layers, as in `keras.config`."""

__all__ = ["floatx", "set_floatx"]

_floatx = "float32"


def floatx():
    """The type that new layers compute in: "float32", unless `set_floatx` was called.

    >>> floatx()
    'float32'
    """
    return _floatx


def set_floatx(value):
    """Let layers made from now on compute in "float32" or "float64"."""
    global _floatx
    _floatx = check_floatx("value", value)


def check_floatx(argument, value):
    name = getattr(value, "__name__", str(value))  # np.float64, np.dtype("float64") or "float64"
    if name not in ("float32", "float64"):
        raise ValueError(f"`{argument}` must be 'float32' or 'float64'; got {value!r}.")
    return name
