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


def count(number, word):
    """How many of what, in words.

    >>> count(1, "channel"), count(3, "filter")
    ('1 channel', '3 filters')
    """
    return f"{number} {word}" if str(number) == "1" else f"{number} {word}s"


def names_of_classes(names, classes):
    """The names as a list of str; the numbers of the classes where there are none.

    Parameters
    ----------
    names : None, list of names, {number: name} or {name: number}
    classes : int
        How many there must be.

    >>> names_of_classes({1: "dog", 0: "cat"}, 2)
    ['cat', 'dog']
    """
    if names is None:
        return [str(place) for place in range(classes)]
    if isinstance(names, dict):
        names = _in_order(names)
    if isinstance(names, (str, bytes, set, frozenset, type)) or not hasattr(names, "__iter__") or getattr(names, "ndim", 1) != 1:
        raise TypeError(
            f"`class_names` must be a list of names, one for each class in the order of their numbers; got {names!r}."
        )
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in names]
    if len(names) != classes:
        raise ValueError(f"`class_names` must have one name for each of the {classes} classes; got {len(names)}.")
    return names


def _in_order(names):
    """The names of a dictionary in the order of the numbers, whichever of the two are its keys."""
    for pairs in (names.items(), [(number, name) for name, number in names.items()]):
        try:
            ordered = sorted(pairs, key=lambda pair: pair[0])
            if [number for number, _ in ordered] == list(range(len(ordered))):
                return [name for _, name in ordered]
        except TypeError:
            pass
    raise ValueError(
        f"`class_names`, as a dictionary, must number the classes from 0 on, such as {{0: 'cat', 1: 'dog'}}; got {names!r}."
    )
