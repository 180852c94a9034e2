"""Texts that the learner gives stay texts: markup in a name is read, never run."""

import html.parser

import numpy as np
import pytest

from cnnlab import Input, Sequential, datasets, layers, plots, widgets

NAME = """<b>x</b> &amp; "y" 'z'"""


class Read(html.parser.HTMLParser):
    """What a page says in its texts and its alternative texts, and whether a name has become an element."""

    def __init__(self, page):
        super().__init__()
        self.said, self.elements = "", []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append([tag, ""])
        self.said += f" {dict(attributes).get('alt') or ''} "

    def handle_endtag(self, tag):
        self.elements.append(["after", ""])

    def handle_data(self, data):
        self.said += data
        if self.elements:
            self.elements[-1][1] += data


def model(units=3):
    return Sequential([Input((28, 28, 1)), layers.Flatten(), layers.Dense(units, activation="softmax")])


def monitor():
    net = Sequential([Input((4,)), layers.Dense(2, activation="softmax")])
    net.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    shown = widgets.TrainingMonitor(NAME)
    net.fit(np.eye(4), [0, 1, 0, 1], epochs=2, verbose=0, callbacks=[shown])
    return shown


def confusion():
    scores = np.random.default_rng(0).random((20, 3))
    return widgets.ConfusionExplorer([0, 1, 2, 1] * 5, scores, np.zeros((20, 4, 4)), NAMES)


def of_a_class_with_markup():
    Odd = type(NAME, (layers.Flatten,), {})
    return widgets.NetworkExplorer(Sequential([Input((4, 4, 1)), Odd(), layers.Dense(3)]), np.eye(4))


NAMES = [NAME, "cat", NAME + " again"]
# Every explorer that takes a text to show.
EXPLORERS = {
    "names of scores": lambda: widgets.NetworkExplorer(model(), np.eye(28), NAMES),
    "kinds of layers": of_a_class_with_markup,
    "names of classes": confusion,
    "names of digits": lambda: widgets.DrawDigit(model(), np.eye(28), class_names=NAMES),
    "title of a training": monitor,
}
IMAGES = np.zeros((2, 4, 4))
PICTURES = {
    "titles of images": lambda: plots.show_images(list(IMAGES), [NAME, "other"]),
    "alt of images": lambda: plots.show_images(list(IMAGES), alt=NAME),
    "alt of a picture": lambda: plots.Picture(plots.show_kernel(np.eye(3)).figure, NAME),
    "kernel": lambda: plots.show_kernel(np.eye(3), NAME),
    "feature maps": lambda: plots.show_feature_maps(np.zeros((4, 4, 2)), title=NAME),
    "curves": lambda: plots.show_curves({NAME: {"accuracy": [1, 2]}}, title=NAME),
    "training": lambda: plots.show_training({"loss": [1, 2]}, title=NAME),
    "confusion": lambda: plots.show_confusion(np.eye(3), NAMES, NAME),
    "architecture": lambda: plots.show_architecture(model(), NAME),
    "receptive field": lambda: plots.show_receptive_field([(3, 1)], [NAME]),
}


@pytest.mark.parametrize("name", EXPLORERS)
def test_the_static_form_of_an_explorer_shows_names_letter_for_letter(name):
    explorer = EXPLORERS[name]()
    read = Read(explorer._repr_mimebundle_()[0]["text/html"])
    assert NAME in read.said
    assert ["b", "x"] not in read.elements


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_names_letter_for_letter(name):
    read = Read(PICTURES[name]()._repr_mimebundle_()["text/html"])
    assert NAME in read.said
    assert ["b", "x"] not in read.elements


def test_the_banner_of_drawn_data_shows_names_letter_for_letter():
    read = Read(datasets._Banner(NAME, NAME)._repr_html_())
    assert read.said.count(NAME) == 3 and ["b", "x"] not in read.elements


def test_the_line_of_a_training_shows_its_text_letter_for_letter():
    from cnnlab.plots.training import _Line

    read = Read(_Line(NAME)._repr_html_())
    assert NAME in read.said and ["b", "x"] not in read.elements


NO_MARKUP = "[...document.querySelectorAll('b')].every((bold) => bold.textContent !== 'x')"


@pytest.mark.parametrize("name", EXPLORERS)
def test_the_live_page_and_the_saved_page_show_names_letter_for_letter(show, browser, tmp_path, name):
    explorer = EXPLORERS[name]()
    explorer.save_html(tmp_path / "saved.html")
    live, saved = show(explorer).page, browser.new_page()
    saved.goto((tmp_path / "saved.html").as_uri())
    saved.wait_for_selector("#explorer .cnnlab-explorer")
    for page, part in ((live, "#cell"), (saved, "#explorer")):
        assert NAME in page.locator(part).evaluate("(part) => part.textContent")
        assert page.evaluate(NO_MARKUP)
    saved.close()
