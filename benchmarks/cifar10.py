"""CIFAR-10 on two processor cores: a fast recipe, a better one, and what each ingredient is worth.

    python benchmarks/cifar10.py --recipe fast    the goal: 90 % in half an hour
    python benchmarks/cifar10.py --recipe best    the goal: 94 % in two to three hours
    python benchmarks/cifar10.py --ablation       from the article's model, one ingredient after the other
    python benchmarks/cifar10.py --table          what was measured

The recipes follow Keller Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024, arXiv:2404.00498), which
builds on hlb-CIFAR10 by tysam-code and on "How to train your ResNet" by David Page: here in Keras, in float32.
"fast" is the network of its airbench94, trained for fewer epochs; "best" has the settings of its airbench95.

Data comes from `cnnlab.datasets.load`. Every epoch ends with a checkpoint: after an interruption the same command goes
on where it was, with the same numbers. What is finished is stored in `cifar10.json` beside this file, and is not
trained again. Test images are looked at once, when the training is over.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from cnnlab import datasets

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from full_results import as_text, environment  # stored results look the same everywhere

tf.get_logger().setLevel("ERROR")  # each step of the ablation compiles a new function, on purpose

RESULTS = Path(__file__).with_name("cifar10.json")
FOLDER = Path("~/.cache/cnnlab/cifar10").expanduser()  # of the checkpoints
MEAN, DEVIATION = np.array([125.3, 123.0, 113.9]), np.array([63.0, 62.1, 66.7])  # of the training images, per channel
VALIDATION = 2_000  # the last training images are held back


# Data


def data_name(data):
    """What a figure is to be called after: the source in a few words."""
    if data.drawn:
        return "drawn scenes"
    if data.source == datasets.cifar10.PUBLISHED:
        return "CIFAR-10"
    return "CIFAR-10, pixels not verified" if data.source == datasets.cifar10.LABELS_ONLY else "unrecognized photos"


def split(recipe, data):
    """Images and labels to train with, and those held back to watch the training: (x, y), (x, y)."""
    n = len(data.x_train) - min(VALIDATION, len(data.x_train) // 5)
    used = slice(min(n, recipe.images or n))
    return (data.x_train[used], data.y_train[used]), (data.x_train[n:], data.y_train[n:])


def batches(images, labels, batch_size, seed, epoch, shift=0, flip=False):
    """Shuffled batches of one epoch, the same ones for the same seed and epoch; what is left over is dropped.

    `shift` moves each image by up to as many pixels, reflecting it at the edges. `flip` mirrors a random half of the
    images in one epoch and the other half in the next one, so that two epochs show every image both ways.
    """
    rng = np.random.default_rng([seed, 1, epoch])
    order = rng.permutation(len(images))
    mirrored = (np.random.default_rng([seed, 0]).random(len(images)) < 0.5) ^ bool(epoch % 2)
    padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift), (0, 0)), "reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[1:3], axis=(1, 2))  # no copy
    for start in range(0, len(images) - batch_size + 1, batch_size):
        chosen = order[start : start + batch_size]
        down, right = rng.integers(0, 2 * shift + 1, (2, batch_size))
        batch = np.moveaxis(windows[chosen, down, right], 1, -1)
        if flip:
            batch = np.where(mirrored[chosen, None, None, None], batch[:, :, ::-1], batch)
        yield np.ascontiguousarray(batch), labels[chosen].astype("int32")


# Networks: pixels from 0 to 255 in, logits out


def whitening_kernel(images, size=2, epsilon=5e-4):
    """Filters whose outputs on patches of such images are uncorrelated and have variance 1, and their negatives.

    The patch covariance is V diag(d) V'; its filters are the columns of V, divided by sqrt(d + epsilon), where
    `epsilon` keeps the noise of the weakest directions small. Shape (size, size, channels, 2 * size**2 * channels).
    """
    channels = images.shape[-1]
    patches = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(1, 2))
    patches = np.moveaxis(patches, 3, -1).reshape(-1, size * size * channels)  # each as (row, column, channel)
    strength, directions = np.linalg.eigh(np.cov(patches, rowvar=False))
    filters = (directions / np.sqrt(strength + epsilon))[:, ::-1]  # the strongest first
    return np.concatenate([filters, -filters], axis=1).reshape(size, size, channels, -1)


def identity_start(shape, dtype=None):
    """The first filters pass each channel on as it is; the others start at random, as PyTorch's do."""
    kernel = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")(shape).numpy()
    center = np.zeros((*shape[:3], shape[2]))
    center[shape[0] // 2, shape[1] // 2] = np.eye(shape[2])
    kernel[..., : shape[2]] = center[..., : shape[3]]
    return kernel


def speed_network(images, widths):
    """Whitening, then three blocks of two convolutions: implicit residuals by their start, pooled before activation."""

    def convolution(x, filters):
        return layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer=identity_start)(x)

    def normalized(x):
        return keras.activations.gelu(layers.BatchNormalization(momentum=0.6, epsilon=1e-6, scale=False)(x))

    inputs = keras.Input(images.shape[1:], dtype="uint8")
    x = layers.Normalization(mean=MEAN, variance=DEVIATION**2)(inputs)
    x = layers.Conv2D(24, 2, activation="gelu", name="whitening")(x)
    for filters in widths:
        x = normalized(layers.MaxPooling2D(2)(convolution(x, filters)))
        x = normalized(convolution(x, filters))
    x = layers.Flatten()(layers.MaxPooling2D(3)(x))
    start = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")
    x = layers.Dense(10, use_bias=False, kernel_initializer=start)(x)
    model = keras.Model(inputs, layers.Rescaling(1 / 9)(x))
    kernel = whitening_kernel((images[:5000] - MEAN) / DEVIATION)
    model.get_layer("whitening").kernel.assign(kernel)
    return model


