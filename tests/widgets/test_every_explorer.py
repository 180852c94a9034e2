"""What all explorers have in common: far away from Python, at 200 % zoom, and many on one page."""

import json
from typing import NamedTuple

import numpy as np
import pytest
import traitlets
from explorer_page import FAKE_MODEL, OTHERS

from cnnlab import Input, Sequential, layers, optimizers, widgets
from cnnlab.widgets._explorer import Explorer


def random():
    """The same numbers in every test: by chance, what an event asks for may be there already."""
    return np.random.default_rng(1)


def model():
    stack = [layers.Conv2D(3, 5, activation="relu"), layers.MaxPooling2D(2), layers.Flatten()]
    return Sequential([Input((28, 28, 1)), *stack, layers.Dense(10, activation="softmax")])


def network():
    explorer = widgets.NetworkExplorer(model(), random().random((28, 28)))
    explorer.layer = 1
    return explorer


def confusion():
    numbers = random()
    y_true, scores = numbers.integers(0, 4, 200), numbers.random((200, 4))
    return widgets.ConfusionExplorer(y_true, scores, numbers.random((200, 9, 9)))


def monitor():
    net = Sequential([Input((4,)), layers.Dense(2, activation="softmax")])
    net.compile(optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])  # epochs that differ
    shown = widgets.TrainingMonitor()
    net.fit(random().random((40, 4)), random().integers(0, 2, 40), epochs=5, verbose=0, callbacks=[shown])
    return shown


def color():
    image, kernel = random().integers(0, 9, (8, 8, 3)), random().integers(-2, 3, (3, 3, 3, 2))
    return widgets.ConvolutionExplorer(image, kernel, bias=1, pinned=(0, 0), view="formula", quiz=True)


KEY = "dispatchEvent(new KeyboardEvent('keydown', { key: '%s', bubbles: true }))"
OVER = "dispatchEvent(new PointerEvent('%s', { bubbles: true }))"


class Case(NamedTuple):
    make: object
    held: list  # what the page holds itself: an event, and the part that it changes
    drag: str = ""  # what needs Python: a movement, in which `i` counts to 40
    arrived: object = None  # whether Python has its end


