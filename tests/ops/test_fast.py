"""The fast ways to convolve: as exact as they say, whoever computes what, in little memory."""

import itertools
import os
import signal
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import brute_force
import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from cnnlab import ops
from cnnlab.ops import _few, _lowering, _plain, _pooled, _threads, _ways, _winograd
from cnnlab.ops._masks import keep, largest_of, pass_on
from cnnlab.ops._windows import geometry_of

# Batch, sizes, channels, filters, kernel size, strides, padding, and the way.
CALLS = [
    ((9, (26, 26), 32, 64, (3, 3), 1, "valid"), _winograd),
    ((5, (33, 30), 32, 30, (3, 3), 1, "same"), _winograd),
    ((3, (19, 21), 40, 33, (5, 5), 1, "same"), _winograd),
    ((4, (17, 18), 50, 40, (2, 4), 1, ((3, 1), (0, 2))), _winograd),
    ((1, (40, 40), 32, 32, (4, 3), 1, ((0, 5), (7, 0))), _winograd),
    ((20, (7, 9), 64, 48, (3, 3), 1, "same"), _winograd),
    ((64, (8, 8), 30, 26, (3, 3), 1, "same"), _winograd),
    ((9, (28, 28), 1, 32, (3, 3), 1, "valid"), _lowering),
    ((9, (32, 31), 3, 5, (3, 3), 1, "same"), _lowering),
    ((7, (14, 14), 32, 48, (3, 3), 2, "same"), _lowering),
    ((7, (15, 13), 9, 4, (3, 2), (3, 2), ((2, 0), (0, 4))), _lowering),
    ((7, (15, 13), 12, 10, (1, 2), (3, 2), "valid"), _lowering),  # strides that leave pixels out
    ((2, (60, 60), 16, 8, (7, 7), 1, "same"), _lowering),
    ((1, (200, 150), 12, 6, (6, 6), 1, "valid"), _lowering),
    ((8, (100,), 20, 30, (5,), 1, "same"), _lowering),
    ((8, (101,), 3, 4, (4,), 3, "valid"), _lowering),
    ((3, (9, 9), 4, 4, (1, 1), 2, "valid"), _lowering),
    ((2, (91, 150), 3, 4, (5, 4), (2, 1), ((3, 1), (0, 2))), _lowering),  # few channels, and more than a block
    ((9, (13, 13), 32, 64, (3, 3), 1, "same"), _lowering),
    ((5, (33, 30), 24, 24, (3, 3), 1, "same"), _lowering),
    ((2, (6, 5, 7), 3, 4, (3, 3, 3), 1, "same"), _plain),
    ((1, (8, 8), 256, 256, (3, 3), 1, "same"), _few),
    ((1, (70, 61), 64, 48, (3, 3), 1, "same"), _winograd),  # more than a block, and pieces of unequal size
    ((3, (7, 5), 64, 48, (3, 3), 1, ((25, 0), (0, 30))), _winograd),  # pieces that see nothing
    ((6, (20, 16), 32, 40, (5, 5), 1, ((0, 13), (2, 2))), _winograd),  # the first piece sees all, another some of it
    ((9, (2, 20), 10, 6, (2, 3), (4, 1), ((0, 9), (1, 1))), _lowering),  # lines of the kernel that see only padding
    ((1, (32, 27), 32, 40, (5, 5), 1, "same"), _winograd),  # a small image alone: one piece for the gradients
    ((1, (32, 33), 32, 20, (3, 3), 1, "same"), _few),
    ((3, (8, 7), 80, 128, (3, 3), 1, "same"), _few),
    ((5, (15, 13), 90, 92, (3, 2), (2, 3), ((2, 0), (0, 4))), _few),
    ((1, (15, 13), 12, 10, (1, 2), (3, 2), "valid"), _few),  # strides that leave pixels out
    ((1, (7, 5), 9, 30, (2, 3), (3, 1), ((25, 0), (0, 30))), _few),  # some elements of the kernel see nothing
    ((1, (101,), 20, 30, (4,), 3, "same"), _few),
]


