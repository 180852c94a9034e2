import keras
from keras.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D

(x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
x_train = x_train[..., None] / 255
x_test = x_test[..., None] / 255

model = keras.Sequential()
model.add(Input((28, 28, 1)))
model.add(Conv2D(4, 3, activation="relu"))
model.add(MaxPooling2D())
model.add(Conv2D(8, 3, activation="relu"))
model.add(MaxPooling2D())
model.add(Flatten())
model.add(Dense(100, activation="sigmoid"))
model.add(Dense(10, activation="softmax"))
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

history = model.fit(x_train, y_train, batch_size=128, epochs=10, verbose=2)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
