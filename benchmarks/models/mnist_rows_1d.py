import keras
from keras import layers

# A digit as a sequence of 28 rows, each with 28 channels.
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train, x_test = x_train / 255, x_test / 255

model = keras.Sequential(
    [
        keras.Input((28, 28)),
        layers.Conv1D(32, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling1D(2),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.002), loss="sparse_categorical_crossentropy", metrics=["accuracy"])

history = model.fit(x_train, y_train, batch_size=64, epochs=5, verbose=2)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