def article_network(images, standardize=False, batch_norm=False, pool_globally=False, residual=False):
    """The article's model, and what the steps of the ablation make of it."""

    def convolution(x, filters, padding="same"):
        x = layers.Conv2D(filters, 3, padding=padding, use_bias=not batch_norm)(x)
        return keras.activations.relu(layers.BatchNormalization(momentum=0.9)(x) if batch_norm else x)

    def residual_block(x, filters):
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(convolution(x, filters))
        y = layers.BatchNormalization(momentum=0.9, gamma_initializer="zeros")(y)  # so the block starts as identity
        return keras.activations.relu(layers.add([x, y]))

    inputs = keras.Input(images.shape[1:], dtype="uint8")
    scaling = layers.Normalization(mean=MEAN, variance=DEVIATION**2) if standardize else layers.Rescaling(1 / 255)
    x = convolution(scaling(inputs), 32)
    x = layers.Dropout(0.2)(x)
    x = layers.MaxPooling2D(2)(convolution(x, 32, "valid"))
    if pool_globally:
        for filters in (64, 128):
            x = convolution(x, filters)
            x = layers.MaxPooling2D(2)(x) if filters == 64 else x
            x = residual_block(x, filters) if residual else x
        x = layers.GlobalAveragePooling2D()(x)
    else:
        x = layers.Dense(512, use_bias=not batch_norm)(layers.Flatten()(x))
        x = keras.activations.relu(layers.BatchNormalization(momentum=0.9)(x) if batch_norm else x)
    return keras.Model(inputs, layers.Dense(10)(layers.Dropout(0.3)(x)))


# Optimizers: a list of (optimizer, its variables, the epochs for which these learn)


class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    """From `start` times the peak up to it in a straight line, and down to `end` times the peak."""

    def __init__(self, peak, steps, start=0.2, summit=0.23, end=0.07):
        self.peak, self.steps, self.start, self.summit, self.end = peak, steps, start, summit, end

    def __call__(self, step):
        done = tf.cast(step, "float32") / self.steps
        up = self.start + (1 - self.start) * done / self.summit
        down = 1 + (self.end - 1) * (done - self.summit) / (1 - self.summit)
        return self.peak * tf.minimum(up, down)


def article_optimizer(model, recipe, steps):
    rate = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=4e-4)
    return [(keras.optimizers.SGD(rate, momentum=0.5), model.trainable_variables, recipe.epochs)]


def triangle_optimizer(model, recipe, steps):
    optimizer = keras.optimizers.SGD(Triangle(0.2, steps, end=0.01), momentum=0.9, nesterov=True)
    return [(optimizer, model.trainable_variables, recipe.epochs)]


