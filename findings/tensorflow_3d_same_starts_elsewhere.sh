#!/usr/bin/env bash
# TensorFlow on a CPU: in 3-D, padding="SAME" with a window shorter than the stride reads other cells than in 2-D
#
# Versions: TensorFlow 2.21.0, oneDNN off (the default on processors without AVX512-VNNI), Python 3.11, Linux x86-64, CPU. Seen 2026-11-30.
#
# A 1×1×1 convolution or pooling with stride 3 (a shortcut that subsamples) needs no padding for 9 planes. In 2-D it reads
# rows 0, 3 and 6. In 3-D it starts at plane 1: the padding that is "needed" comes out as −2, and half of it is cut off in
# front. With oneDNN on, the same float32 call starts at plane 0, but in float64 convolution still at 1. So what a 3-D
# network computes depends on the processor that it runs on, and weights carried from one to the other see shifted inputs.
#
# Output seen:
#   2-D max pooling, float32: [0.0, 3.0, 6.0]
#   3-D max pooling, float32: [1.0, 4.0, 7.0]
#   3-D average pooling, float32: [1.0, 4.0, 7.0]
#   3-D convolution, float32: [1.0, 4.0, 7.0]
#   3-D convolution, float64: [1.0, 4.0, 7.0]
# and with TF_ENABLE_ONEDNN_OPTS=1:
#   2-D max pooling, float32: [0.0, 3.0, 6.0]
#   3-D max pooling, float32: [0.0, 3.0, 6.0]
#   3-D average pooling, float32: [0.0, 3.0, 6.0]
#   3-D convolution, float32: [0.0, 3.0, 6.0]
#   3-D convolution, float64: [1.0, 4.0, 7.0]
#
# Exits 0 while it behaves so, 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
cat > "$folder/try.py" <<'PYTHON'
import os
import sys

import numpy as np
import tensorflow as tf

square = np.arange(9, dtype="float32").reshape(1, 9, 1, 1) * np.ones((1, 9, 9, 1), "float32")
cube = np.arange(9, dtype="float32").reshape(1, 9, 1, 1, 1) * np.ones((1, 9, 9, 9, 1), "float32")
kernel = np.ones((1, 1, 1, 1, 1), "float32")
steps = (1, 3, 3, 3, 1)
found = {
    "2-D max pooling, float32": tf.nn.max_pool2d(square, 1, 3, "SAME")[0, :, 0, 0],
    "3-D max pooling, float32": tf.nn.max_pool3d(cube, 1, 3, "SAME")[0, :, 0, 0, 0],
    "3-D average pooling, float32": tf.nn.avg_pool3d(cube, 1, 3, "SAME")[0, :, 0, 0, 0],
    "3-D convolution, float32": tf.nn.conv3d(cube, kernel, steps, "SAME")[0, :, 0, 0, 0],
    "3-D convolution, float64": tf.nn.conv3d(cube.astype(float), kernel.astype(float), steps, "SAME")[0, :, 0, 0, 0],
}
for what, numbers in found.items():
    print(f"{what}: {numbers.numpy().tolist()}")
one_dnn = os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"
starts = [0] + ([0, 0, 0] if one_dnn else [1, 1, 1]) + [1]
sys.exit([numbers.numpy().tolist() for numbers in found.values()] != [[s, s + 3, s + 6] for s in starts])
PYTHON
for one_dnn in 0 1; do
    TF_ENABLE_ONEDNN_OPTS=$one_dnn "$folder/venv/bin/python" "$folder/try.py"
done
