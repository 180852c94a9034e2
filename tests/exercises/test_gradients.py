"""Right and wrong answers to the exercise on the gradient of a kernel, written as learners write them."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from cnnlab import ops
from cnnlab.exercises import engine, solution_source


def windows(image, error):
    return sliding_window_view(image, error.shape)


def four_loops(image, error):
    H, W = image.shape
    h, w = error.shape
    result = [[0] * (W - w + 1) for _ in range(H - h + 1)]
    for a in range(H - h + 1):
        for b in range(W - w + 1):
            for i in range(h):
                for j in range(w):
                    result[a][b] += error[i][j] * image[a + i][b + j]
    return result


def from_the_package(image, error):
    kernel = np.zeros((image.shape[0] - error.shape[0] + 1, image.shape[1] - error.shape[1] + 1, 1, 1))
    return ops.conv_grad(error[None, :, :, None], image[None, :, :, None], kernel)[1][:, :, 0, 0]


def measured(image, error):
    """By turning each weight a little, with the error of a kernel of zeros."""
    shape = image.shape[0] - error.shape[0] + 1, image.shape[1] - error.shape[1] + 1

    def loss(kernel):
        output = np.einsum("rcij,ij->rc", sliding_window_view(image, shape), kernel)
        return ((output + error) ** 2).sum() / 2

    nudges = np.eye(shape[0] * shape[1]).reshape(-1, *shape)
    return np.reshape([(loss(nudge) - loss(-nudge)) / 2 for nudge in nudges], shape)


def picture(place, image, error):
    return image[place[0] : place[0] + error.shape[0], place[1] : place[1] + error.shape[1]]


def each_weight(number):
    def answer(image, error):
        shape = image.shape[0] - error.shape[0] + 1, image.shape[1] - error.shape[1] + 1
        return np.array([number(picture(place, image, error), error) for place in np.ndindex(shape)]).reshape(shape)

    return answer


RIGHT = [
    four_loops,
    from_the_package,
    measured,
    each_weight(lambda part, error: (part * error).sum()),
    lambda image, error: np.einsum("abij,ij->ab", windows(image, error), error),
    lambda image, error: np.tensordot(windows(image, error), error, 2).astype(np.float32),
]

MISTAKES = {
    "error_flipped": each_weight(lambda part, error: (part * np.rot90(error, 2)).sum()),
    "gradient_flipped": lambda image, error: np.rot90(four_loops(image, error), 2),
    "sign_turned": each_weight(lambda part, error: (part * -error).sum()),
    "mean_of_places": each_weight(lambda part, error: (part * error).mean()),
    "twice_the_gradient": each_weight(lambda part, error: 2 * (part * error).sum()),
    "error_squared": each_weight(lambda part, error: (part * error * error).sum()),
    "error_left_out": each_weight(lambda part, error: part.sum()),
    "gradient_transposed": lambda image, error: np.einsum("abij,ij->ba", windows(image, error), error),
    "same_for_every_weight": lambda image, error: np.full(
        windows(image, error).shape[:2], (image[: len(error), : error.shape[1]] * error).sum()
    ),
}

WRONG = {
    "zeros": lambda image, error: np.zeros(windows(image, error).shape[:2]),
    "shape of the error": lambda image, error: error,
    "an error": lambda image, error: image @ error @ image,
}


def judge(answer):
    return engine.find("kernel_gradient").judge(answer)


@pytest.mark.parametrize("answer", RIGHT)
def test_right_answers_pass(answer):
    for _ in range(10):  # there are fresh numbers each time
        assert judge(answer).text.startswith("Right.")


@pytest.mark.parametrize("name", MISTAKES)
def test_known_mistakes_are_named(name):
    assert judge(MISTAKES[name]).misconception == name


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_do_not_pass(name):
    verdict = judge(WRONG[name])
    assert not verdict.right and verdict.misconception is None


def test_every_misconception_has_an_answer_and_the_solution_stands_alone():
    assert {m.function.__name__ for m in engine.find("kernel_gradient").misconceptions} == set(MISTAKES)
    namespace = {"np": np}
    exec(solution_source("kernel_gradient"), namespace)
    assert judge(namespace["kernel_gradient"]).right