def speed_optimizers(model, recipe, steps, momentum=0.85, weight_decay=0.0153, bias_factor=64):
    """Nesterov SGD with the paper's settings, which do not depend on each other.

    The paper gives learning rate and weight decay per 1024 images, for a loss summed over the batch and with the
    momentum's effect divided out; Keras wants them per step, for a mean, and its decay passes by the momentum.
    """
    scale = recipe.batch_size / 1024 / (1 + 1 / (1 - momentum))
    whitening = model.get_layer("whitening")
    kernels = [v for v in model.trainable_variables if v.name == "kernel" and v is not whitening.kernel]
    shifts = [v for v in model.trainable_variables if v.name == "beta"]
    groups = []
    for variables, factor, epochs in [
        (kernels, 1, recipe.epochs),
        (shifts, bias_factor, recipe.epochs),
        ([whitening.bias], 1, recipe.whitening_epochs),
    ]:
        rate = recipe.learning_rate * scale * factor
        decay = weight_decay * scale / (1 - momentum) / rate
        sgd = keras.optimizers.SGD(Triangle(rate, steps), momentum=momentum, nesterov=True, weight_decay=decay)
        groups.append((sgd, variables, epochs))
    return groups


# Recipes


@dataclass(frozen=True)
class Recipe:
    name: str
    network: Callable
    optimizers: Callable
    epochs: int
    options: dict = field(default_factory=dict)  # of the network
    images: int | None = None  # to train on; all but the validation images
    batch_size: int = 512
    learning_rate: float | None = None
    whitening_epochs: int = 0
    lookahead_from: int | None = None  # the epoch after which averages of the weights replace them
    label_smoothing: float = 0.0
    shift: int = 0
    flip: bool = False

    def settings(self):
        return {name: getattr(value, "__name__", value) for name, value in vars(self).items()}


FAST = Recipe(
    "fast",
    speed_network,
    speed_optimizers,
    epochs=6,
    options={"widths": (64, 256, 256)},
    learning_rate=11.5,
    whitening_epochs=2,
    lookahead_from=2,
    label_smoothing=0.2,
    shift=2,
    flip=True,
)
BEST = replace(
    FAST,
    name="best",
    epochs=15,
    options={"widths": (128, 384, 384)},
    learning_rate=10.0,
    whitening_epochs=3,
    lookahead_from=None,
)
RECIPES = {recipe.name: recipe for recipe in (FAST, BEST)}


def ablation_steps():
    """Each step is the one before it with one change."""
    recipe = Recipe("the article's model", article_network, article_optimizer, epochs=10, images=10_000)
    changes = {
        "input normalization": {"options": {"standardize": True}},
        "batch normalization": {"options": {"batch_norm": True}},
        "global pooling": {"options": {"pool_globally": True}},
        "augmentation": {"shift": 2, "flip": True},
        "schedule": {"optimizers": triangle_optimizer},
        "residual blocks": {"options": {"residual": True}},
        "label smoothing": {"label_smoothing": 0.1},
    }
    yield recipe
    for name, change in changes.items():
        options = recipe.options | change.pop("options", {})
        recipe = replace(recipe, name=name, options=options, **change)
        yield recipe


# Training


def training_step(model, groups, label_smoothing):
    """A compiled step that returns the loss of the batch."""
    variables = [variable for _, members, _ in groups for variable in members]

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            targets = tf.one_hot(labels, 10) * (1 - label_smoothing) + label_smoothing / 10
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, logits))
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        for optimizer, members, _ in groups:
            optimizer.apply(gradients[: len(members)], members)
            gradients = gradients[len(members) :]
        return loss

    return step


class Lookahead:
    """A slow copy of the weights follows them, and they are set back to it every ten steps, harder and harder."""

    every = 10

    def __init__(self, weights, first, steps):
        self.weights, self.first, self.steps = weights, first, steps
        self.slow = [tf.Variable(weight.value) for weight in weights]

    def after_step(self, step):
        if step == self.first:
            self.follow(0.0)
        elif step > self.first and step % self.every == 0:
            self.follow(0.95 ** (self.every / 2) * (step / self.steps) ** 3)

    def follow(self, keep):
        for slow, weight in zip(self.slow, self.weights, strict=True):
            slow.assign(keep * slow + (1 - keep) * weight.value)
            weight.assign(slow)


def say_at_once(line):
    print(line, flush=True)