def draw(batch, sizes, channels, filters, kernel_size, strides, padding, dtype="float32"):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(batch, *sizes, channels)).astype(dtype)
    kernel = rng.normal(size=(*kernel_size, channels, filters)).astype(dtype)
    geometry = geometry_of("kernel", inputs.shape, kernel_size, strides, padding, 1)
    grad = rng.normal(size=(batch, *geometry.positions, filters)).astype(dtype)
    return inputs, kernel, grad, geometry


def all_three(inputs, kernel, grad, strides, padding):
    return [ops.conv(inputs, kernel, strides, padding), *ops.conv_grad(grad, inputs, kernel, strides, padding)]


def gradients_alone(inputs, kernel, grad, geometry):
    """As a transposed convolution and a first layer need them."""
    return [_ways.spread(grad, kernel, geometry, inputs.shape[-1]), _ways.gather(inputs, grad, kernel, geometry)]


def all_three_plainly(inputs, kernel, grad, geometry):
    return [
        _plain.slide(inputs, kernel, geometry),
        _plain.spread(grad, kernel, geometry, inputs.shape[-1]),
        _plain.gather(inputs, grad, kernel, geometry),
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("call, way", CALLS)
def test_the_sums_are_those_of_the_plain_way(call, way, dtype):
    inputs, kernel, grad, geometry = draw(*call, dtype=dtype)
    exact = all_three_plainly(*(array.astype("float64") for array in (inputs, kernel, grad)), geometry)
    bound = 1e-13 if dtype == "float64" else 2e-5 if max(kernel.shape[:-2]) > 3 else 5e-6  # what _winograd.py promises
    found = all_three(inputs, kernel, grad, *call[-2:]) + gradients_alone(inputs, kernel, grad, geometry)
    for one, other in zip(found, exact + exact[1:], strict=True):
        assert one.dtype == dtype and one.shape == other.shape
        assert np.abs(one - other).max() <= bound * np.abs(other).max()


@pytest.mark.parametrize("call, way", CALLS)
def test_the_way_that_is_chosen(call, way):
    inputs, kernel, _, geometry = draw(*call)
    assert _ways.choose(len(inputs), inputs.shape[-1], kernel, geometry) is way
    in_float64 = _ways.choose(len(inputs), inputs.shape[-1], kernel.astype("float64"), geometry)
    assert in_float64 is (_lowering if way is _winograd else way)


@pytest.mark.parametrize("call, way", CALLS)
def test_a_kernel_may_lie_in_memory_in_another_order(call, way):
    inputs, kernel, grad, geometry = draw(*call)
    turned = np.asfortranarray(kernel)
    for one, other in zip(all_three(inputs, turned, grad, *call[-2:]), all_three(inputs, kernel, grad, *call[-2:])):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5 * np.abs(other).max())


def test_both_gradients_take_winograd_from_few_channels_on():
    for channels, filters, strides, wanted in (
        (4, 8, 1, _winograd),
        (4, 7, 1, _lowering),
        (3, 8, 1, _lowering),
        (4, 8, 2, _lowering),
    ):
        inputs, kernel, _, geometry = draw(9, (13, 13), channels, filters, (3, 3), strides, "same")
        assert _ways.choose(9, channels, kernel, geometry) is _lowering
        assert _ways.choose(9, channels, kernel, geometry, gradients=True) is wanted


