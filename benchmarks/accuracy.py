"""The same programs under Keras and under cnnlab: are they equally accurate?

    python benchmarks/accuracy.py                           every model, three seeds, both libraries
    python benchmarks/accuracy.py mnist_convolution --seeds 1 --libraries cnnlab
    python benchmarks/accuracy.py --epochs 2 --images 5000  smaller, for a first look

The programs lie in `benchmarks/models`; only their imports are changed. Data comes from
`cnnlab.datasets.load` for both: real where `CNNLAB_DATA_DIR` or Keras's cache has it, else
drawn. Every finished run is stored at once in `accuracy.json` beside this file, and is not
run again; --again runs it anew.
"""

import argparse
import importlib
import json
import platform
import re
import statistics
import time
from dataclasses import replace
from pathlib import Path

FOLDER = Path(__file__).parent / "models"
RESULTS = Path(__file__).with_name("accuracy.json")
MODELS = [
    "mnist_convolution",
    "cifar10_dropout",
    "mnist_one_layer",
    "fashion_mnist_two_convolutions",
    "mnist_rows_1d",
    "mnist_volumes_3d",
]


def program(model, library):
    """The source of a model for a library: only the imports are changed."""
    source = (FOLDER / f"{model}.py").read_text()
    source = re.sub(r"^import keras$", f"import {library} as keras", source, flags=re.MULTILINE)
    return re.sub(r"^from keras\b", f"from {library}", source, flags=re.MULTILINE)


def run(source, library, data):
    """Run a program on `data`, an object with x_train, y_train, x_test and y_test; returns its variables."""
    datasets = importlib.import_module(f"{library}.datasets")
    arrays = (data.x_train, data.y_train), (data.x_test, data.y_test)
    modules = [getattr(datasets, name) for name in ("mnist", "fashion_mnist", "cifar10")]
    loaders = [module.load_data for module in modules]
    for module in modules:
        module.load_data = lambda: arrays
    try:
        variables = {}
        exec(compile(source, f"<program for {library}>", "exec"), variables)
        return variables
    finally:
        for module, loader in zip(modules, loaders):
            module.load_data = loader


def data_for(model, images):
    from cnnlab import datasets

    name = re.match("mnist|cifar10|fashion_mnist", model).group()
    data = datasets.load(name, offline="drawn")
    if images is None:
        return data
    return replace(data, x_train=data.x_train[:images], y_train=data.y_train[:images])


def measure(model, library, seed, epochs, images):
    importlib.import_module(f"{library}.utils").set_random_seed(seed)
    source = program(model, library)
    if epochs is not None:
        source = re.sub(r"epochs=\d+", f"epochs={epochs}", source)
    data = data_for(model, images)
    started = time.perf_counter()
    variables = run(source, library, data)
    return {
        "model": model,
        "library": library,
        "seed": seed,
        "epochs": len(variables["history"].epoch),
        "images": len(data.x_train),
        "accuracy": float(variables["accuracy"]),
        "loss": float(variables["loss"]),
        "minutes": round((time.perf_counter() - started) / 60, 2),
        "data": data.source,
        "python": platform.python_version(),
    }


def same_run(one, other):
    return all(one[key] == other[key] for key in ("model", "library", "seed", "asked"))


def table(results):
    heading = (
        f"{'model':32}{'epochs':>6}{'images':>8}  {'library':8}{'seeds':>6}{'accuracy ± spread':>19}{'minutes':>9}"
    )
    print(f"{heading}  data")
    groups = {}
    for result in results:
        what = MODELS.index(result["model"]), result["epochs"], result["images"], result["data"], result["library"]
        groups.setdefault(what, []).append(result)
    for (model, epochs, images, data, library), group in sorted(groups.items()):
        accuracies = [result["accuracy"] for result in group]
        spread = f"± {statistics.stdev(accuracies):.4f}" if len(group) > 1 else ""
        minutes = statistics.mean(result["minutes"] for result in group)
        print(
            f"{MODELS[model]:32}{epochs:>6}{images:>8}  {library:8}{len(group):>6}"
            f"{statistics.mean(accuracies):>10.4f} {spread:8}{minutes:>9.1f}  {data}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", metavar="model", help=", ".join(MODELS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--libraries", nargs="+", choices=("keras", "cnnlab"), default=("keras", "cnnlab"))
    parser.add_argument("--epochs", type=int, help="instead of those in the program")
    parser.add_argument("--images", type=int, help="train on the first of them only")
    parser.add_argument("--again", action="store_true", help="run also what is stored")
    options = parser.parse_args()
    unknown = set(options.models) - set(MODELS)
    if unknown:
        parser.error(f"no model {min(unknown)!r}; there are {', '.join(MODELS)}")

    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    for model in options.models or MODELS:
        for seed in range(options.seeds):
            for library in options.libraries:
                asked = {"epochs": options.epochs, "images": options.images}
                wanted = {"model": model, "library": library, "seed": seed, "asked": asked}
                if any(same_run(result, wanted) for result in results) and not options.again:
                    continue
                print(f"{model}, {library}, seed {seed}", flush=True)
                result = {**measure(model, library, seed, options.epochs, options.images), "asked": asked}
                results = [other for other in results if not same_run(other, wanted)] + [result]
                unfinished = RESULTS.with_suffix(".unfinished")
                unfinished.write_text(json.dumps(results, indent=1) + "\n")
                unfinished.replace(RESULTS)
    table(results)


if __name__ == "__main__":
    main()