CASES = {
    "activation": Case(
        lambda: widgets.ActivationExplorer("softmax"),
        [],
        "slide(all('.softmax input')[0], i % 11)",
        lambda explorer: explorer.logits[0] == 7,
    ),
    "activation, a curve": Case(
        lambda: widgets.ActivationExplorer("elu"),
        [("all('.plot')[0]." + KEY % "ArrowRight", ".worked"), ("all('.plot')[0]." + KEY % "Home", ".cursor")],
        "slide(all('input[type=range]')[0], 0.05 * (i % 21))",
        lambda explorer: explorer.alpha == 0.95,
    ),
    "backprop": Case(
        lambda: widgets.BackpropExplorer(np.eye(5), np.eye(3)),
        [("point(all('.image td')[7])", ".sum"), ("all('.kernel td')[3].focus()", ".kernel .stage")],
        "all('.steps button')[1].click()",
        lambda explorer: explorer.steps == 40,
    ),
    "confusion": Case(
        confusion,
        [
            ("all('.confusion-matrix td')[9]." + OVER % "pointerover", ".reading"),
            ("all('.images td')[2].focus()", ".scores"),
            ("choose(all('select')[0], 'percent')", ".confusion-matrix .stage"),
            ("choose(all('select')[1], 'mistakes')", ".confusion-matrix .stage"),
        ],
        "all('.confusion-matrix td')[i % 16].focus()",
        lambda explorer: explorer.selected == (2, 0),
    ),
    "convolution": Case(
        lambda: widgets.ConvolutionExplorer(random().integers(0, 9, (5, 5)), np.eye(3)),
        [
            ("point(all('.output td:not(.off)')[4])", ".sum"),
            ("all('[aria-label^=Next]')[0].click()", ".input .stage"),
            ("slide(all('input[type=range]')[0], 2)", ".output .stage"),
            ("slide(all('input[type=range]')[1], 1)", ".input .stage"),
        ],
        "type(all('.kernel input')[0], i)",
        lambda explorer: explorer.kernel[0, 0] == 40,
    ),
    "convolution, in color": Case(
        color,
        [("choose(all('select')[0], 2)", ".input .stage"), ("point(all('.output td:not(.off)')[4])", ".sum")],
        "type(all('.bias input')[0], i)",
        lambda explorer: explorer.bias[0] == 40,
    ),
    "draw": Case(
        lambda: widgets.DrawDigit(model()),
        [
            ("all('.draw-here .picture')[0]." + KEY % "ArrowLeft", ".mark.pen"),
            ("all('.draw-here .picture')[0]." + KEY % " ", ".draw-here canvas"),
        ],
        "const [sheet] = all('.draw-here .picture'); if (i === 1) sheet." + KEY % " " + "; sheet." + KEY % "ArrowRight",
        lambda explorer: explorer.image[56, 109] > 0,
    ),
    "geometry": Case(
        lambda: widgets.GeometryExplorer(7),
        [
            ("point(all('.output td:not(.off)')[2])", ".input .stage"),
            ("all('[aria-label^=Next]')[0].click()", ".output .stage"),
            ("slide(all('input[type=range]')[1], 9)", ".input .stage"),
            ("slide(all('input[type=range]')[4], 2)", ".worked"),
        ],
    ),
    "geometry, two axes": Case(
        lambda: widgets.GeometryExplorer((16, 16), 5, 1, "same"),
        [
            ("point(all('.output td:not(.off)')[2])", ".input .stage"),
            ("slide(all('input[type=range]')[6], 2)", ".input .stage"),
        ],
    ),
    "monitor": Case(
        monitor,
        [("all('.plot')[0]." + KEY % "Home", ".legend"), ("all('.plot')[0]." + KEY % "End", ".cursor")],
    ),
    "network": Case(
        network,
        [("all('.detail td')[1]." + OVER % "pointerover", ".detail > :last-child")],
        "slide(all('input[type=range]')[0], i % 3)",
        lambda explorer: explorer.channel == 1,
    ),
    "network builder": Case(
        widgets.NetworkBuilder,
        [
            ("all('.row')[2]." + OVER % "pointerdown", ".layers"),
            ("all('button[value=cnnlab]')[0].click()", "pre"),
        ],
        "type(all('.layers .row input')[3], 1 + i)",
        lambda explorer: explorer.layers[0]["filters"] == 41,
    ),
    "playground": Case(
        widgets.KernelPlayground,
        [
            ("touch(all('.result .picture')[0], 9, 9)", ".image .window"),
            ("touch(all('.result .picture')[0], 19, 9)", ".mark.pixel"),
        ],
        "touch(all('.result .picture')[0], 9 + 2 * i, 9)",
        lambda explorer: abs(explorer.pointed[1] - 44) < 3,
    ),
    "pooling": Case(
        lambda: widgets.PoolingExplorer(random().integers(0, 9, (8, 8))),
        [
            ("point(all('.output td')[3])", ".worked"),
            ("all('[aria-label^=Next]')[0].click()", ".worked"),
            ("all('.pad button')[1].click()", ".image .stage"),
        ],
        "slide(all('input[type=range]')[0], 1 + (i % 6))",
        lambda explorer: explorer.pool_size == 5,
    ),
}  # fmt: skip

HANDS = """
window.all = (selector) => document.querySelectorAll(selector);
let moved = 0;
window.point = (element) => element.dispatchEvent(
  new PointerEvent("pointermove", { bubbles: true, clientX: ++moved, clientY: moved }));
window.touch = (element, x, y) => {
  const { left, top } = element.getBoundingClientRect();
  element.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, clientX: left + x, clientY: top + y }));
};
window.type = (input, value) => {
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};
window.slide = window.choose = window.type;
window.frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
null
"""


def test_every_explorer_has_a_case():
    made = {type(case.make()).__name__ for case in CASES.values()}
    assert made == set(widgets.__all__)


NONE_FITS = {"selected", "pinned", "bias", "guess", "pointed", "pixel", "input_channel", "example", "target"}


@pytest.mark.parametrize("name", CASES)
def test_none_is_refused_where_it_means_nothing(name):
    explorer = CASES[name].make()
    fits = NONE_FITS | ({"strides"} if name == "pooling" else set())
    own = set(explorer.traits()) - set(Explorer.class_traits()) - fits
    before = explorer.get_state()
    for trait in own:
        if not trait.startswith("_") and not explorer.traits()[trait].read_only:
            with pytest.raises(traitlets.TraitError, match=f"`{trait}`"):
                setattr(explorer, trait, None)
    assert explorer.get_state() == before