@pytest.mark.parametrize("kernel_size", [(2, 2), (3, 3), (4, 4), (5, 5), (2, 5)])
@pytest.mark.parametrize("way", [_few, _winograd, _lowering])
def test_each_way_equals_loops(way, kernel_size):
    inputs, kernel, grad, geometry = draw(2, (7, 6), 2, 3, kernel_size, 1, ((1, 2), (0, 3)))
    wanted = brute_force.conv(inputs, kernel, (1, 1), ((1, 2), (0, 3)), (1, 1))
    np.testing.assert_allclose(way.slide(inputs, kernel, geometry), wanted, atol=2e-5 * np.abs(wanted).max())
    direction = np.random.default_rng(1).normal(size=kernel.shape).astype("float32")
    along = brute_force.conv(inputs, direction, (1, 1), ((1, 2), (0, 3)), (1, 1))  # ⟨grad, x ∗ d⟩ = ⟨gather, d⟩
    assert np.vdot(way.gather(inputs, grad, kernel, geometry), direction) == pytest.approx(
        np.vdot(grad, along), rel=1e-3
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e25])
@pytest.mark.parametrize("call", [CALLS[0][0], CALLS[1][0], CALLS[9][0], CALLS[-5][0]])
def test_what_is_not_finite_reaches_only_what_it_would_reach_plainly(value, call):
    for spoiled in ("inputs", "grad", "kernel"):
        inputs, kernel, grad, geometry = draw(*call)
        {"inputs": inputs, "grad": grad, "kernel": kernel}[spoiled][-1, 1, 1, 2] = value
        with np.errstate(invalid="ignore", over="ignore"):
            found = all_three(inputs, kernel, grad, *call[-2:]) + gradients_alone(inputs, kernel, grad, geometry)
            wanted = all_three_plainly(inputs, kernel, grad, geometry)
            wanted += wanted[1:]
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(np.isnan(one), np.isnan(other))
            np.testing.assert_array_equal(np.isinf(one), np.isinf(other))
            if value == 1e25:  # what did not see it has kept its digits
                small = np.abs(other) < 1e15
                assert np.abs(one - other)[small].max(initial=0) <= 1e-4 * np.abs(other[small]).max(initial=1)


def blas_threads():
    return max(library.num_threads for library in ThreadpoolController().select(user_api="blas").lib_controllers)


def digest(call):
    inputs, kernel, grad, _ = draw(*call)
    return [array.tobytes() for array in all_three(inputs, kernel, grad, *call[-2:])]


@pytest.mark.parametrize("call", [CALLS[0][0], CALLS[7][0], CALLS[9][0]])
def test_the_number_of_threads_changes_no_bit(call):
    with threadpool_limits(1):
        alone = digest(call)
    for threads in (2, 3):
        with threadpool_limits(threads):
            assert digest(call) == alone
            assert blas_threads() == threads  # as it was


def test_shares_are_done_once_each_by_as_many_threads_as_blas_has():
    def work(share):
        time.sleep(0.02)
        return threading.get_ident(), share, blas_threads()

    for threads, caller in itertools.product((1, 3), (0, 1)):  # this thread, and another
        with threadpool_limits(threads), ThreadPoolExecutor(1) as pool:
            results = pool.submit(_threads.share_out, work, 30).result() if caller else _threads.share_out(work, 30)
            assert blas_threads() == threads
        workers, shares, limits = zip(*results)
        assert [n for share in shares for n in range(share.start, share.stop)] == list(range(30))
        assert len(shares) == 8 and len(set(workers)) == threads and set(limits) == {1}
    assert _threads.share_out(lambda share: share, 30, at_least=16) == [slice(0, 15), slice(15, 30)]
    assert _threads.share_out(lambda share: share, 0) == [slice(0, 0)]


def test_a_share_within_a_share_stays_where_it_is():
    inner = _threads.share_out(lambda share: _threads.share_out(lambda part: part, 9), 2)
    assert inner == [[slice(0, 9)]] * 2


SHARED_PRODUCTS = [(1500, 300, 200), (200, 300, 1500), (300, 1500, 200), (0, 3, 2), (2, 3, 0), (5, 0, 6), (0, 0, 0)]


@pytest.mark.parametrize("rows, inner, columns", SHARED_PRODUCTS)
def test_a_product_in_shares_is_the_product(rows, inner, columns):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(inner, rows)).T, rng.normal(size=(inner, columns))
    np.testing.assert_allclose(_threads.matmul(a, b), a @ b, rtol=0, atol=1e-11)
    assert _threads.matmul(a.astype("float32"), b.astype("float32")).dtype == "float32"


