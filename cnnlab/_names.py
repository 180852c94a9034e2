"""Names: of things to look up, and of layers that were given none."""

import collections
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
