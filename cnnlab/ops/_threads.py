"""Several cores at once: a batch in shares, each worked through by one thread.

NumPy lets other Python threads run while it computes, so threads in Python keep every core busy, with copies and
sums as well as with products. BLAS, which makes NumPy's matrix products, could do that by itself, but only within each
product: between two of them its threads wait. So it is held to one thread for as long as ours are at work.

What is guaranteed:

- **As many threads as BLAS would take.** OPENBLAS_NUM_THREADS and `threadpoolctl.threadpool_limits` say how many,
  here as well; with 1 nothing is threaded. Where BLAS cannot be asked, there are no threads of ours.
- **The same numbers.** The shares depend on the shapes alone, and each is computed on one thread, whichever it is. (A batch
  too small to share is left to BLAS and its threads; of those, only BLAS can say what they promise.)
- **Callers may thread, too.** Each caller works on its own shares, and is joined by helpers that are idle: there is one set
  of them for the whole process. The limit on BLAS is process-wide: while any caller is inside, other products run on one
  thread each; the last caller to leave restores what the first one found. `Sequential` is inside during each step of
  `fit`, `evaluate` and `predict`.
- **Forking is safe.** A child process starts with helpers of its own, and with the limit that held outside.
- **Errors come out** of the call that caused them, after all its shares have come to rest.
"""

import math
import os
import threading
from collections import deque
from contextlib import contextmanager
from contextvars import copy_context
from functools import lru_cache, partial
from queue import SimpleQueue

import numpy as np

LARGEST_SHARES = 8  # a batch is cut into this many shares at most
BLOCK = 2**20  # bytes, of what is read
CACHE_LINE = 64  # bytes
MULTIPLICATIONS = 2**24  # of a share of a product: less is done before another thread has woken up


class _State:
    """What the callers have in common."""

    def __init__(self):
        self.lock = threading.Lock()
        self.inside = 0  # callers at work
        self.threads = 1  # that BLAS had before
        self.tasks, self.helpers = SimpleQueue(), 0  # tasks, and how many threads take them


_state = _State()
_mine = threading.local()  # what each thread has for itself

# glibc gives memory at the end of the heap back to the system when more lies idle there than twice the largest array freed so
# far, of those up to 32 MiB: a step of training would have its arrays mapped and cleared anew each time. So free a large one.
np.empty(2**25 - 2**13, np.uint8)


