"""What an object was made with, as a dictionary, and the object made of it again: `get_config` and `from_config` of Keras."""

import inspect

__all__ = ["deserialize", "serialize", "settings_of"]


def settings_of(thing):
    """The arguments that would make the same again, by name: its attributes of these names.

    >>> from cnnlab.optimizers.schedules import ExponentialDecay
    >>> settings_of(ExponentialDecay(0.1, 10, 0.5))
    {'initial_learning_rate': 0.1, 'decay_steps': 10, 'decay_rate': 0.5, 'staircase': False, 'name': 'ExponentialDecay'}
    """
    kind = type(thing)
    variable = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    names = [p.name for p in inspect.signature(kind).parameters.values() if p.kind not in variable]
    missing = [name for name in names if not hasattr(thing, name)]
    if missing:
        raise NotImplementedError(
            f"{kind.__name__} takes {', '.join(f'`{name}`' for name in missing)}, but keeps no attribute of that name. "
            "Keep one (self.name = name), or write `get_config(self)`: a dictionary of all arguments."
        )
    return {name: getattr(thing, name) for name in names}


def serialize(thing):
    """The name of its class, and its settings."""
    return {"class_name": type(thing).__name__, "config": thing.get_config()}


def deserialize(argument, config, known, custom_objects=None):
    """What `serialize` describes; also as Keras's `serialize` does.

    Parameters
    ----------
    argument : str
        What an error calls it, such as "optimizer".
    config : dict
        With "class_name" and "config".
    known : dict of classes
    custom_objects : dict of classes of your own, optional
    """
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ValueError(f"`{argument}` must be a dictionary with 'class_name' and 'config'; got {config!r}.")
    name = config["class_name"]
    kind = {**known, **(custom_objects or {})}.get(name)
    if kind is None:
        by_small_letters = {name.lower(): kind for name, kind in known.items()}
        kind = by_small_letters.get(name.lower())
    if kind is None:
        raise ValueError(
            f"`{argument}`: the class {name!r} is not known here. There are {', '.join(sorted(known))}. "
            f"If it is one of your own, pass custom_objects={{{name!r}: {name}}}."
        )
    return kind.from_config(dict(config.get("config") or {}))
