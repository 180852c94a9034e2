"""Those who take part in speed.py, each in a process of its own: it reads jobs, and answers with times.

    python benchmarks/contenders.py NAME THREADS
"""

import collections.abc
import importlib
import itertools
import json
import os
import sys
import time
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

# Images of this many pixels a side, channels, filters, kernel size, padding, stride; channels-last, float32.
WORKLOADS = {
    "A": (28, 1, 32, 3, "valid", 1),
    "B": (26, 32, 64, 3, "valid", 1),
    "C": (32, 3, 32, 3, "same", 1),
    "D": (32, 32, 64, 3, "same", 1),
    "E": (16, 128, 128, 3, "same", 1),
    "F": (8, 256, 256, 3, "same", 1),
    "G": (32, 64, 64, 5, "same", 1),
    "H": (32, 32, 64, 3, "same", 2),
}


class CNNLab:
    """Ours."""

    def __init__(self, threads):
        from cnnlab import ops

        self.ops = ops

    def prepare(self, inputs, kernel, grad, padding, stride):
        arguments = inputs, kernel, stride, padding
        forward = partial(self.ops.conv, *arguments)
        return forward, lambda: (forward(), self.ops.conv_grad(grad, *arguments))

    def peak(self):
        """Multiplications and additions a second in a large matrix product, with every thread."""
        a = np.random.default_rng(0).random((2048, 2048), np.float32)
        return 2 * 2048**3 / min(timed(lambda: a @ a, 1.0))

    def workspace(self, shape):
        """The bytes that `conv` and `conv_grad` need beside inputs and outputs, with nothing kept from before."""
        from cnnlab.ops import _threads

        arrays = draw(*shape)
        forward, both = self.prepare(*arrays)
        _threads.forget()
        tracemalloc.start()
        output = forward()
        forward_peak = tracemalloc.get_traced_memory()[1] - output.nbytes
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        results = self.ops.conv_grad(arrays[2], arrays[0], arrays[1], arrays[4], arrays[3])
        both_peak = tracemalloc.get_traced_memory()[1] - before - sum(d.nbytes for d in results)
        tracemalloc.stop()
        return forward_peak, both_peak + before - output.nbytes

    def profile(self, deep, batch):
        """Milliseconds of a training step by part; for a process that has nothing else to do any more."""
        from cnnlab import layers
        from cnnlab.ops import _pooled

        spent = {}

        def watch(owner, name, part):
            function = getattr(owner, name)

            def watched(*arguments, **settings):
                start, inner = time.perf_counter(), sum(spent.values())
                try:
                    return function(*arguments, **settings)
                finally:
                    took = time.perf_counter() - start - (sum(spent.values()) - inner)
                    of = f"{part} (channels: {arguments[0].shape[-1]})" if owner is _pooled else part
                    spent[of] = spent.get(of, 0) + took

            setattr(owner, name, watched)

        model, fit = training("cnnlab", deep, batch)
        fit()
        watch(model, "_train_step", "the rest of the step: bias, activations, loss, Python")
        watch(_pooled, "slide", "convolution and max-pooling")
        watch(_pooled, "both", "convolution and max-pooling, gradients")
        watch(layers.Dense, "call", "dense layers")
        watch(layers.Dense, "call_grad", "dense layers, gradients")
        watch(model.optimizer, "update", "Adam")
        seconds = fit()
        spent["between steps: batches, metrics, history"] = seconds * STEPS - sum(spent.values())
        return {part: 1000 * total / STEPS for part, total in spent.items()}


