#!/usr/bin/env bash
# Keras on PyTorch: AveragePooling2D with padding="same" counts repeated rows and columns at the edge
#
# Versions: Keras 3.15.1, PyTorch 2.13.0, TensorFlow 2.21.0, Python 3.11, Linux x86-64, CPU. Seen 2026-11-30.
#
# Where "same" needs as much padding before as after, all backends leave the padding out of the mean. Where it is uneven
# (an even window, or a stride of 2 on an even size: the usual halving layer), the PyTorch backend first repeats the last
# row and column, and the mean counts them. One would expect the means of the cells that are there, as in the even case
# and on TensorFlow.
#
# Output seen, AveragePooling2D(3, strides=2, padding="same") of the numbers 0 to 15 as a 4 by 4 picture:
#   tensorflow [5.0, 6.5, 11.0, 12.5]
#   torch [5.0, 6.667, 11.667, 13.333]
#
# Exits 0 while it behaves so, 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check keras==3.15.1 tensorflow-cpu==2.21.0 torch==2.13.0 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
cat > "$folder/try.py" <<'PYTHON'
import sys

import keras
import numpy as np

picture = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
pooled = keras.layers.AveragePooling2D(3, strides=2, padding="same")(picture)
found = keras.ops.convert_to_numpy(pooled).ravel()
print(keras.backend.backend(), found.round(3).astype(float).round(3).tolist())
wanted = [5, 6.5, 11, 12.5] if keras.backend.backend() == "tensorflow" else [5, 20 / 3, 35 / 3, 40 / 3]
sys.exit(not np.allclose(found, wanted))
PYTHON
for backend in tensorflow torch; do
    KERAS_BACKEND=$backend "$folder/venv/bin/python" "$folder/try.py"
done
