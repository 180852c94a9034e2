"""The training monitor: with both kinds of model, without a browser, then its page."""

import re
import signal
import types

import IPython
import IPython.display
import numpy as np
import pytest
import traitlets
from axe_playwright_python.sync_playwright import Axe
from explorer_page import THEMES

import cnnlab
from cnnlab.widgets import TrainingMonitor, training_monitor

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 4)).astype("float32")
Y = (X[:, 0] > 0).astype(int)


def cnnlab_model():
    return cnnlab.Sequential([cnnlab.Input((4,)), cnnlab.layers.Dense(2, activation="softmax")])


def keras_model():
    import keras

    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])


def fit(monitor, make=cnnlab_model, at=None, do=None, epochs=3, **more):
    """Train; after batch number `at` (counted over all epochs) `do()` is called."""
    model = make()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    count = iter(range(10**6))
    before = monitor.on_train_batch_end

    def on_train_batch_end(batch, logs=None):
        if next(count) == at:
            do()
        before(batch, logs)

    monitor.on_train_batch_end = on_train_batch_end
    try:
        return model, model.fit(X, Y, 10, epochs, verbose=0, callbacks=[monitor], **more)
    finally:
        monitor.on_train_batch_end = before


def interrupt():
    signal.raise_signal(signal.SIGINT)  # to this thread; what `os.kill` sends, another one may take, and later


@pytest.mark.parametrize("make", [cnnlab_model, keras_model])
def test_it_records_what_fit_returns(make):
    monitor = TrainingMonitor("Test")
    _, history = fit(monitor, make, validation_split=0.2)
    assert monitor.state == "finished" and monitor.history == history.history
    assert re.fullmatch(r"Finished after 3 epochs; it took \d+ s\.", monitor._progress["text"])
    for chart, name in zip(monitor._charts, ("loss", "accuracy"), strict=True):
        for line, key in zip(chart["lines"], (name, f"val_{name}"), strict=True):
            assert line["x"] == [1, 2, 3] and line["y"] == pytest.approx(history.history[key], rel=1e-3)
        assert chart["x"]["ends"] == [0, 3] and chart["stops"] == [1, 2, 3]
        written = [[float(text) for text in row] for row in chart["texts"]]
        assert written == pytest.approx(np.transpose([history.history[name], history.history[f"val_{name}"]]), rel=6e-3)


@pytest.mark.parametrize("make", [cnnlab_model, keras_model])
@pytest.mark.parametrize("do", [interrupt, "stop", "page"])
def test_a_stop_ends_fit_after_the_batch_and_keeps_the_weights(make, do):
    monitor = TrainingMonitor()
    before = signal.getsignal(signal.SIGINT)
    ways = {"stop": monitor.stop, "page": lambda: monitor.set_state({"_stop": 1})}
    model, history = fit(monitor, make, at=7, do=ways.get(do, do), epochs=50)
    assert monitor.state == "stopped" and "Stopped by hand in epoch 2 of 50" in monitor._progress["text"]
    assert len(history.history["loss"]) == 2  # 6 batches in an epoch
    assert int(model.optimizer.iterations) == 8
    assert signal.getsignal(signal.SIGINT) == before


def test_a_second_interrupt_acts_at_once():
    def twice():
        interrupt()
        with pytest.raises(KeyboardInterrupt):
            interrupt()

    monitor = TrainingMonitor()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # other tests may leave another one
    try:
        fit(monitor, at=2, do=twice)
    finally:
        signal.signal(signal.SIGINT, before)
    assert monitor.state == "stopped"


def test_a_stop_that_arrives_late_does_not_stop_the_next_training():
    monitor = TrainingMonitor()
    fit(monitor)
    monitor.set_state({"_stop": 1})
    assert monitor.state == "finished"
    fit(monitor)
    assert monitor.state == "finished" and len(monitor.history["loss"]) == 3


@pytest.mark.parametrize("make", [cnnlab_model, keras_model])
def test_a_stop_during_the_validation_ends_it_there(make):
    monitor = TrainingMonitor()
    model = make()
    model.compile("sgd", "sparse_categorical_crossentropy")
    after = monitor.on_epoch_end
    monitor.on_epoch_end = lambda epoch, logs=None: (interrupt(), after(epoch, logs))
    model.fit(X, Y, 10, 50, verbose=0, callbacks=[monitor], validation_split=0.2)
    assert monitor.state == "stopped" and len(monitor.history["val_loss"]) == 1 and int(model.optimizer.iterations) == 5


def test_epochs_keep_their_numbers_when_a_training_goes_on():
    monitor = TrainingMonitor()
    fit(monitor, epochs=8, initial_epoch=5)
    assert monitor._charts[0]["stops"] == [6, 7, 8] and monitor._charts[0]["x"]["ends"] == [5, 8]
    monitor.selected = 8
    with pytest.raises(traitlets.TraitError, match="a finished epoch, 6 to 8; got 5"):
        monitor.selected = 5


