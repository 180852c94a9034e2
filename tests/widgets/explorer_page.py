"""An explorer on a page, without Jupyter: the real Python class behind a fake model."""

import json

from cnnlab import widgets

# What Jupyter's model does, as far as a widget sees it: `set` tells the listeners, `save_changes`
# sends what changed to Python, and what Python sends arrives through `receive`; both take `delay` ms.
FAKE_MODEL = """
window.FakeModel = class {
  constructor(state, delay = 0, send = (text) => to_python(text)) {
    Object.assign(this, { state, delay, send, listeners: [], unsaved: {} });
  }
  get(name) { return this.state[name]; }
  put(name, value) {
    if (JSON.stringify(value) === JSON.stringify(this.state[name])) return false;
    this.state[name] = value;
    return true;
  }
  tell(names) { for (const n of names) for (const [event, f] of [...this.listeners]) if (event === `change:${n}`) f(); }
  set(name, value) { if (this.put(name, value)) { this.unsaved[name] = value; this.tell([name]); } }
  save_changes() {
    const changes = this.unsaved;
    this.unsaved = {};
    if (Object.keys(changes).length) this.later(() => this.send(JSON.stringify(changes)));
  }
  later(action) { if (this.delay) setTimeout(action, this.delay); else action(); }
  receive(state) { this.later(() => this.tell(Object.keys(state).filter((name) => this.put(name, state[name])))); }
  on(event, f) { this.listeners.push([event, f]); }
  off(event, f) { this.listeners = this.listeners.filter(([e, g]) => e !== event || g !== f); }
};
"""

# In a notebook, the style sheets of all explorers are on one page, in any order.
OTHERS = "\n".join(getattr(widgets, name)._css for name in widgets.__all__)

THEMES = {
    "light": "",
    "dark": "--jp-layout-color0: #111; --jp-ui-font-color0: white; --jp-brand-color1: #42a5f5;"
    " --jp-error-color1: #ef9a9a; color: white; background: #111",
}


class Shown:
    """An explorer on a page. `explorer` is its Python side, deaf to the page while `answering` is False.

    `delay` is how long a message takes from one side to the other, in ms.
    """

    def __init__(self, page, explorer, theme="light", delay=0):
        self.page, self._explorer, self.errors, self.answering = page, explorer, [], True
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.expose_function("to_python", self._from_page)
        page.set_content(
            '<!doctype html><html lang="en"><head><title>Explorer</title>'
            f'<style>{explorer._css}</style><style>{OTHERS}</style></head><body style="{THEMES[theme]}">'
            '<main><h1>Explorer</h1><div id="cell"></div><a href="#" style="color: inherit">after</a></main>'
        )
        page.evaluate(FAKE_MODEL + "null")
        explorer._send = self._from_python
        page.evaluate(
            """async ([source, state, delay]) => {
              const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
              const { default: widget } = await import(url);
              window.model = new FakeModel(JSON.parse(state), delay);
              window.cleanup = widget.render({ model, el: document.getElementById("cell") });
            }""",
            [explorer._esm, json.dumps(explorer.get_state()), delay],
        )

    @property
    def explorer(self):
        self.page.evaluate("null")  # what the page has said on the way here is heard first
        return self._explorer

    def _from_page(self, changes):
        if self.answering:
            self._explorer.set_state(json.loads(changes))

    def _from_python(self, message, buffers=None):
        if message["method"] == "update":
            self.page.evaluate("(state) => model.receive(JSON.parse(state))", json.dumps(message["state"]))

    def slide(self, name, value):
        """Move a slider, or tick a box, to a value at once, as a drag does."""
        if isinstance(value, bool):
            self.page.get_by_role("checkbox", name=name).set_checked(value)
        else:
            self.slider(name).fill(str(value))

    def slider(self, name):
        return self.page.get_by_role("slider", name=name, exact=True)

    def stop_the_clock(self):
        """From here on time passes only when `page.clock.run_for` says so."""
        self.page.clock.install(time=0)
        self.page.clock.pause_at(1000)

    def wait_for_a_frame(self):
        """Cells that shrink fit their stage only once the page has been laid out, and has told them of its width."""
        self.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")

    def pass_time(self, ms):
        """Wait by the clock of the page, so that its own shorter delays are over, however slow it is."""
        self.page.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", ms)

    def settle(self, condition):
        self.page.wait_for_function(condition)