def train(recipe, data, seed, folder, say=say_at_once):
    """Train from the checkpoint in `folder`, if there is one of this recipe, to the end: (model, log)."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    (x, y), (x_validation, y_validation) = split(recipe, data)
    steps_per_epoch = len(x) // recipe.batch_size
    steps = steps_per_epoch * recipe.epochs
    model = recipe.network(x, **recipe.options)
    groups = recipe.optimizers(model, recipe, steps)
    for optimizer, members, _ in groups:
        optimizer.build(members)
    lookahead = None
    if recipe.lookahead_from is not None:
        lookahead = Lookahead(model.weights, recipe.lookahead_from * steps_per_epoch, steps)
    state = model.variables + [v for optimizer, _, _ in groups for v in optimizer.variables]
    state += lookahead.slow if lookahead else []

    what = {"recipe": json.loads(json.dumps(recipe.settings())), "seed": seed, "data": data.source, "images": len(x)}
    path = folder / f"{recipe.name.replace(' ', '-')}-{seed}.npz"
    log = load_checkpoint(path, what, state) or {
        "train_loss": [],
        "validation_accuracy": [],
        "minutes": 0.0,
        "processor_minutes": 0.0,
    }
    title = f"{data_name(data)}, {recipe.name}, seed {seed}"
    active, run_step = None, None
    for epoch in range(len(log["train_loss"]), recipe.epochs):
        clock = time.perf_counter(), time.process_time()
        learning = [group for group in groups if epoch < group[2]]
        if learning != active:
            active, run_step = learning, training_step(model, learning, recipe.label_smoothing)
        losses = []
        shuffled = batches(x, y, recipe.batch_size, seed, epoch, recipe.shift, recipe.flip)
        for i, batch in enumerate(shuffled, epoch * steps_per_epoch + 1):
            losses.append(run_step(*batch))
            if lookahead:
                lookahead.after_step(i)
            if len(losses) == 20 and steps_per_epoch > 40:
                pace = (time.perf_counter() - clock[0]) / 20
                say(f"{title}: epoch {epoch + 1}, ends about {at(pace * (steps - i))}")
        if lookahead and epoch >= recipe.lookahead_from:
            lookahead.follow(1.0)
        log["train_loss"].append(round(float(np.mean(losses)), 4))
        log["validation_accuracy"].append(round(accuracy(logits(model, x_validation), y_validation), 4))
        log["minutes"] += (time.perf_counter() - clock[0]) / 60
        log["processor_minutes"] += (time.process_time() - clock[1]) / 60 / os.cpu_count()
        save_checkpoint(path, what, state, log)
        left = log["minutes"] / (epoch + 1) * (recipe.epochs - epoch - 1)
        say(
            f"{title}: epoch {epoch + 1} of {recipe.epochs}, loss {log['train_loss'][-1]:.3f}, "
            f"validation {log['validation_accuracy'][-1]:.2%}, {log['minutes']:.1f} minutes so far"
            f"{f', ends about {at(left * 60)}' if left else ''}"
        )
    return model, log


def at(seconds):
    """The time of day in so many seconds."""
    return time.strftime("%H:%M", time.localtime(time.time() + seconds))


def save_checkpoint(path, what, state, log):
    """Write all of it, or leave the earlier one as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        arrays = {f"{i:04}": np.asarray(variable) for i, variable in enumerate(state)}
        np.savez(file, about=json.dumps({"what": what, "log": log}), **arrays)
    unfinished.replace(path)


def load_checkpoint(path, what, state):
    """Put back the state and return the log; None if there is none, or if it is of something else."""
    if not path.exists():
        return None
    with np.load(path) as stored:
        about = json.loads(str(stored["about"]))
        if about["what"] != what:
            return None
        for i, variable in enumerate(state):
            variable.assign(stored[f"{i:04}"])
    return about["log"]


# Testing


def logits(model, images):
    return model.predict(images, batch_size=500, verbose=0)


def views(model, images, shift=True):
    """Logits of images as they are; of an image and its mirror image, averaged; and of shifted images as well.

    The last counts the image and its mirror image 1/4 each, and both a pixel up left and a pixel down right 1/8 each.
    """

    def both_ways(images):
        plain = logits(model, images)
        return plain, (plain + logits(model, images[:, :, ::-1])) / 2

    plain, flip = both_ways(images)
    found = {"test_accuracy": plain, "test_accuracy_flip": flip}
    if shift:
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), "reflect")
        up_left, down_right = (both_ways(corner)[1] for corner in (padded[:, 2:, 2:], padded[:, :-2, :-2]))
        found["test_accuracy_flip_shift"] = flip / 2 + up_left / 4 + down_right / 4
    return found


def accuracy(logits, labels):
    return float(np.mean(logits.argmax(axis=1) == labels))


# Results