class TensorFlow:
    """`tf.function`, after tracing; and, with eager=True, one op after the other."""

    def __init__(self, threads, eager=False, one_dnn=True):
        os.environ.update(TF_ENABLE_ONEDNN_OPTS=str(int(one_dnn)), TF_CPP_MIN_LOG_LEVEL="3")
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        self.tf, self.eager = tf, eager

    def prepare(self, inputs, kernel, grad, padding, stride):
        tf = self.tf
        inputs, kernel, grad = map(tf.constant, (inputs, kernel, grad))

        def forward(inputs, kernel):
            return tf.nn.conv2d(inputs, kernel, stride, padding.upper())

        def both(inputs, kernel, grad):
            with tf.GradientTape() as tape:
                tape.watch([inputs, kernel])
                output = forward(inputs, kernel)
            return output, tape.gradient(output, [inputs, kernel], grad)

        if not self.eager:
            forward, both = tf.function(forward), tf.function(both)
        return lambda: forward(inputs, kernel).numpy(), lambda: both(inputs, kernel, grad)[1][1].numpy()


class PyTorch:
    """Eager, in its channels-last memory format. For "same" and a stride it pads on both sides: as much work."""

    def __init__(self, threads):
        import torch

        torch.set_num_threads(threads)
        self.torch = torch

    def prepare(self, inputs, kernel, grad, padding, stride):
        torch = self.torch

        def tensor(array, axes):
            moved = torch.from_numpy(np.ascontiguousarray(array.transpose(axes)))
            return moved.contiguous(memory_format=torch.channels_last)

        inputs, grad = tensor(inputs, (0, 3, 1, 2)), tensor(grad, (0, 3, 1, 2))
        kernel = tensor(kernel, (3, 2, 0, 1))
        around = (kernel.shape[-1] - 1) // 2 if padding == "same" else 0

        def forward():
            with torch.no_grad():
                return torch.nn.functional.conv2d(inputs, kernel, stride=stride, padding=around)

        def both():
            x, k = inputs.detach().requires_grad_(), kernel.detach().requires_grad_()
            output = torch.nn.functional.conv2d(x, k, stride=stride, padding=around)
            output.backward(grad)
            return x.grad, k.grad

        return forward, both


