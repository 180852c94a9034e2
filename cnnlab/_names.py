"""Names: of things to look up, and of layers that were given none."""

import collections
import importlib
import re

_counts = collections.Counter()


def look_up(argument, identifier, known):
    """What `known` has under this name; capitals and underscores do not matter.

    Parameters
    ----------
    argument : str
        What the error calls it, such as "optimizer".
    identifier : str
    known : dict
        By name, in snake_case.
    """
    plain = {name.replace("_", ""): found for name, found in known.items()}
    key = identifier.lower().replace("_", "")
    if key not in plain:
        raise ValueError(f"`{argument}` {identifier!r} is not known. There are {', '.join(map(repr, known))}.")
    return plain[key]


def refuse_keras(argument, given, part):
    """Raise if this is Keras's own: there is the same thing here, one import apart.

    Parameters
    ----------
    argument, part : str
        What the error calls it, and the module that has it, such as "loss" and "losses".
    """
    modules = (type(given).__module__, getattr(given, "__module__", None) or "")
    if not any(module.split(".")[0] == "keras" for module in modules):
        return
    name = getattr(given, "__name__", type(given).__name__)
    ours = hasattr(importlib.import_module(f"{__package__}.{part}"), name)
    remedy = f"take cnnlab.{part}.{name} (from cnnlab import {part})" if ours else "there is no such thing here"
    raise TypeError(f"`{argument}` is Keras's {name}, and this model is cnnlab's: {remedy}.")


def snake_case(class_name):
    """A class name in small letters, as Keras writes them.

    >>> snake_case("GlobalAveragePooling2D")
    'global_average_pooling2d'
    """
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", class_name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(class_name):
    """A name made from the class: "conv2d", then "conv2d_1", and so on."""
    name = snake_case(class_name)
    number = _counts[name]
    _counts[name] += 1
    return f"{name}_{number}" if number else name
