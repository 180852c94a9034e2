#!/usr/bin/env bash
# The same Keras model gives a sure mistake another loss on each backend, and on PyTorch and JAX no gradient
#
# Versions: Keras 3.15.1, TensorFlow 2.21.0, PyTorch 2.13.0, JAX 0.10.2, Python 3.11, Linux x86-64, CPU. Seen 2026-11-30.
#
# A model that ends in a softmax, compiled with loss="categorical_crossentropy", gets scores of 0 and 100, and the first
# class is right. On the TensorFlow backend the loss is 100, because the tensor that softmax returns remembers the scores
# it was made from (`_keras_logits`), and the crossentropy reads those. On PyTorch and JAX nothing is remembered: the loss
# reads the probability 0, raises it to 1e-7, and is 16.118; and since a clipped number has no slope, a step of `fit`
# changes no weight at all. One would expect one script to train alike on all three: here the worst mistakes teach
# nothing on two of them. `from_logits=True` without the softmax is the same everywhere.
#
# Output seen:
#   tensorflow loss 100.000 largest change of a weight 100.000
#   torch loss 16.118 largest change of a weight 0.000
#   jax loss 16.118 largest change of a weight 0.000
#
# Exits 0 while it behaves so, 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check keras==3.15.1 tensorflow-cpu==2.21.0 torch==2.13.0 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
cat > "$folder/try.py" <<'PYTHON'
import sys

import keras
import numpy as np

layer = keras.layers.Dense(2, activation="softmax", kernel_initializer="identity")
model = keras.Sequential([keras.Input((2,)), layer])
model.compile(keras.optimizers.SGD(1.0), "categorical_crossentropy")
x, y = np.array([[0, 100]], "float32"), np.array([[1, 0]], "float32")
loss = model.evaluate(x, y, verbose=0)
model.fit(x, y, verbose=0)
change = abs(layer.get_weights()[0] - np.eye(2)).max()
print(keras.backend.backend(), f"loss {loss:.3f} largest change of a weight {change:.3f}")
wanted = (100.0, 100.0) if keras.backend.backend() == "tensorflow" else (16.118, 0.0)
sys.exit(not np.allclose([loss, change], wanted, atol=1e-3))
PYTHON
for backend in tensorflow torch jax; do
    KERAS_BACKEND=$backend "$folder/venv/bin/python" "$folder/try.py"
done
