"""Names: of things to look up, of layers that were given none, of things of Keras; and how many there are of a thing."""

import collections
import importlib
import inspect
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


def count(number, thing, plural=None):
    """A number with what it counts, in the singular or the plural.

    >>> count(1, "channel"), count(3, "channel"), count(2, "class"), count(2, "axis", "axes")
    ('1 channel', '3 channels', '2 classes', '2 axes')
    """
    ending = "es" if thing.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{number} {thing if number == 1 else plural or thing + ending}"


def in_short(value):
    """A value as an error shows it: an array by its shape, anything else in at most a line.

    >>> in_short(range(3)), in_short("x" * 100)[:9]
    ('range(0, 3)', "'xxxxxxxx")
    """
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and hasattr(value, "dtype"):
        return f"an array of shape {shape} and type {value.dtype}" if shape else repr(value)
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}…"


def of_keras(thing):
    """What to say of a thing that Keras has made: its name there, and the import that fits; None for any other thing.

    A class, an object of a class or of one derived from it, or a function; Keras need not be there.

    >>> of_keras(1.5) is None
    True
    """
    kinds = thing.__mro__ if inspect.isclass(thing) else (thing, *type(thing).__mro__)
    for kind in kinds:
        module = getattr(kind, "__module__", None)
        parts = module.split(".") if isinstance(module, str) else [""]
        if parts[0] in ("keras", "tf_keras", "tensorflow") and "keras" in "".join(parts):
            name = getattr(kind, "__name__", None) or type(kind).__name__
            return _import_instead(name, [part for part in parts if part not in ("tensorflow", "python", "src", "api")])
    return None


def _import_instead(name, parts):
    if name == "KerasTensor":  # what keras.Input gives
        return "a tensor of keras.Input; here it is: from cnnlab.layers import Input"
    folder = next((part for part in parts[1:] if part in _PARTS), "")
    theirs = ".".join(filter(None, ["keras", folder if folder != "models" else "", name]))
    for part in ("cnnlab", f"cnnlab.{folder}", f"cnnlab.{folder}.schedules"):
        try:
            module = importlib.import_module(part)
            found = name in getattr(module, "__all__", ()) or (name == "Sequential" and part == "cnnlab")
        except ImportError:
            continue
        if found:
            return f"{theirs}; here it is: from {part} import {name}"
    return f"{theirs}, and cnnlab has nothing of this name"


# Where Keras keeps what goes into a model.
_PARTS = (
    "activations callbacks constraints initializers layers losses metrics models optimizers regularizers datasets ops"
).split()


def refuse_keras(argument, thing):
    """Raise if Keras has made this thing, which works in Keras's models only."""
    found = of_keras(thing)
    if found:
        raise TypeError(f"`{argument}` must come from cnnlab, not from Keras; got {found}.")


class NotForKeras:
    """What looks like a part of a model of Keras's, and is refused there with the import that fits."""

    @property
    def _keras_history(self):
        # Keras asks for it before it looks at what it was given, and then says only that this is no layer of its own.
        kind = next(kind for kind in type(self).__mro__ if kind.__module__.startswith(f"{__package__}."))
        where = "keras.layers" if "layers" in kind.__module__ else "keras"
        raise TypeError(
            f"`layer` must come from Keras, as the model does; got cnnlab's {kind.__name__}. "
            f"There it is: from {where} import {kind.__name__}."
        )


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
    listed = hasattr(names, "__iter__") and getattr(names, "ndim", 1) == 1
    if not listed or isinstance(names, (str, bytes, set, frozenset, type)):
        raise TypeError(
            "`class_names` must be a list of names, one for each class in the order of their numbers; "
            f"got {in_short(names)}."
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
        "`class_names`, as a dictionary, must number the classes from 0 on, such as {0: 'cat', 1: 'dog'}; "
        f"got {in_short(names)}."
    )