def test_an_error_comes_out_and_the_limit_is_restored():
    def work(share):
        if share.start == 20:
            raise ZeroDivisionError("in a share")

    with threadpool_limits(3):
        for _ in range(20):  # on whichever thread
            with pytest.raises(ZeroDivisionError, match="in a share"):
                _threads.share_out(work, 32)
            assert blas_threads() == 3


def test_callers_in_several_threads_do_not_disturb_each_other():
    calls = [CALLS[number][0] for number in (0, 1, 7, 9, 17)]
    with threadpool_limits(2):
        alone = [digest(call) for call in calls]
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(lambda _: [digest(call) for call in calls], range(8)):
                assert found == alone
        assert blas_threads() == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # that it has threads when it forks: yes
@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_forked_child_computes_the_same(meanwhile):
    """Also when another thread is at work in the moment of the fork: with one thread for BLAS, and the lock."""
    call, inside, done = CALLS[0][0], threading.Event(), threading.Event()

    def work(share):
        inside.set()
        done.wait(20)

    with threadpool_limits(2):
        wanted = digest(call)
        other = threading.Thread(target=_threads.share_out, args=(work, 2))
        if meanwhile:
            other.start()
            inside.wait(20)
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            os._exit(0 if digest(call) == wanted and blas_threads() == 2 else 1)
        assert os.waitpid(child, 0)[1] == 0
        done.set()
        if meanwhile:
            other.join()
        assert blas_threads() == 2


def workspace(call, function):
    """The bytes at most in use while `function` computes, beside what it is given and what it returns."""
    arrays = draw(*call)
    _threads.forget()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    results = function(*arrays)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - before - sum(array.nbytes for array in results)


@pytest.mark.parametrize(
    "call",
    [
        (256, (32, 32), 64, 64, (3, 3), 1, "same"),
        (128, (32, 32), 32, 64, (3, 3), 2, "same"),
        (64, (64, 64), 3, 32, (5, 5), 1, "same"),
        (64, (16, 16), 128, 128, (3, 3), 1, "same"),
        (4, (224, 224), 32, 32, (3, 3), 1, "same"),
        (2, (600, 600), 3, 16, (5, 5), 1, "same"),
        (1, (57, 57), 160, 9, (1, 3), 1, "same"),
        (1, (99, 100), 800, 9, (1, 1), 1, "same"),
        (250, (5, 5), 2048, 4, (5, 5), 1, "valid"),
        (1, (32, 32), 64, 300, (3, 3), 2, "same"),
    ],
)
def test_the_workspace_is_bounded_whatever_the_batch(call):
    with threadpool_limits(2):
        forward = workspace(call, lambda inputs, kernel, grad, geometry: [_ways.slide(inputs, kernel, geometry)])
        backward = workspace(call, lambda inputs, kernel, grad, geometry: _ways.both(inputs, grad, kernel, geometry))
        alone = workspace(call, gradients_alone)
    kernel = 4 * np.prod(call[4]) * call[2] * call[3]
    assert max(forward, backward, alone) < 2 * (14 * 2**20 + 12 * kernel) + 8 * kernel  # what _ways.py promises


def test_max_pool_needs_little_beside_its_inputs_and_outputs():
    inputs = np.random.default_rng(0).normal(size=(256, 32, 32, 64)).astype("float32")
    output = ops.max_pool(inputs, 2)
    for function, result in (
        (lambda: ops.max_pool(inputs, 2), output),
        (lambda: ops.max_pool_grad(output, inputs, 2), inputs),
    ):
        _threads.forget()
        tracemalloc.start()
        function()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak - result.nbytes < 16 * 2**20


