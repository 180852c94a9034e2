"""Files of weights: those that `save_weights` and `save` write, those of Keras, and which other files are which."""

import io
import json
import os
import zipfile

import numpy as np

from . import _names, layers

_HDF5 = b"\x89HDF\r\n\x1a\n"
_DAMAGED = (AttributeError, EOFError, IndexError, KeyError, OSError, TypeError, ValueError, zipfile.BadZipFile)


def write(model, filepath, overwrite):
    """Store the weights in a file of NumPy's format .npz. Each is named by its place, layer and own name."""
    arrays = dict(zip(names(model), model.weights))
    write_whole(filepath, overwrite, lambda file: np.savez(file, **arrays))


def names(model):
    """The names of the weights in a file."""
    return [f"{place:03d}/{'/'.join(of)}" for place, of in enumerate(described(model))]


def described(model):
    """For each weight the class and the name of its layer, and its own name."""
    return [(type(layer).__name__, path, name) for path, layer in model.steps() for name in layer.weight_names]


def write_whole(filepath, overwrite, write_to):
    """Write a file beside its place, and put it there when it is finished: there is never half a file."""
    path = os.fspath(filepath)
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a folder. Give the name of a file in it.")
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path} exists. Take another name, or overwrite=True.")
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    unfinished = f"{path}.unfinished"
    try:
        with open(unfinished, "wb") as file:
            write_to(file)
        os.replace(unfinished, path)
    except BaseException:
        if os.path.exists(unfinished):
            os.remove(unfinished)
        raise


def read(model, filepath):
    """The weights in a file, in the order of the model's; what is not sure to be theirs is refused."""
    path = os.fspath(filepath)
    kind = kind_of(path)
    if kind == "keras":
        return _of_keras(model, path)
    if kind not in ("weights", "model"):
        raise ValueError(f"{path} is {kind}, and not a file that `save_weights` has stored.{_advice(kind)}")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if kind == "weights" or name.startswith("weights/")}
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("what it holds are no arrays")
    except _DAMAGED as error:
        raise ValueError(f"{path} is damaged, or not a file that save_weights has stored: {error}") from error
    found = [name.removeprefix("weights/").removeprefix("arr_") for name in arrays]
    places = [name.split("/")[0] for name in found]
    if sorted(places) != sorted(set(places)) or {int(p) for p in places if p.isdecimal()} != set(range(len(found))):
        held = ", ".join(map(repr, list(arrays)[:4])) + (" …" if len(arrays) > 4 else "")
        raise ValueError(
            f"{path} holds arrays of other names than save_weights gives: {held}. Which weight each is, is not said "
            f"there. "
            "If you know, pass them in the order of model.get_weights(): "
            "file = np.load(path); model.set_weights([file[name] for name in …])."
        )
    order = sorted(range(len(found)), key=lambda i: int(places[i]))
    if all("/" in name for name in found):  # older files have numbers alone
        parts = [found[i].split("/") for i in order]
        _compare(path, described(model), [(kind, "/".join(layer), name) for _, kind, *layer, name in parts])
    arrays = list(arrays.values())
    return [arrays[i] for i in order]


def kind_of(path):
    """What a file is: "weights" and "model" are ours, "keras" can be read; anything else is a phrase for an error."""
    if os.path.isdir(path):
        return "a folder"
    with open(path, "rb") as file:
        start = file.read(4096)
    if not start:
        return "empty"
    if start.startswith(_HDF5):
        return "keras"
    if start.startswith(b"\x93NUMPY"):
        return "a single array (.npy)"
    if start.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except _DAMAGED:
            return "a damaged zip archive, perhaps half of a file"
        if "model.json" in names:
            return "model"
        if "model.weights.h5" in names:
            return "keras"
        if any(name.endswith("data.pkl") for name in names):
            return "a file of PyTorch"
        return "weights" if all(name.endswith(".npy") for name in names) else "a zip archive of other things"
    if start.startswith(b"\x80"):
        return "a pickle"
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 1e8:
        return "a file of safetensors"
    try:
        start.decode("utf-8")
        return "a text file"
    except UnicodeDecodeError as error:
        return "a text file" if error.start > len(start) - 4 and len(start) == 4096 else "of an unknown kind"


def _advice(kind):
    if kind in ("a file of PyTorch", "a file of safetensors", "a pickle"):
        return (
            " Open it where it comes from, and pass arrays: model.set_weights([…]). PyTorch's kernels have their axes "
            "in another order: conv.weight.permute(2, 3, 1, 0) and linear.weight.T fit here."
        )
    return ""