def test_a_metric_that_is_not_there_is_named():
    monitor = TrainingMonitor(metric="acc")
    with pytest.warns(UserWarning, match="`metric` 'acc' was not recorded; there are 'loss', 'accuracy'"):
        fit(monitor)
    assert [chart["name"] for chart in monitor._charts] == ["loss"] and "<img" in monitor._static_html()


def test_other_callbacks_and_errors_end_it_too(monkeypatch):
    early = cnnlab.callbacks.EarlyStopping("loss", mode="max")
    monitor = TrainingMonitor()
    model = cnnlab_model()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, Y, epochs=9, verbose=0, callbacks=[early, monitor])
    assert monitor.state == "ended" and monitor.describe().startswith("TrainingMonitor: ended early in epoch 2 of 9")

    shell = types.SimpleNamespace(events=IPython.core.events.EventManager(None, IPython.core.events.available_events))
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    shown = []
    handle = types.SimpleNamespace(update=lambda thing: shown.append(thing.describe()))
    monkeypatch.setattr(IPython.display, "display", lambda thing, display_id: shown.append(thing.describe()) or handle)
    with pytest.raises(ZeroDivisionError):
        fit(monitor, at=8, do=lambda: 1 / 0)
    assert monitor.state == "training"
    shell.events.trigger("post_run_cell", None)  # at the end of the cell
    assert monitor.state == "interrupted" and shell.events.callbacks["post_run_cell"] == []
    assert shown[0] == "TrainingMonitor: training, 3 epochs." and "broken off in epoch 2 of 3" in shown[1]
    assert len(shown) == 2