# Batch, sizes, channels, filters, kernel size, strides, padding; and the size of the pooling windows.
POOLED_CALLS = [
    ((9, (28, 28), 1, 32, (3, 3), 1, "valid"), (2, 2)),
    ((9, (32, 31), 3, 5, (3, 3), 1, "same"), (2, 2)),
    ((3, (15, 13), 8, 4, (3, 2), (2, 1), ((2, 0), (0, 4))), (3, 2)),
    ((2, (60, 60), 4, 8, (7, 7), 2, "same"), (1, 4)),
    ((1, (203, 150), 2, 40, (2, 2), 1, "valid"), (2, 2)),  # in blocks of rows
    ((5, (9, 9), 3, 4, (1, 1), 1, "valid"), (1, 1)),
    # By Winograd from here on.
    ((9, (26, 27), 32, 64, (3, 3), 1, "valid"), (2, 2)),
    ((3, (41, 38), 32, 30, (3, 3), 1, "same"), (2, 4)),  # pieces; some outputs are in no pooling window
    ((3, (17, 20), 50, 40, (5, 4), 1, ((3, 1), (0, 2))), (4, 1)),
    ((2, (31, 25), 40, 40, (3, 3), 1, "same"), (1, 2)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("whole_numbers", [False, True])  # in which there are ties
@pytest.mark.parametrize("call, pool_size", POOLED_CALLS)
def test_pooled_at_once_is_one_after_the_other(call, pool_size, whole_numbers, dtype):
    inputs, kernel, _, geometry = draw(*call, dtype=dtype)
    if whole_numbers:
        inputs, kernel = np.sign(inputs), np.sign(kernel)
    features = ops.conv(inputs, kernel, *call[-2:])
    wanted = ops.max_pool(features, pool_size)
    pooling = geometry_of("pool_size", features.shape, pool_size, pool_size, "valid", 1)
    at_once = _pooled.slide(inputs, kernel, geometry, pooling)
    if kernel.shape[2] > 8 and dtype == "float64":
        assert at_once is None  # no Winograd
        at_once = _pooled.pool(features, pooling)
    output, masks = at_once
    # The same up to rounding: on some processors BLAS adds up in another order in a product of another size. With it,
    # another pixel can be the largest by a hair.
    close = dict(rtol=0, atol=(1e-5 if dtype == "float32" else 1e-13) * np.abs(features).max())
    np.testing.assert_allclose(output, wanted, **close)
    largest = _pooled.before_pooling(np.ones_like(output), masks, pooling)
    np.testing.assert_array_equal(ops.sum_pool(largest, pool_size), 1)
    np.testing.assert_allclose(ops.sum_pool(features * largest, pool_size), wanted, **close)
    of_features, masks_of_features = _pooled.pool(features, pooling)
    np.testing.assert_array_equal(of_features, wanted)
    grad = np.random.default_rng(1).normal(size=output.shape).astype(dtype)
    from_features = _pooled.before_pooling(grad, masks_of_features, pooling)
    np.testing.assert_array_equal(from_features, ops.max_pool_grad(grad, features, pool_size))
    d_features = _pooled.before_pooling(grad, masks, pooling)
    np.testing.assert_allclose(ops.sum_pool(d_features * largest, pool_size), grad, rtol=1e-6)
    if np.array_equal(output, wanted):
        np.testing.assert_array_equal(masks, masks_of_features)
        np.testing.assert_array_equal(d_features, from_features)
    d_inputs = _plain.spread(d_features, kernel, geometry, inputs.shape[-1])
    d_kernel = _plain.gather(inputs, d_features, kernel, geometry)
    for to_inputs in (False, True):
        found = _pooled.both(inputs, grad, masks, kernel, geometry, pooling, to_inputs)
        for one, other in zip(found, (d_inputs if to_inputs else None, d_kernel), strict=True):
            if other is None:
                assert one is None
                continue
            assert one.dtype == dtype
            bound = 5e-6 if to_inputs or kernel.shape[2] > 8 else 1e-6
            np.testing.assert_allclose(one, other, rtol=0, atol=bound * np.abs(other).max())


def test_pooled_at_once_only_where_it_fits():
    def fits(sizes=(8, 8), channels=3, value=1, kernel_value=1, pool_size=2, strides=2, padding="valid"):
        inputs, kernel, _, geometry = draw(2, sizes, channels, channels + 1, (3,) * len(sizes), 1, "same")
        inputs[0, 0], kernel[0] = value, kernel_value
        shape = len(inputs), *geometry.positions, channels + 1
        pool_size = (pool_size,) * len(sizes)
        pooling = geometry_of("pool_size", shape, pool_size, strides, padding, 1)
        return _pooled.slide(inputs, kernel, geometry, pooling) is not None

    by_winograd = {"channels": 32, "sizes": (32, 32)}
    assert fits() and fits(padding="same") and fits(pool_size=3, strides=3)
    assert fits(**by_winograd) and fits(**by_winograd, pool_size=4, strides=4)
    for elsewhere in (
        {"channels": 9},
        {"sizes": (8,)},
        {"sizes": (8, 8, 8)},
        {"value": np.nan},
        {"value": np.inf},
        {"kernel_value": 1e25},
        {"pool_size": 3},
        {"pool_size": 3, "strides": 3, "padding": "same"},
        {**by_winograd, "value": np.nan},
        {**by_winograd, "kernel_value": np.inf},
        {**by_winograd, "pool_size": 3, "strides": 3},
    ):
        assert not fits(**elsewhere), elsewhere


def test_pooled_at_once_passes_on_what_is_not_finite():
    inputs, kernel, _, geometry = draw(2, (32, 32), 32, 32, (3, 3), 1, "same")
    pooling = geometry_of("pool_size", (2, 32, 32, 32), (2, 2), (2, 2), "valid", 1)
    output, masks = _pooled.slide(inputs, kernel, geometry, pooling)
    output[0, 0, 0] = np.inf
    grad = _pooled.before_pooling(output, masks, pooling)
    with np.errstate(invalid="ignore"):
        wanted = _plain.spread(grad, kernel, geometry, 32), _plain.gather(inputs, grad, kernel, geometry)
        found = _pooled.both(inputs, output, masks, kernel, geometry, pooling)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(np.isfinite(one), np.isfinite(other))


@pytest.mark.parametrize("channels, to_inputs, mebibytes", [(3, False, 8), (32, True, 12)])
def test_pooled_at_once_needs_little_memory(channels, to_inputs, mebibytes):
    call = (64, (64, 64), channels, 32, (5, 5), 1, "same")
    pooling = geometry_of("pool_size", (64, 64, 64, 32), (2, 2), (2, 2), "valid", 1)

    def forward(inputs, kernel, _, geometry):
        return _pooled.slide(inputs, kernel, geometry, pooling)

    output, masks = forward(*draw(*call))

    def backward(inputs, kernel, _, geometry):
        found = _pooled.both(inputs, output, masks, kernel, geometry, pooling, to_inputs)
        return [gradient for gradient in found if gradient is not None]

    with threadpool_limits(2):
        assert max(workspace(call, forward), workspace(call, backward)) < mebibytes * 2**20


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("cells", [1, 2, 3, 4, 5, 6, 7, 9])
def test_the_first_of_the_largest_gets_the_gradient(cells, dtype):
    rng = np.random.default_rng(cells)
    numbers = rng.integers(-2, 3, (cells, 50, 3)).astype(dtype)
    grad = rng.normal(size=(50, 3)).astype(dtype)
    grad[0] = np.nan, np.inf, -np.inf
    output, masks, places = (
        np.empty_like(grad),
        np.empty((cells - 1, 50, 3), bool),
        np.empty_like(numbers),
    )
    largest_of(numbers.copy(), output, masks)
    pass_on(grad, masks, places)
    np.testing.assert_array_equal(output, numbers.max(axis=0))
    np.testing.assert_array_equal(places, np.where(np.arange(cells)[:, None, None] == numbers.argmax(axis=0), grad, 0))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_keep_is_where(dtype):
    x = np.array([[1.5, -0.5, np.nan], [np.inf, -np.inf, 7]], dtype)
    mask = np.array([[True, False, False], [True, False, True]])
    for number in (x, x.T, x[:, ::2], x[:0], x[0, 0]):
        same = (
            np.array(mask) if number.shape == mask.shape else mask.T if number is x.T else np.zeros(number.shape, bool)
        )
        np.testing.assert_array_equal(keep(same, number), np.where(same, number, 0))
        assert keep(same, number).dtype == dtype
