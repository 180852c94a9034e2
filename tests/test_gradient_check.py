import numpy as np
import pytest

import cnnlab
from cnnlab import gradient_check, ops

X = np.array([[-1.0, 0.5, 2.0], [0.3, -0.2, 1.5]])


def test_a_right_gradient_is_ok():
    report = gradient_check(np.sin, lambda grad, x: grad * np.cos(x), X)
    assert report.ok and report.largest_error < 1e-8 and report.kinks == 0
    np.testing.assert_allclose(report.numerical[0], report.analytic[0], rtol=1e-8)
    assert report.errors[0].shape == X.shape


@pytest.mark.parametrize("factor", [0, -1, 2, 1 + 1e-4])
def test_a_wrong_gradient_is_not_and_the_place_is_shown(factor):
    def wrong(grad, x):
        d_x = grad * np.cos(x)
        d_x[1, 2] *= factor
        return d_x

    report = gradient_check(np.sin, wrong, X)
    assert not report.ok and report.where == (0, (1, 2))
    assert repr(report).startswith("gradient_check: WRONG\n  6 of 6 numbers checked")
    assert "array 0 at (1, 2)" in repr(report)
    assert f"numerical {report.numerical[0][1, 2]:.9g}" in repr(report)


def test_several_arrays_and_the_wrong_one_is_named():
    a, b = X, X.T.copy()
    report = gradient_check(np.matmul, lambda grad, a, b: (grad @ b.T, a.T @ grad), a, b)
    assert report.ok and [n.shape for n in report.numerical] == [(2, 3), (3, 2)]
    assert gradient_check(np.matmul, lambda grad, a, b: (grad @ b.T, a.T @ grad * 1.1), a, b).where[0] == 1


def test_a_result_that_is_one_number():
    assert gradient_check(lambda x: (x**2).sum(), lambda grad, x: grad * 2 * x, X).ok


def test_kinks_are_counted_and_not_compared():
    x = np.array([-1.0, 0.0, 2.0, 0.0])
    report = gradient_check(ops.relu, ops.relu_grad, x)
    assert report.ok and report.kinks == 2 and report.outside == 0
    np.testing.assert_array_equal(np.isnan(report.errors[0]), [False, True, False, True])
    assert "2 of 4 numbers checked" in repr(report) and "2 on a kink of f, each between the two slopes" in repr(report)


def test_ties_of_max_pooling_are_kinks():
    x = np.array([1.0, 1.0, 3.0, 2.0]).reshape(1, 4, 1)
    report = gradient_check(lambda x: ops.max_pool(x, 2), lambda grad, x: ops.max_pool_grad(grad, x, 2), x)
    assert report.ok and report.kinks == 2


def test_a_kink_hides_no_wrong_gradient():
    report = gradient_check(ops.relu, lambda grad, x: grad * np.where(x == 0, 1.5, x > 0), [-1.0, 0.0, 2.0])
    assert not report.ok and report.outside == 1 and report.largest_error < 1e-8
    assert repr(report).startswith("gradient_check: WRONG") and "1 of them not between" in repr(report)


def test_only_kinks_is_not_ok():
    report = gradient_check(np.abs, lambda grad, x: 0 * grad, np.zeros(3))
    assert not report.ok and report.kinks == 3 and report.outside == 0
    assert repr(report).startswith("gradient_check: nothing checked")


def test_a_curve_is_no_kink():
    """Slopes to the left and right differ in sign at 0, and by a factor of 1000 in a steep curve."""
    assert gradient_check(np.square, lambda grad, x: 2 * grad * x, [0.0, 1.0]).kinks == 0
    report = gradient_check(lambda x: np.exp(2000 * x), lambda grad, x: 2000 * grad * np.exp(2000 * x), [0.0])
    assert report.kinks == 0 and report.largest_error < 1e-4


def test_a_kink_between_the_steps_does_no_harm():
    """3e-6 is nearer than the first step, farther than the second."""
    report = gradient_check(ops.relu, ops.relu_grad, [3e-6, -3e-6])
    assert report.ok and report.kinks == 0


@pytest.mark.parametrize("scale", [1e-2, 1, 1e6])
def test_size_does_not_matter(scale):
    assert gradient_check(lambda x: x**3, lambda grad, x: 3 * grad * x**2, X * scale).ok
    assert not gradient_check(lambda x: x**3, lambda grad, x: 3.01 * grad * x**2, X * scale).ok
    assert gradient_check(lambda x: scale * np.sin(x), lambda grad, x: grad * scale * np.cos(x), X).ok


def test_arguments_stay_as_they_were_and_lists_will_do():
    x = X.copy()

    def writes(x):
        x *= 2
        return x

    assert gradient_check(writes, lambda grad, x: 2 * grad, x).ok
    np.testing.assert_array_equal(x, X)
    assert gradient_check(np.sin, lambda grad, x: grad * np.cos(x), [1, 2]).ok


@pytest.mark.parametrize(
    "f, f_grad, error, words",
    [
        (lambda x: x.astype("float32"), lambda grad, x: grad, TypeError, "must give float64.*got float32"),
        (np.log, lambda grad, x: grad / x, ValueError, "NaN or infinity"),
        (lambda x: x + np.random.random(), lambda grad, x: grad, ValueError, "two different results.*seed"),
        (np.sin, lambda grad, x: (grad, grad), ValueError, "one gradient for each of the 1 arrays; got 2"),
        (np.sin, lambda grad, x: grad.sum(0), ValueError, r"shape \(3,\) for array 0, whose shape is \(2, 3\)"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_bad_arguments_are_named(f, f_grad, error, words):
    with pytest.raises(error, match=words):
        gradient_check(f, f_grad, X)


def test_nothing_to_check():
    with pytest.raises(ValueError, match="no numbers"):
        gradient_check(np.sin, lambda grad, x: grad, np.zeros((0, 3)))


def test_a_gradient_of_nan_is_wrong():
    assert gradient_check(np.sin, lambda grad, x: grad * np.nan, X).largest_error == np.inf


def test_public_name():
    assert cnnlab.gradient_check is gradient_check and callable(gradient_check)
    assert "gradient_check" in dir(cnnlab)