def stored():
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {"runs": [], "ablation": []}


def key(row):
    return row.get("recipe", row.get("step")), row["seed"], row["data_name"], row["epochs"], row["images"]


def store(part, row):
    """Add a row to a part of the results, in the place of an earlier one of the same."""
    results = stored()
    results[part] = [other for other in results[part] if key(other) != key(row)] + [row]
    unfinished = RESULTS.with_suffix(".unfinished")
    unfinished.write_text(as_text(results))
    unfinished.replace(RESULTS)


def measure(recipe, data, seed, folder, part):
    """Train and test, unless the results have it; return the row of it."""
    kind = {"runs": "recipe", "ablation": "step"}[part]
    row = {kind: recipe.name, "seed": seed, "epochs": recipe.epochs, "images": len(split(recipe, data)[0][0])}
    row["data_name"] = data_name(data)
    settings = json.loads(json.dumps(recipe.settings()))
    row["settings"] = {name: value for name, value in settings.items() if name not in row and name != "name"}
    for other in stored()[part]:
        if key(other) == key(row) and other["settings"] == row["settings"]:
            return other
    model, log = train(recipe, data, seed, folder)
    row |= {
        "parameters": model.count_params(),
        **{name: accuracy(found, data.y_test) for name, found in views(model, data.x_test, part == "runs").items()},
        "minutes": round(log["minutes"], 2),
        "processor_minutes": round(log["processor_minutes"], 2),
        "train_loss": log["train_loss"],
        "validation_accuracy": log["validation_accuracy"],
        "data": data.source,
        **environment(),
    }
    store(part, row)
    return row


def run_ablation(data, seed, folder):
    """Every step, then the last model once more with the flip when it is tested, which takes no training."""
    for recipe in ablation_steps():
        row = measure(recipe, data, seed, folder, "ablation")
    flip = {"step": "test-time flip", "test_accuracy": row["test_accuracy_flip"]}
    store("ablation", row | flip | {"minutes": 0.0, "processor_minutes": 0.0, "trained_as": row["step"]})


def markdown(columns, rows):
    """A table; the columns with a colon at the end are set to the right."""
    head = [column.rstrip(":") for column in columns]
    line = ["---:" if column.endswith(":") else "---" for column in columns]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, line, *rows))


def table():
    """Both tables, as Markdown."""
    results, counts = stored(), ("seed", "epochs", "images", "parameters")

    def cells(row, tests):
        minutes = [f"{row[name]:.1f}" for name in ("minutes", "processor_minutes")]
        return [
            row.get("recipe", row.get("step")),
            *(f"{row[n]:,}" for n in counts),
            *tests,
            *minutes,
            row["data_name"],
        ]

    runs, steps, before = [], [], {}
    for row in results["runs"]:
        runs.append(cells(row, [f"{row[f'test_accuracy{view}']:.2%}" for view in ("", "_flip", "_flip_shift")]))
    for row in results["ablation"]:
        gain = f"{100 * (row['test_accuracy'] - before[key(row)[1:]]):+.2f}" if key(row)[1:] in before else ""
        before[key(row)[1:]] = row["test_accuracy"]
        steps.append(cells(row, [f"{row['test_accuracy']:.2%}", gain]))
    right = [f"{name}:" for name in counts]
    last = ["minutes:", "processor minutes / cores:", "data"]
    tables = [
        markdown(["recipe", *right, "test:", "with flip:", "with flip and shift:", *last], runs),
        markdown(["step", *right, "test:", "gain:", *last], steps),
    ]
    return "\n\n".join(tables)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", choices=RECIPES)
    parser.add_argument("--ablation", action="store_true", help="from the article's model, one ingredient at a time")
    parser.add_argument("--table", action="store_true", help="only print what is stored")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"for the checkpoints; {FOLDER} by default")
    options = parser.parse_args()
    if not (options.recipe or options.ablation or options.table):
        parser.error("say what to do: --recipe, --ablation or --table")
    try:
        if options.recipe or options.ablation:
            data = datasets.load("cifar10", offline="drawn")
            print(f"Data: {data.source}", flush=True)
        if options.recipe:
            measure(RECIPES[options.recipe], data, options.seed, options.folder, "runs")
        if options.ablation:
            run_ablation(data, options.seed, options.folder)
    except KeyboardInterrupt:
        raise SystemExit("\nStopped. The same command goes on after the last finished epoch.")
    print(table())


if __name__ == "__main__":
    main()