def share_out(work, batch, at_least=1):
    """`work(slice of the batch)` for each share of a batch, on several threads: the list of what it returns, in order.

    A share has about `at_least` that many examples, if there are so many, and about as many as the others, so that no
    thread waits for long.
    """
    count = min(LARGEST_SHARES, 2 ** round(math.log2(max(1, batch / at_least))))
    shares = list(evenly(slice(0, batch), -(-batch // count))) or [slice(0, 0)]
    if len(shares) < 2:
        return [work(share) for share in shares]  # nothing to share: BLAS may use its own threads
    if getattr(_mine, "busy", False):  # already in a share
        return [work(slice(0, batch))]
    with one_blas_thread() as threads:
        return _together(work, shares, threads)


def in_blocks(work, batch, of_one):
    """`work(slice of the batch)` for blocks of a batch, `of_one` bytes an example, that a core's own cache can hold."""
    most = max(1, BLOCK // max(1, of_one))

    def work_on(share):
        for block in evenly(share, most):
            work(block)

    share_out(work_on, batch, at_least=most)


def matmul(a, b):
    """`a @ b`, for two matrices, its rows, its columns, or what is summed up shared out if there is enough to do."""
    product = np.empty((len(a), b.shape[1]), np.result_type(a, b))
    if len(b) >= 2 * max(product.shape):  # else each thread would have to lay out for itself all of `a` or `b`
        return sum(share_out(lambda terms: a[:, terms] @ b[terms], len(b), _worth_it(product)))
    if len(a) >= b.shape[1]:
        share_out(lambda rows: np.matmul(a[rows], b, out=product[rows]), len(a), _worth_it(b))
    else:
        share_out(lambda columns: np.matmul(a, b[:, columns], out=product[:, columns]), b.shape[1], _worth_it(a))
    return product


def _worth_it(matrix):
    return max(32, MULTIPLICATIONS // max(1, matrix.size))


def blocks(share, rows, of_row, most):
    """The share in blocks of images or, where one is too much, of rows, `of_row` for each, `most` at once: (images, rows)."""
    for images in evenly(share, most // (of_row * rows)):
        for some in evenly(slice(0, rows), most // of_row):
            yield images, some


def of_a_block(batch, rows, of_row, most):
    """How many images a share should have at least: as many as a block of `blocks`, but no more than half of the batch.

    Between two calls of NumPy a thread needs Python, which only one has at a time: many short calls are slower than few.
    """
    return max(1, min(most // (of_row * rows), batch // 2))


def evenly(share, most):
    """Slices of a slice, of at most that many (but of one at least), all of about the same length."""
    length = share.stop - share.start
    step = -(-length // -(-length // max(1, most))) if length else 1
    return (slice(first, min(first + step, share.stop)) for first in range(share.start, share.stop, step))


@contextmanager
def one_blas_thread():
    """Hold BLAS to one thread; gives the number of threads that it had, which are ours meanwhile."""
    blas = _blas()
    if blas is None:
        yield 1
        return
    with _state.lock:
        if not _state.inside:
            _state.threads = blas.num_threads
            _limit_blas(1)
        _state.inside += 1
    try:
        yield _state.threads
    finally:
        with _state.lock:
            _state.inside -= 1
            if not _state.inside:
                _limit_blas(_state.threads)


def buffer(name, shape, dtype=np.float32):
    """An array with whatever is in it, the same memory each time this thread asks for this name.

    Memory that is new has to be mapped and cleared by the system first, which takes longer than to fill it. It begins where
    a line of the cache does, so that reads as long as a line touch one, not two.
    """
    kept = _mine.__dict__.setdefault("buffers", {})
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if name not in kept or kept[name].nbytes < size:
        memory = np.empty(size + CACHE_LINE, np.uint8)
        kept[name] = memory[-memory.ctypes.data % CACHE_LINE :][:size]
    return np.ndarray(shape, dtype, kept[name])


def forget():
    """Let go of the buffers of all threads, and of the threads."""
    global _mine
    _mine = threading.local()
    with _state.lock:
        _end_helpers()


def _together(work, shares, threads):
    """The shares, each done by whichever thread is free first; this thread is one of them."""
    helpers = min(threads, len(shares)) - 1
    results, todo = [None] * len(shares), iter(list(enumerate(shares)))
    tickets, ended = iter(range(helpers)), SimpleQueue()

    def take_part():
        _mine.busy = True
        try:
            for number, share in todo:  # one iterator for all: none is done twice
                results[number] = work(share)
        finally:
            _mine.busy = False

    def help_out():
        if next(tickets, None) is None:
            return  # too late: all is done
        error = None
        try:
            take_part()
        except BaseException as raised:
            error = raised
        ended.put(error)

    for _ in range(helpers):
        _tasks(threads - 1).put(partial(copy_context().run, help_out))  # a copy of the context brings np.errstate along
    try:
        take_part()
    finally:
        deque(todo, maxlen=0)  # after an error: nothing is left to do
        late = len(list(tickets))
        errors = [ended.get() for _ in range(helpers - late)]
    for error in filter(None, errors):
        raise error
    return results


def _tasks(helpers):
    """Where tasks for so many threads go: each takes the next one as soon as it is idle. They are started once."""
    with _state.lock:
        if _state.helpers != helpers:
            _end_helpers()
            _state.helpers = helpers
            for _ in range(helpers):
                threading.Thread(target=_help, args=[_state.tasks], name="cnnlab", daemon=True).start()
        return _state.tasks


def _end_helpers():
    """Have the helpers end when they are done with what they have been given."""
    for _ in range(_state.helpers):
        _state.tasks.put(None)
    _state.tasks, _state.helpers = SimpleQueue(), 0


def _help(tasks):
    """What a helper does, as long as it lives."""
    while task := tasks.get():
        task()
        del task  # what it holds need not wait for the next


@lru_cache
def _blas():
    """What sets the number of threads of NumPy's BLAS; None if it has no such thing."""
    from threadpoolctl import ThreadpoolController  # takes a moment: it looks through all loaded libraries

    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return min(found, key=lambda library: "numpy" not in library.filepath, default=None)


def _limit_blas(threads):
    """Have BLAS take so many threads from now on, in the whole process.

    From version 3.8 on, threadpoolctl silently does so for one thread of Python only, the first to ask, until told otherwise.
    """
    blas = _blas()
    let_anyone = getattr(blas, "clear_controlling_thread", lambda force: None)
    let_anyone(force=True)
    blas.set_num_threads(threads)
    let_anyone(force=True)


def _in_a_forked_child():
    """The threads are gone, and whoever held the lock is."""
    if _state.inside:
        _limit_blas(_state.threads)
    _state.__init__()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_in_a_forked_child)
