import keras
from keras.constraints import MaxNorm
from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from keras.models import Sequential
from keras.optimizers import SGD
from keras.optimizers.schedules import InverseTimeDecay
from keras.utils import to_categorical

(x_train, y_train), (x_test, y_test) = keras.datasets.cifar10.load_data()
x_train = x_train.astype("float32") / 255.0
x_test = x_test.astype("float32") / 255.0
y_train = to_categorical(y_train, 10)
y_test = to_categorical(y_test, 10)

model = Sequential()
model.add(Input(shape=(32, 32, 3)))
model.add(Conv2D(32, (3, 3), padding="same", activation="relu", kernel_constraint=MaxNorm(3)))
model.add(Dropout(0.2))
model.add(Conv2D(32, (3, 3), activation="relu", padding="valid"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(512, activation="relu", kernel_constraint=MaxNorm(3)))
model.add(Dropout(0.3))
model.add(Dense(10, activation="softmax"))

rate = InverseTimeDecay(0.01, decay_steps=1, decay_rate=4e-4)
model.compile(loss="categorical_crossentropy", optimizer=SGD(learning_rate=rate, momentum=0.5), metrics=["accuracy"])

history = model.fit(x_train, y_train, batch_size=512, epochs=25, validation_data=(x_test, y_test), verbose=2)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