# Far away: each message takes 150 ms


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.held])
def test_what_the_page_holds_is_shown_within_the_frame(show, name):
    page = show(CASES[name].make(), delay=150).page
    page.evaluate(HANDS)
    for event, part in CASES[name].held:
        before, after, heard = page.evaluate(
            """async ([event, part]) => {
              const element = document.querySelector(part);
              const look = () => element.outerHTML + (element.toDataURL?.() ?? "");
              let heard = 0; // from Python
              const { receive } = model;
              model.receive = (state) => (heard++, receive.call(model, state));
              await frame();
              const before = look();
              Function(event)();
              await frame();
              return [before, look(), heard];
            }""",
            [event, part],
        )
        assert before != after and not heard, (event, part)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.drag])
def test_a_drag_never_queues_and_its_end_wins(show, name):
    case = CASES[name]
    shown = show(case.make(), delay=150)
    wishes, explorer = [], shown._explorer
    set_state = explorer.set_state

    def listen(state):
        wishes.append(state.get("_asked"))
        set_state(state)

    explorer.set_state = listen
    shown.page.evaluate(HANDS)
    lasted = shown.page.evaluate(
        """async (drag) => {
          const move = Function("i", drag), began = performance.now();
          for (let i = 1; i <= 40; i++) {
            move(i);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          return performance.now() - began;
        }""",
        case.drag,
    )
    shown.settle("model.get('_asked') > 0 && model.get('_answered') === model.get('_asked')")
    assert [asked for asked in wishes if asked] == [*range(1, explorer._answered + 1)]
    assert 2 <= explorer._answered <= 2 + lasted / 300  # no more than there was time for, one after the other
    assert case.arrived(explorer)


ASKING = ["activation", "convolution", "network builder"]  # one with a note, two with fields to type into


@pytest.mark.parametrize("name", ASKING)
def test_a_kernel_that_is_gone_is_named_until_it_answers_after_all(show, name):
    shown = show(CASES[name].make())
    page = shown.page
    page.evaluate(HANDS)
    shown.stop_the_clock()
    shown.answering = False
    page.evaluate("(drag) => Function('i', drag)(3)", CASES[name].drag)
    said = "document.querySelector('#cell').innerText"
    page.clock.run_for(600)
    assert "Waiting for Python, which is busy…" in page.evaluate(said)
    page.clock.run_for(8000)
    assert "this explorer’s is gone: run its cell again" in page.evaluate(said)
    assert "which is busy" not in page.evaluate(said)
    page.evaluate("model.receive({ _answered: model.get('_asked') })")
    page.clock.run_for(50)
    assert "run its cell again" not in page.evaluate(said)


# 200 % zoom: a window of 1280 pixels is 640 wide then, and one of 800 is 400

CROWDED = """() => {
  const root = document.querySelector(".cnnlab-explorer"), { right } = root.getBoundingClientRect();
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
  const parts = [...root.querySelectorAll("button, input, select, label, td, th, pre, canvas, .name, .value, .hint, " +
    ".size, .title b, .note, .message, .sum, .worked, .part, .term, .legend li, .reading, .said, .key, .kept, .plot")]
    .filter(isShown);
  const box = (element) => element.getBoundingClientRect();
  const scrolls = (element) => element.closest(".stage, .scroll");
  const clipped = parts.filter((element) => !scrolls(element) && box(element).right > right + 1);
  const tight = [...root.querySelectorAll("*")].filter((element) => isShown(element) && !element.matches(".spoken") &&
    getComputedStyle(element).overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1);
  const boxes = parts.map(box), found = [];
  for (let i = 0; i < parts.length; i++)
    for (let k = i + 1; k < parts.length; k++) {
      if (parts[i].contains(parts[k])) continue;
      const across = Math.min(boxes[i].right, boxes[k].right) - Math.max(boxes[i].left, boxes[k].left);
      const down = Math.min(boxes[i].bottom, boxes[k].bottom) - Math.max(boxes[i].top, boxes[k].top);
      if (across > 1.5 && down > 1.5) found.push([parts[i], parts[k]]);
    }
  const say = (element) => `${element.tagName} ${element.className} ${element.textContent.slice(0, 30)}`;
  return { clipped: clipped.map(say), tight: tight.map(say), overlapping: found.slice(0, 5).map((two) => two.map(say)),
    wide: document.documentElement.scrollWidth - innerWidth };
}"""


