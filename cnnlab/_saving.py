"""Whole models in a file: layers, weights, and how far their training is. As `save` and `load_model` of `keras.models`.

A file is a zip archive: `model.json` says how everything was made, the arrays lie beside it in NumPy's format.
Nothing in it is a program: classes are looked up by their names, here and in `custom_objects`.
"""

import inspect
import io
import json
import os
import zipfile

import numpy as np

from . import _weight_files, layers, losses, metrics, optimizers
from ._configured import plain

SUFFIX = ".cnnlab"
_FORMAT = "cnnlab model 1"


def save_model(model, filepath, overwrite=True):
    """Store a model; `filepath` ends in .cnnlab."""
    path = os.fspath(filepath)
    if type(model) is not _models().Sequential:
        raise NotImplementedError(
            f"{type(model).__name__} is a class of your own, which a file cannot hold. Make it again by your "
            f"program, and "
            "store its weights: save_weights."
        )
    if not path.endswith(SUFFIX):
        of_keras = " Files of Keras can only be written by Keras." if path.endswith((".keras", ".h5", ".hdf5")) else ""
        raise ValueError(
            f"`filepath` must end in {SUFFIX!r}, such as 'model{SUFFIX}'; got {path!r}.{of_keras} "
            "For the weights alone there is save_weights, with any name."
        )
    arrays = {f"weights/{name}": weight for name, weight in zip(_weight_files.names(model), model.weights)}
    described = {"format": _FORMAT, "model": _model_config(model), "input_shape": model.input_shape}
    described["generators"] = [
        {
            name: value.bit_generator.state
            for name, value in vars(layer).items()
            if isinstance(value, np.random.Generator)
        }
        for layer in model._leaves()
    ]
    if model.optimizer:
        described["compile"] = _compile_config(model)
        described["optimizer"] = _optimizer_state(model, arrays)
    described["arrays"] = list(arrays)
    text = json.dumps(described, indent=1, default=_as_list)

    def write(file):
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("model.json", text)
            for name, array in arrays.items():
                part = io.BytesIO()
                np.lib.format.write_array(part, np.asanyarray(array), allow_pickle=False)
                archive.writestr(f"{name}.npy", part.getvalue())

    _weight_files.write_whole(path, overwrite, write)


def load_model(filepath, custom_objects=None, compile=True, safe_mode=True):
    """The model that `model.save` has stored, ready to go on with its training.

    Parameters
    ----------
    filepath : str or path
    custom_objects : dict, optional
        Classes and functions of your own that the model was made with, by name.
    compile : bool
        Whether to compile it as it was, its optimizer where it was.
    safe_mode : bool
        As programs for Keras pass it: there is nothing unsafe in a file.
    """
    path = os.fspath(filepath)
    kind = _weight_files.kind_of(path)
    if kind != "model":
        what = {"keras": "a file of Keras", "weights": "a file of weights alone"}.get(kind, kind)
        raise ValueError(
            f"{path} is {what}, and not a model that `model.save` has stored."
            + (
                " Make the model with the same layers, and then model.load_weights(path)."
                if kind in ("keras", "weights")
                else ""
            )
        )
    try:
        with zipfile.ZipFile(path) as archive:
            described = json.loads(archive.read("model.json"))
            arrays = {
                name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False)
                for name in archive.namelist()
                if name != "model.json"
            }
        if described["format"] != _FORMAT:
            raise ValueError(f"its format is {described['format']!r}, and this version of cnnlab reads {_FORMAT!r}")
        if list(arrays) != described["arrays"]:
            raise ValueError("some of its arrays are missing")
        config, generators = described["model"]["config"], described["generators"]
    except _weight_files._DAMAGED as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    own = custom_objects or {}
    model = _model(config, own)
    model.build(tuple(described["input_shape"]))
    model.set_weights(_weight_files.read(model, path))
    for layer, states in zip(model._leaves(), generators):
        for name, state in states.items():
            getattr(layer, name).bit_generator.state = state
    if compile and "compile" in described:
        how = described["compile"]
        model.compile(
            optimizers.deserialize(how["optimizer"], own),
            _made(how["loss"], losses, losses.Loss, own),
            metrics=[_made(metric, metrics, metrics.Metric, own) for metric in how["metrics"]],
            weighted_metrics=[_made(metric, metrics, metrics.Metric, own) for metric in how["weighted_metrics"]],
        )
        _restore_optimizer(model, described["optimizer"], arrays)
    return model


