#!/usr/bin/env bash
# Keras on JAX: a label that has no class costs 0, and training reports a perfect loss
#
# Versions: Keras 3.15.1, JAX 0.10.2, PyTorch 2.13.0, Python 3.11, Linux x86-64, CPU. Seen 2026-11-30.
#
# Labels from 1 to 3 with three outputs, a common slip, or −1 for "unknown". On PyTorch the sparse crossentropy raises
# an IndexError. On the JAX backend it turns labels into one-hot rows first, and the row of a label that has no class is
# all zeros, so that its loss is 0 and its gradient too: nothing is raised, and a loss of 0.0 looks like success. (A label
# of −1 does not count from the end, either.)
#
# Output seen:
#   jax label 3 loss 0.0
#   jax label -1 loss 0.0
#   torch label 3 IndexError
#   torch label -1 IndexError
#
# Exits 0 while it behaves so, 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 torch==2.13.0 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
cat > "$folder/try.py" <<'PYTHON'
import sys

import keras
import numpy as np

changed = False
for label in (3, -1):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    try:
        found = model.fit(np.ones((4, 2)), np.full(4, label), verbose=0).history["loss"][0]
    except IndexError:
        found = "IndexError"
    print(keras.backend.backend(), "label", label, found if found == "IndexError" else f"loss {found}")
    changed |= found != (0.0 if keras.backend.backend() == "jax" else "IndexError")
sys.exit(changed)
PYTHON
for backend in jax torch; do
    KERAS_BACKEND=$backend "$folder/venv/bin/python" "$folder/try.py"
done