@pytest.mark.parametrize("width", [640, 400])
@pytest.mark.parametrize("name", CASES)
def test_nothing_is_clipped_and_nothing_overlaps_at_200_percent(show, name, width):
    page = show(CASES[name].make(), width=width, device_scale_factor=2).page
    assert page.evaluate(CROWDED) == {"clipped": [], "tight": [], "overlapping": [], "wide": 0}


# Many on one page


def test_all_on_one_page_answer_and_leave_nothing(browser):
    """Each explorer answers, and it alone; and twice opening and closing all leaves as many nodes and listeners."""
    explorers = []
    page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")  # nothing flies on later
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.expose_function("send", lambda place, text: explorers[place].set_state(json.loads(text)))
    page.set_content(f"<!doctype html><style>{OTHERS}</style>")
    page.evaluate(FAKE_MODEL + HANDS)
    counters = page.context.new_cdp_session(page)

    def count():
        counters.send("HeapProfiler.collectGarbage")
        now = counters.send("Memory.getDOMCounters")
        return now["nodes"], now["jsEventListeners"]

    def open_all():
        explorers[:] = [case.make() for case in CASES.values()]
        page.evaluate(
            """async (explorers) => {
              window.cells = [];
              for (const [place, [source, state]] of explorers.entries()) {
                const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
                const { default: widget } = await import(url);
                const model = new FakeModel(JSON.parse(state), 0, (text) => send(place, text));
                const el = document.body.appendChild(document.createElement("div"));
                cells.push({ model, el, close: widget.render({ model, el }) });
              }
            }""",
            [[explorer._esm, json.dumps(explorer.get_state())] for explorer in explorers],
        )
        for place, explorer in enumerate(explorers):

            def receive(message, buffers=None, place=place):
                if message["method"] == "update":
                    state = json.dumps(message["state"])
                    page.evaluate("([place, text]) => cells[place].model.receive(JSON.parse(text))", [place, state])

            explorer._send = receive

        # The shared styles, once, and before those of each kind, which refine them.
        assert page.evaluate("[...document.querySelectorAll('style')].map((style) => style.id)") == ["cnnlab-style", ""]

    def close_all():
        left = page.evaluate(
            """() => cells.splice(0).map(({ model, el, close }) => {
              close();
              el.remove();
              return [el.childNodes.length, model.listeners.length];
            })"""
        )
        assert left == [[0, 0]] * len(explorers)

    def touch_all():
        for place, case in enumerate(CASES.values()):
            for event, part in case.held:
                for _ in range(6000):  # what Python was asked before has to be on the page first
                    if page.evaluate("cells.every(({ model }) => model.get('_asked') === model.get('_answered'))"):
                        break
                    page.wait_for_timeout(20)
                changed = page.evaluate(
                    """async ([place, event, part]) => {
                      const { el } = cells[place], told = (part) => !part.matches(".spoken"); // which comes later
                      window.all = (selector) => el.querySelectorAll(selector);
                      const look = (one = el.querySelector(part)) => one.outerHTML + (one.toDataURL?.() ?? "");
                      const looks = () => cells.map(({ el }, i) => (i === place ? look()
                        : [...el.firstChild.children].filter(told).map((part) => part.outerHTML).join()));
                      await frame();
                      const before = looks();
                      Function(event)();
                      await frame();
                      const after = looks();
                      return [...before.keys()].filter((i) => before[i] !== after[i]);
                    }""",
                    [place, event, part],
                )
                assert changed == [place], (event, part)

    counts = []
    for _ in range(3):  # the first time, the browser makes what it keeps for good
        open_all()
        touch_all()
        assert page.evaluate("document.querySelectorAll('*').length") > 2000
        close_all()
        counts.append(count())
    assert counts[1] == counts[2] and counts[2][1] == 0
    assert errors == []
    page.close()


@pytest.mark.parametrize("name", CASES)
def test_a_name_that_it_does_not_have_is_refused(name):
    explorer = CASES[name].make()
    with pytest.raises(AttributeError, match=f"{type(explorer).__name__} has no `strid` to set. Did you mean"):
        explorer.strid = 2
    assert not hasattr(explorer, "strid")


def test_the_name_that_was_meant_is_said():
    with pytest.raises(AttributeError, match="no `stride` to set. Did you mean `strides`?"):
        widgets.ConvolutionExplorer(np.eye(3), np.eye(2)).stride = 2