def _compare(path, wanted, found):
    """Raise unless the weights in the file are those of the same layers."""
    if len(found) != len(wanted):
        raise ValueError(
            f"The model has {_names.count(len(wanted), 'weight')}; {path} holds {len(found)}. They must come from a "
            f"model "
            "with the same layers."
        )
    ours, theirs = ([layer for _, layer, _ in which] for which in (wanted, found))
    if ours != theirs and sorted(ours) == sorted(theirs):
        raise ValueError(
            f"{path} has the layers of the model in another order: {', '.join(dict.fromkeys(theirs))}; the model has "
            f"{', '.join(dict.fromkeys(ours))}."
        )
    for place, (there, here) in enumerate(zip(found, wanted)):
        if there[2] != here[2] or not _alike(there[0], here[0]):
            raise ValueError(
                f"Weight {place} in {path} is `{there[2]}` of {there[1]!r} ({there[0]}), and in the model "
                f"`{here[2]}` of "
                f"{here[1]!r} ({here[0]}): they come from another model."
            )


def _alike(kind, other):
    """Whether one of these classes is the other, or derived from it."""
    kinds = [getattr(layers, name, None) for name in (kind, other)]
    return kind == other or (all(kinds) and (issubclass(*kinds) or issubclass(*kinds[::-1])))


def _of_keras(model, path):
    """The weights in a file of Keras: .weights.h5, .keras, or .h5."""
    try:
        import h5py
    except ImportError:
        raise ValueError(
            f"{path} is a file of Keras, which only h5py can read: pip install h5py. "
            "Or load it into the Keras model, and then model.set_weights(keras_model.get_weights())."
        ) from None
    try:
        source = path
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                source = io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(source, "r") as file:
            old = file.get("model_weights", file)
            if "layer_names" in old.attrs:
                return _of_old_keras(model, path, old, json.loads(file.attrs.get("model_config", "{}")))
            if "layers" not in file:
                raise ValueError("it has no layers")
            arrays = _of_layers(model, file)
            there = []
            file["layers"].visititems(
                lambda name, item: (
                    there.append(name) if isinstance(item, h5py.Dataset) and "seed_gen" not in name else None
                )
            )
            if len(there) != len(arrays):
                raise ValueError(f"it holds {_names.count(len(there), 'weight')}, and the model has {len(arrays)}")
            return arrays
    except _DAMAGED as error:
        raise ValueError(
            f"{path} is a file of Keras whose weights do not fit this model: {error}. Make the model with the same "
            f"layers; "
            "or load the file into the Keras model, and then model.set_weights(keras_model.get_weights())."
        ) from error


def _of_layers(model, group):
    """The weights of a model in a file of Keras 3, whose layers have the names of their classes, numbered."""
    counts, arrays = {}, []
    for layer in model.layers:
        kind = _names.snake_case(type(layer).__name__)
        name = f"{kind}_{counts[kind]}" if counts.get(kind) else kind
        counts[kind] = counts.get(kind, 0) + 1
        if hasattr(layer, "layers"):
            arrays += _of_layers(layer, group["layers"][name])
        elif layer.weight_names:
            if name not in group["layers"]:
                raise ValueError(f"it has no {name}, and the model has {layer.name!r} ({type(layer).__name__})")
            stored = group["layers"][name]["vars"]
            if len(stored) != len(layer.weight_names):
                has = _names.count(len(stored), "weight")
                raise ValueError(f"{name} has {has}, and {layer.name!r} has {len(layer.weight_names)}")
            arrays += [_fitting(stored[str(i)][()], layer, weight) for i, weight in enumerate(layer.weight_names)]
    return arrays


def _of_old_keras(model, path, group, config):
    """The weights in a file as Keras 2 wrote it: layers and weights have their names."""

    def texts(values):
        return [value.decode() if isinstance(value, bytes) else str(value) for value in values]

    arrays, found = [], []
    classes = {entry["config"].get("name"): entry["class_name"] for entry in config.get("config", {}).get("layers", [])}
    for layer in texts(group.attrs["layer_names"]):
        for name in texts(group[layer].attrs["weight_names"]):
            arrays.append(group[layer][name][()])
            found.append((classes.get(layer), layer, name.split("/")[-1].split(":")[0]))
    wanted = described(model)
    if any(kind is None or kind == "Sequential" for kind, *_ in found):  # it says nothing of their classes
        found = [
            (wanted[i][0] if i < len(wanted) else kind, layer, name) for i, (kind, layer, name) in enumerate(found)
        ]
    _compare(path, wanted, found)
    places = list(model._places().values())
    return [_fitting(array, *place) for array, place in zip(arrays, places)]


def _fitting(array, layer, name):
    if array.shape != getattr(layer, name).shape:
        raise ValueError(
            f"`{name}` of {layer.name!r} has shape {getattr(layer, name).shape}; there it is {array.shape}"
        )
    return array