class Im2col:
    """The textbook's NumPy: all windows as rows of one matrix, and the way back element by element of the kernel."""

    def __init__(self, threads):
        pass

    def prepare(self, inputs, kernel, grad, padding, stride):
        size, (n, rows, columns, filters) = len(kernel), grad.shape
        total = max((rows - 1) * stride + size - inputs.shape[1], 0)
        around = (total // 2, total - total // 2)
        matrix = kernel.reshape(-1, filters)

        def lowered():
            padded = np.pad(inputs, ((0, 0), around, around, (0, 0)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (1, 2))[:, ::stride, ::stride]
            return padded.shape, windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, len(matrix))

        def forward():
            return (lowered()[1] @ matrix).reshape(grad.shape)

        def both():
            padded_shape, windows = lowered()
            output, flat = windows @ matrix, grad.reshape(-1, filters)
            d_kernel = windows.T @ flat
            d_windows = (flat @ matrix.T).reshape(n, rows, columns, size, size, -1)
            d_padded = np.zeros(padded_shape, np.float32)
            for i, j in np.ndindex(size, size):
                cells = d_padded[:, i : i + stride * rows : stride, j : j + stride * columns : stride]
                cells += d_windows[:, :, :, i, j]
            return output, d_kernel, d_padded

        return forward, both


class SciPy:
    """A loop over images, filters and channels around `scipy.signal.correlate2d`: one image and filter, times all."""

    def __init__(self, threads):
        from scipy import signal

        self.signal = signal

    def prepare(self, inputs, kernel, grad, padding, stride):
        def forward():
            maps = (self.signal.correlate2d(inputs[0, :, :, c], kernel[:, :, c, 0], padding) for c in range(inputs.shape[-1]))
            return sum(maps)[::stride, ::stride]

        forward.stands_for = len(inputs) * kernel.shape[-1]
        return forward, None


class NumpyML:
    """The Conv2D layer of the package numpy-ml."""

    def __init__(self, threads):
        collections.Hashable = collections.abc.Hashable  # where the package looks for it
        self.layers = importlib.import_module("numpy_ml.neural_nets.layers")

    def prepare(self, inputs, kernel, grad, padding, stride):
        if stride > 1:
            return None, None  # its "same" keeps the size at every stride: another computation
        pad = padding if padding == "same" else 0
        layer = self.layers.Conv2D(kernel.shape[-1], kernel.shape[:2], pad=pad, stride=stride)

        def both():
            layer.forward(inputs)
            results = layer.backward(grad), layer.gradients["W"]
            layer.flush_gradients()
            return results

        return partial(layer.forward, inputs, retain_derived=False), both


CONTENDERS = {
    "cnnlab": CNNLab,
    "TensorFlow": TensorFlow,
    "TensorFlow, oneDNN off": partial(TensorFlow, one_dnn=False),
    "TensorFlow, eager": partial(TensorFlow, eager=True),
    "PyTorch": PyTorch,
    "im2col": Im2col,
    "SciPy": SciPy,
    "numpy-ml": NumpyML,
}
STEPS = 40


def draw(batch, size, channels, filters, kernel_size, padding, stride):
    """Inputs, kernel and gradient of a convolution, and its padding and stride."""
    rng = np.random.default_rng(0)
    positions = -(-size // stride) if padding == "same" else (size - kernel_size) // stride + 1
    shapes = (batch, size, size, channels), (kernel_size, kernel_size, channels, filters)
    shapes += ((batch, positions, positions, filters),)
    return *(rng.standard_normal(shape, np.float32) for shape in shapes), padding, stride


def timed(function, seconds):
    """Seconds of each call, for about so many seconds."""
    times = []
    while not times or sum(times) < seconds and len(times) < 200:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return [t * getattr(function, "stands_for", 1) for t in times]


def training(library, deep, batch):
    """A network on pictures of 28 × 28, and what trains it for STEPS steps and gives the seconds of a step."""
    keras = importlib.import_module(library)
    L = keras.layers
    keras.utils.set_random_seed(0)
    stack = [L.Input((28, 28, 1)), L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D()]
    stack += [L.Conv2D(64, 3, activation="relu"), L.MaxPooling2D()] if deep else []
    stack += [L.Flatten(), L.Dense(100, activation="relu"), L.Dense(10, activation="softmax")]
    model = keras.Sequential(stack)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    x = rng.random((batch * STEPS, 28, 28, 1), np.float32)
    y = rng.integers(0, 10, batch * STEPS)

    class Clock(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds = time.perf_counter() - self.start

    def fit():
        clock = Clock()
        model.fit(x, y, batch_size=batch, verbose=0, callbacks=[clock])
        return clock.seconds / STEPS

    return model, fit


def main():
    name, threads = sys.argv[1], int(sys.argv[2])
    answer, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    contender = CONTENDERS[name](threads)
    prepared = {}

    def ready(key, make):
        """What an earlier job has used is there already, unless there have been many others."""
        if key not in prepared:
            if len(prepared) == 16:
                prepared.clear()
            prepared[key] = make()
        return prepared[key]

    def op(shape, which, seconds):
        functions = ready(str(shape), lambda: [*contender.prepare(*draw(*shape)), set()])
        function, warm = functions[which], functions[2]
        if function is None:
            return []
        if which not in warm and name not in ("SciPy", "numpy-ml"):
            function()
            warm.add(which)
        return timed(function, seconds)

    def fit(deep, batch):
        library = "cnnlab" if name == "cnnlab" else "keras"

        def make():
            model, run = training(library, deep, batch)
            run()
            return run

        return [ready(("fit", deep, batch), make)()]

    jobs = {"op": op, "fit": fit, "ready": lambda: True}
    jobs.update({job: getattr(contender, job) for job in ("peak", "workspace", "profile") if hasattr(contender, job)})
    for line in itertools.chain(['["ready"]'], sys.stdin):
        job, *arguments = json.loads(line)
        print(json.dumps(jobs[job](*arguments)), file=answer, flush=True)


if __name__ == "__main__":
    main()
