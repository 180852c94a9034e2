"""The line that grows while a model works: batches done, time left, numbers so far."""

import sys
import time

_WIDTH = 20
_PAUSE = 0.1  # seconds between two pictures of the bar


class Progress:
    """A progress bar on one line.

    Parameters
    ----------
    steps : int
    verbose : 0, 1 or 2
        Nothing; a bar that moves; only the line at the end.
    """

    def __init__(self, steps, verbose):
        self.steps, self.verbose = steps, verbose
        # In a notebook and in a terminal a line can be written over; in a file it cannot.
        self.moves = verbose == 1 and (sys.stdout.isatty() or "ipykernel" in sys.modules)
        self.start, self.last, self.width = time.monotonic(), 0.0, 0

    def update(self, step, logs):
        """Show that `step` batches are done."""
        now = time.monotonic()
        if self.moves and 0 < step < self.steps and now - self.last >= _PAUSE:
            self.last = now
            left = (now - self.start) / step * (self.steps - step)
            self._write(step, f"{_duration(left)} left", logs)

    def finish(self, step, logs):
        """The last line: how long it took."""
        if not self.verbose:
            return
        seconds = time.monotonic() - self.start
        each = seconds / max(step, 1)
        each = f"{each * 1000:.0f}ms/step" if each < 1 else f"{each:.0f}s/step"
        self._write(step, f"{_duration(seconds)} {each}", logs)
        print()

    def _write(self, step, seconds, logs):
        done = _WIDTH * step // max(self.steps, 1)
        bar = " " if self.verbose == 2 else f" {'━' * done}{'╌' * (_WIDTH - done)} "
        count = f"{step:>{len(str(self.steps))}}/{self.steps}"
        line = " - ".join([f"{count}{bar}{seconds}", *(f"{name}: {_number(value)}" for name, value in logs.items())])
        print("\r" * self.moves + line.ljust(self.width), end="", flush=True)
        self.width = len(line)


def check_verbose(verbose):
    """0, 1 or 2; "auto" is 1."""
    verbose = 1 if verbose == "auto" else verbose
    if verbose not in (0, 1, 2):
        raise ValueError(f"`verbose` must be 0 (silent), 1 (a bar), 2 (one line per epoch) or 'auto'; got {verbose!r}.")
    return int(verbose)


def _duration(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}" if minutes else f"{seconds}s"


def _number(value):
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"