def test_pictures_are_throttled(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(training_monitor, "time", types.SimpleNamespace(monotonic=lambda: clock[0]))
    monitor = TrainingMonitor()
    messages = []
    monitor._send = lambda message, buffers=None: messages.append(message)
    fit(monitor, epochs=100)
    assert len(messages) < 15
    before = monitor.on_train_batch_end

    def slowly(batch, logs=None):
        clock[0] += 0.1
        before(batch, logs)

    monitor.on_train_batch_end = slowly
    messages.clear()
    fit(monitor, epochs=10)  # 60 batches in 6 s
    assert 20 < len([m for m in messages if "_progress" in m["state"]]) < 30


def test_progress_and_time_left(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(training_monitor, "time", types.SimpleNamespace(monotonic=lambda: clock[0]))
    monitor, seen = TrainingMonitor(), []
    before = monitor.on_train_batch_end

    def slowly(batch, logs=None):
        clock[0] += 2
        before(batch, logs)
        seen.append((monitor._progress["text"], monitor._progress["done"]))

    monitor.on_train_batch_end = slowly
    fit(monitor)
    assert seen[0][0].startswith("Epoch 1 of 3, batch 1 of 6: about 34 s left. So far loss ")
    assert seen[9][0].startswith("Epoch 2 of 3, batch 4 of 6: about 16 s left") and seen[9][1] == round(10 / 18, 4)


def test_one_epoch_shows_its_batches_always_the_same():
    def lines():
        cnnlab.utils.set_random_seed(0)
        monitor = TrainingMonitor()
        fit(monitor, epochs=1)
        return monitor._charts[0]["lines"], monitor.describe(), monitor._static_html()

    [line], said, page = lines()
    assert line["x"] == pytest.approx(np.arange(1, 7) / 6, rel=1e-3) and len(line["y"]) == 6
    assert lines() == ([line], said, page)


def test_a_stored_notebook_keeps_one_picture_and_one_sentence():
    monitor = TrainingMonitor("On <drawn> digits")
    assert (
        monitor._static_html()
        == "<p>TrainingMonitor (On &lt;drawn&gt; digits): give it to fit, as callbacks=[monitor].</p>"
    )
    _, history = fit(monitor, validation_split=0.2)
    data, _ = monitor._repr_mimebundle_()
    losses = history.history["loss"]
    assert data["text/plain"].startswith(
        f"TrainingMonitor (On <drawn> digits): finished after 3 epochs; loss from {losses[0]:.3g} to {losses[-1]:.3g}; "
    )
    assert data["text/html"].count("<img") == 1 and data["text/html"].count("<p>") == 1
    [alt] = re.findall('alt="(.*?)"', data["text/html"])
    assert (
        f"Curves of loss by epoch. training: from {losses[0]:.3g} to {losses[-1]:.3g} over 3 points; validation" in alt
    )
    assert not re.search(r"\d+ s\b|left|took", alt + data["text/plain"])


def test_nan_losses_are_gaps():
    monitor = TrainingMonitor()
    model = cnnlab_model()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X * np.nan, Y, epochs=3, verbose=0, callbacks=[monitor])
    assert not np.isfinite(monitor.history["loss"][-1])
    chart = monitor._charts[0]
    assert chart["lines"][0]["y"][-1] is None and chart["at"][-1] == [None] and chart["texts"][-1] == ["NaN"]
    assert "to NaN" in monitor.describe() and "<img" in monitor._static_html()


@pytest.mark.parametrize("bad, error, message", [
    (dict(title=3), TypeError, "`title` must be a text; got 3"), (dict(metric=["a"]), TypeError, "`metric` must be a text"),
])  # fmt: skip
def test_bad_arguments(bad, error, message):
    with pytest.raises(error, match=message):
        TrainingMonitor(**bad)


def test_only_finished_epochs_can_be_selected():
    monitor = TrainingMonitor()
    fit(monitor)
    monitor.selected = 2
    for bad in (0, 4, "1", True):
        with pytest.raises(
            traitlets.TraitError, match="`selected` must be None or the number of a finished epoch, 1 to 3"
        ):
            monitor.selected = bad
    assert monitor.selected == 2


# The page


def test_the_page_follows_the_training_and_its_button_stops_it(show):
    monitor = TrainingMonitor("Test")
    shown = show(monitor)
    page, button = shown.page, shown.page.locator(".stop")
    assert not button.is_visible() and page.locator(".text").inner_text() == "Waiting for `fit`."
    seen = []

    def press():
        assert button.is_visible() and page.get_by_role("progressbar").is_visible()
        page.evaluate("model.widget_manager = { kernel: { interrupt() { window.interrupted = true } } }")
        shown.answering = False  # Python is busy: what the page writes is not read
        button.click()
        seen.append(page.evaluate("[document.querySelector('.stop').textContent, interrupted]"))
        interrupt()

    _, history = fit(monitor, at=13, do=press, epochs=50)
    assert seen == [["Stopping …", True]]
    assert len(history.history["loss"]) == 3 and monitor.state == "stopped"
    assert not button.is_visible() and page.locator(".text").inner_text().startswith("Stopped by hand in epoch 3 of 50")


def test_every_epoch_is_written_and_placed_where_its_numbers_are(show):
    monitor = TrainingMonitor()
    _, history = fit(monitor, epochs=7, validation_split=0.3)
    page = show(monitor).page
    slider = page.get_by_role("slider", name="loss by epoch")
    slider.focus()
    page.keyboard.press("Home")
    keys = ("loss", "val_loss", "accuracy", "val_accuracy")
    for epoch in range(7):
        values = [history.history[key][epoch] for key in keys]
        screen = page.evaluate("[...document.querySelectorAll('.legend b')].map((b) => b.textContent)")
        assert [float(text) for text in screen] == pytest.approx(values, rel=6e-3)
        assert (
            slider.get_attribute("aria-valuetext") == f"epoch {epoch + 1}: training {screen[0]}, validation {screen[1]}"
        )
        assert monitor.selected == epoch + 1
        for i, chart in enumerate(monitor._charts):
            heights = page.evaluate(
                "(i) => [...document.querySelectorAll('.chart')[i].querySelectorAll('.dot')].map((d) => +d.getAttribute('cy'))",
                i,
            )
            low, high = chart["y"]["ends"]
            shares = [(184 - height) / 174 for height in heights]
            assert shares == pytest.approx([(v - low) / (high - low) for v in values[2 * i : 2 * i + 2]], abs=0.01)
        page.keyboard.press("ArrowRight")
    monitor.selected = 2
    assert slider.get_attribute("aria-valuenow") == "2"


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_and_nothing_is_clipped(show, theme):
    monitor = TrainingMonitor("Test")
    shown = show(monitor, theme=theme, width=400 if theme == "dark" else 800)
    found = []

    def look():
        found.extend(rule["id"] for rule in Axe().run(shown.page).response["violations"])
        sizes = "[document.documentElement, ...document.querySelectorAll('.stage')].map((e) => e.scrollWidth - e.clientWidth)"
        found.extend(extra for extra in shown.page.evaluate(sizes) if extra)

    look()
    fit(monitor, at=8, do=look, validation_split=0.1)
    look()
    assert found == []


def test_a_screen_reader_hears_each_epoch_not_each_batch(show):
    monitor = TrainingMonitor()
    shown = show(monitor)
    heard = []
    spoken = shown.page.locator(".spoken")
    monitor.observe(lambda change: heard.append(change.new["heard"]), "_progress")
    fit(monitor, epochs=2)
    shown.settle("document.querySelector('.spoken').textContent !== ''")
    assert spoken.inner_text() == "Finished after 2 epochs"
    assert len(set(heard)) <= 4


def test_cleanup_leaves_nothing_behind(show):
    monitor = TrainingMonitor()
    fit(monitor)
    page = show(monitor).page
    assert page.evaluate("cleanup(), [model.listeners.length, document.getElementById('cell').childNodes.length]") == [
        0,
        0,
    ]
