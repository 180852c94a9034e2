#!/usr/bin/env bash
# Keras's RandomCrop: as wide as the picture, it is never random; outside of training it does not crop
#
# Versions: Keras 3.15.1, JAX 0.10.2 (the code is the same on every backend), Python 3.11, Linux x86-64, CPU. Seen 2026-11-30.
#
# RandomCrop(24, 32) of 32×32 pictures should draw one of nine places for the 24 rows while training. It always takes
# the middle: the draw is made only where height *and* width are larger than the target. And when not training, pictures
# come back as they are, while `model.output_shape` says 24 by 32, and the docstring speaks of a resized, matching window;
# so `predict` on a model with a Dense layer behind it raises. (CenterCrop crops both ways.)
#
# Output seen:
#   first rows drawn in 200 tries, RandomCrop(24, 32): [4]
#   first rows drawn in 200 tries, RandomCrop(24, 31): [0, 1, 2, 3, 4, 5, 6, 7, 8]
#   the model says (None, 24, 32, 1), and outside of training gives (1, 32, 32, 1)
#
# Exits 0 while it behaves so, 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
cat > "$folder/try.py" <<'PYTHON'
import sys

import keras
import numpy as np

rows = np.arange(32, dtype="float32").reshape(1, 32, 1, 1) * np.ones((1, 32, 32, 1), "float32")
drawn = {}
for width in (32, 31):
    layer = keras.layers.RandomCrop(24, width, seed=0)
    drawn[width] = sorted({int(layer(rows, training=True)[0, 0, 0, 0]) for _ in range(200)})
    print(f"first rows drawn in 200 tries, RandomCrop(24, {width}): {drawn[width]}")
model = keras.Sequential([keras.Input((32, 32, 1)), keras.layers.RandomCrop(24, 32)])
given = tuple(model(rows, training=False).shape)
print(f"the model says {model.output_shape}, and outside of training gives {given}")
sys.exit(drawn != {32: [4], 31: list(range(9))} or given != (1, 32, 32, 1))
PYTHON
KERAS_BACKEND=jax "$folder/venv/bin/python" "$folder/try.py"
