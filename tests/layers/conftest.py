import os

import pytest

# See tests/ops/conftest.py: without oneDNN, TensorFlow is a reference.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"


@pytest.fixture
def float64():
    """New layers compute in float64, here and in Keras."""
    import keras

    import cnnlab

    for config in (keras.config, cnnlab.config):
        config.set_floatx("float64")
    yield
    for config in (keras.config, cnnlab.config):
        config.set_floatx("float32")
