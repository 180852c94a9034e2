import keras
from keras import layers


# A digit as a volume: four pictures of half the size, one of each quarter of the pixels.
def volumes(x):
    return x.reshape(-1, 14, 2, 14, 2).transpose(0, 2, 4, 1, 3).reshape(-1, 4, 14, 14, 1) / 255


(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train, x_test = volumes(x_train), volumes(x_test)

model = keras.Sequential(
    [
        keras.Input((4, 14, 14, 1)),
        layers.Conv3D(8, (2, 3, 3), activation="relu", kernel_regularizer="l2"),
        layers.Conv3D(16, 3, strides=(1, 2, 2), activation="relu"),
        layers.Flatten(),
        layers.Dense(10),
    ]
)
model.compile(
    optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)

history = model.fit(x_train, y_train, batch_size=64, epochs=5, verbose=2)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