def _model_config(model):
    entries = [] if model._input is None else [model._input]
    described = []
    for layer in [*entries, *model.layers]:
        if hasattr(layer, "layers"):
            described.append(_model_config(layer))
        else:
            try:
                described.append({"class_name": type(layer).__name__, "config": layer.get_config()})
            except (NotImplementedError, TypeError) as error:
                raise type(error)(f"Layer {layer.name!r} cannot be stored: {error}") from error
    config = {"layers": described, "trainable": model.trainable, "name": model.name}
    return {"class_name": "Sequential", "config": config}


def _compile_config(model):
    try:
        return {
            "optimizer": plain("optimizer", model.optimizer),
            "loss": plain("loss", model.loss),
            "metrics": [plain("metrics", metric) for metric in model.metrics],
            "weighted_metrics": [plain("weighted_metrics", metric) for metric in model.weighted_metrics],
        }
    except (NotImplementedError, TypeError) as error:
        raise type(error)(f"How the model was compiled cannot be stored: {error}") from error


def _optimizer_state(model, arrays):
    """What JSON can hold of it; the rest goes to the arrays."""
    optimizer = model.optimizer
    iterations, kept, averages = optimizer.state()
    if optimizer._not_decaying["arrays"]:
        optimizer._find_not_decaying({key: getattr(*where) for key, where in model._places().items()})
    arrays.update(
        {f"optimizer/{i}/{j}": array for i, slots in enumerate(kept.values()) for j, array in enumerate(slots)}
    )
    arrays.update({f"averages/{i}": array for i, array in enumerate(averages.values())})
    return {
        "iterations": iterations,
        "kept": {key: len(slots) for key, slots in kept.items()},
        "averages": list(averages),
        "not_decaying": optimizer._not_decaying,
    }


def _restore_optimizer(model, state, arrays):
    kept = {key: [arrays[f"optimizer/{i}/{j}"] for j in range(n)] for i, (key, n) in enumerate(state["kept"].items())}
    averages = {key: arrays[f"averages/{i}"] for i, key in enumerate(state["averages"])}
    if state["iterations"]:
        model.optimizer.belongs_to(model._mark)
    model.optimizer.restore((state["iterations"], kept, averages))
    model.optimizer._not_decaying = state["not_decaying"]


def _model(config, own):
    made = []
    for entry in config["layers"]:
        is_model = entry["class_name"] == "Sequential"
        made.append(_model(entry["config"], own) if is_model else _made(entry, layers, layers.Layer, own))
    model = _models().Sequential(made, name=config["name"])
    model._trainable_itself = config["trainable"]
    return model


def _made(described, module, base, own):
    """The object of a class in this module, or of one's own."""
    name = described["class_name"]
    kind = own.get(name, getattr(module, name, None))
    if not inspect.isclass(kind) or not issubclass(kind, base):
        raise ValueError(
            f"The model was made with {name}, which is not in {module.__name__}. If it is a class of your own, pass "
            f"it: "
            f"load_model(…, custom_objects={{{name!r}: {name}}})."
        )
    return kind.from_config(_inside(described["config"], module, own))


def _inside(value, module, own):
    """Settings in which what is one's own is made."""
    if isinstance(value, dict):
        if value.get("class_name") in own:
            return own[value["class_name"]].from_config(_inside(value["config"], module, own))
        if set(value) == {"function_name"}:
            name = value["function_name"]
            function = own.get(name, getattr(module, name, None))
            if not callable(function):
                raise ValueError(
                    f"The model was made with the function {name!r}. Pass it: load_model(…, custom_objects="
                    f"{{{name!r}: {name if name.isidentifier() else '…'}}})."
                )
            return function
        return {key: _inside(item, module, own) for key, item in value.items()}
    return [_inside(item, module, own) for item in value] if isinstance(value, list) else value


def _models():
    from . import models  # which imports this

    return models


def _as_list(array):
    return array.tolist()
