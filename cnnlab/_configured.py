"""Things that tell with which arguments they were made, so that another one like them can be made."""

import inspect

import numpy as np

from . import _names


class Configured:
    """Keeps every argument of its constructor as an attribute of the same name.

    A class of one's own does so as well, or has a `get_config` that returns the arguments.
    """

    def get_config(self):
        """The arguments that make another one like it: a dict of numbers, words, tuples and such dicts, fit for JSON."""
        return {name: plain(name, self._argument(name)) for name in argument_names(type(self))}

    @classmethod
    def from_config(cls, config):
        """Another one, from what `get_config` gave."""
        return cls(**config)

    def _argument(self, name):
        try:
            return getattr(self, name)
        except AttributeError:
            raise NotImplementedError(
                f"{type(self).__name__} does not keep its argument `{name}`: write self.{name} = {name} in __init__, "
                "or a `get_config(self)` that returns its arguments as a dict."
            ) from None


def argument_names(cls, below=None):
    """The arguments of a class by name, with those that **kwargs hands on to the classes it derives from, up to `below`."""
    names = []
    for kind in cls.__mro__[: cls.__mro__.index(below) if below else None]:
        if "__init__" not in vars(kind):
            continue
        _, *parameters = inspect.signature(kind.__init__).parameters.values()
        by_name = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        names += [name for name in by_name if name not in names]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return names


def plain(name, value):
    """A setting in a form that JSON can hold; what has settings of its own becomes {"class_name", "config"}, as in Keras."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, (tuple, list)):
        return type(value)(plain(name, item) for item in value)
    if isinstance(value, dict):
        return {key: plain(name, item) for key, item in value.items()}
    if callable(getattr(value, "get_config", None)):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    raise TypeError(
        f"`{name}` is {value!r}, which cannot be written down: it must be known by name, or have a `get_config()`."
    )


def look_up(argument, identifier, known, what):
    """An object by name, by {"class_name", "config"}, or by its class; any other thing as it is.

    `what` says in an error what an object looks like, such as "HeNormal(seed=1)".
    """
    _names.refuse_keras(argument, identifier)
    if isinstance(identifier, dict) and "class_name" in identifier:
        return _names.look_up(argument, identifier["class_name"], known).from_config(identifier.get("config") or {})
    if isinstance(identifier, str):
        identifier = _names.look_up(argument, identifier, known)
    if isinstance(identifier, type):
        try:
            return identifier()
        except TypeError as error:
            raise TypeError(f"`{argument}` needs arguments, such as {what}; got {identifier.__name__}: {error}") from None
    return identifier


class Remembering(Configured):
    """Remembers what its constructor was given, which its attributes need not tell."""

    def __new__(cls, *args, **kwargs):
        thing = super().__new__(cls)
        thing._given = args, kwargs
        return thing

    def get_config(self):
        """The arguments that make another one like it; a function is {"function_name": …}."""
        args, kwargs = self._given
        given = inspect.signature(type(self).__init__).bind(self, *args, **kwargs)
        more = [p.name for p in given.signature.parameters.values() if p.kind is p.VAR_KEYWORD]
        _, *values = given.arguments.items()
        named = {name: value for name, value in values if name not in more}
        for name in more:
            named.update(given.arguments.get(name, {}))
        return {
            name: {"function_name": value.__name__} if inspect.isfunction(value) else plain(name, value)
            for name, value in named.items()
        }
