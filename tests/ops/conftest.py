import os

# With oneDNN, TensorFlow 2.21 returns zeros, NaN and stray numbers for strides that differ between axes.
# Without it, it is a reference. Set before TensorFlow loads.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
