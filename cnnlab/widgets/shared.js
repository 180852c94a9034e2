// What every explorer's page is made of. Python puts this file in front of each explorer's own,
// because a widget's module cannot import files that lie beside it (anywidget#399).
// Python computes every number; the page looks up, formats and highlights.

const PLAY_STEP = 700; // ms from one step to the next
const REST = 150; // ms without a change before a screen reader hears the new state
const SLOW = 500; // ms without an answer before we say that Python is busy
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const ENDS = { Home: -1, End: 1 };
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

let views = 0;

/** What an explorer's module exports: its view, shown in a cell until the cell is cleared. */
const explorer = (Page) => ({
  render({ model, el }) {
    const view = new Page(model, el);
    return () => view.remove();
  },
});

/**
 * One explorer in one cell. A subclass has
 * - `static kind`, one word for its name and its CSS class, and `static watched`, the traits that it shows;
 * - `build()`, which fills `this.root`, once;
 * - `draw()`, which shows the state that `this.read()` gives, and may call `this.say(sentence)`.
 */
class View {
  constructor(model, el) {
    this.model = model;
    this.id = `cnnlab-explorer-${++views}`;
    this.stop = new AbortController(); // ends every listener at once
    this.timers = new Map();
    this.pending = {}; // what Python will be asked next
    this.asked = null; // the number of the question that Python works on
    this.note = make("div", { class: "note", role: "status" });
    this.live = make("div", { class: "spoken", role: "status" });
    this.root = make("div", { role: "group", "aria-label": `${this.constructor.kind} explorer`,
      class: `cnnlab-explorer cnnlab-${this.constructor.kind.toLowerCase()}` });
    this.root.dataset.lmSuppressShortcuts = "true";
    // JupyterLab acts on plain keys (`a` inserts a cell, `d` `d` deletes one): they end here.
    this.listen(this.root, "keydown", (event) => {
      const forLab = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
      if (!forLab && event.key !== "Tab") event.stopPropagation();
    });
    this.build();
    el.append(this.root);
    this.draw();
    this.schedule = () => {
      // One message can change several traits: draw once, when all of them are here.
      if (this.scheduled) return;
      this.scheduled = true;
      queueMicrotask(() => {
        this.scheduled = false;
        if (this.stop.signal.aborted) return;
        this.hear();
        this.draw();
      });
    };
    this.watched = [...this.constructor.watched, "_answered"];
    for (const name of this.watched) model.on(`change:${name}`, this.schedule);
  }

  remove() {
    for (const name of this.watched) this.model.off(`change:${name}`, this.schedule);
    this.stop.abort();
    for (const name of [...this.timers.keys()]) this.cancel(name);
    this.root.remove();
  }

  listen(target, type, handler) {
    target.addEventListener(type, handler, { signal: this.stop.signal });
  }

  after(name, delay, action) {
    this.cancel(name);
    this.timers.set(name, setTimeout(() => (this.timers.delete(name), action()), delay));
  }

  cancel(name) {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }

  read() {
    return Object.fromEntries(this.constructor.watched.map((name) => [name, this.model.get(name)]));
  }

  /** Tell Python what the page already shows. */
  write(changes) {
    for (const [name, value] of Object.entries(changes)) this.model.set(name, value);
    this.model.save_changes();
  }

  /** Ask Python for what the page cannot show by itself. While it works, only the newest wish is kept. */
  ask(changes) {
    Object.assign(this.pending, changes);
    if (this.asked !== null || !Object.keys(this.pending).length) return;
    const wish = this.pending;
    this.pending = {};
    this.asked = this.model.get("_asked") + 1;
    this.after("slow", SLOW, () => this.drawBusy());
    this.write({ ...wish, _asked: this.asked });
  }

  hear() {
    if (this.asked === null || this.model.get("_answered") < this.asked) return;
    this.asked = null;
    this.cancel("slow");
    this.ask({});
    this.drawBusy();
  }

  get busy() {
    return this.asked !== null && !this.timers.has("slow");
  }

  drawBusy() {
    this.note.textContent = this.busy ? "Waiting for Python, which is busy…" : "";
  }

  /** Let a screen reader hear a sentence, once the state has come to rest. The first is not read out. */
  say(sentence) {
    if (this.said !== undefined && sentence !== this.said) this.announce();
    this.said = sentence;
  }

  announce() {
    if (!this.playing) this.after("rest", REST, () => (this.live.textContent = this.said ?? ""));
  }

  /** `select(cell)` for the cell of a table in `box` that the pointer moves to. */
  pointAt(box, select) {
    const point = (event) => {
      // A cell that changes under a resting pointer is not a movement.
      const spot = `${event.clientX} ${event.clientY}`;
      const cell = event.target.closest("td");
      if (spot === this.spot || !cell) return;
      this.spot = spot;
      select(cell);
    };
    this.listen(box, "pointermove", point);
    this.listen(box, "pointerdown", (event) => {
      // Let go of the cell, so that a finger that slides on reaches the next ones.
      if (event.target.hasPointerCapture(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
      this.spot = null;
      point(event);
    });
  }

  /** Buttons that step through the output cells: `step(-1)` or `step(+1)`, which is true at the last cell. */
  buildSteps(step) {
    const [previous, next] = [["◀", "Previous", -1], ["▶", "Next", +1]].map(([sign, word, direction]) => {
      const one = button(sign, { "aria-label": `${word} output cell` });
      this.listen(one, "click", () => (this.play(false), step(direction)));
      return one;
    });
    return make("div", { class: "steps" }, previous, this.buildPlay(() => step(+1)), next);
  }

  /** A button that calls `step()` again and again, until it returns true or `play(false)` is called. */
  buildPlay(step) {
    this.playButton = make("button", { type: "button", class: "play" }, "Play");
    this.listen(this.playButton, "click", () => this.play(!this.playing));
    this.playStep = step;
    return this.playButton;
  }

  play(on) {
    this.cancel("play");
    this.playing = on;
    this.playButton.textContent = on ? "Pause" : "Play";
    if (!on) return this.announce();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const next = () => {
      if (this.playStep()) this.play(false);
      else this.after("play", calm ? 2 * PLAY_STEP : PLAY_STEP, next);
    };
    next();
  }
}

/** A table of cells. One of them can be reached with Tab; from there the arrow keys lead on. */
class Grid {
  constructor(view, panel, label, rows, columns, inputs) {
    this.columns = columns;
    this.cells = Array.from({ length: rows * columns }, () => make("td"));
    for (const [index, input] of (inputs ?? []).entries()) this.cells[index].append(input);
    this.focusable = inputs ?? this.cells;
    for (const element of this.focusable) element.tabIndex = -1;
    this.rows = Array.from({ length: rows }, (_, row) =>
      make("tr", {}, ...this.cells.slice(row * columns, (row + 1) * columns)));
    this.table = make("table", { role: "grid", "aria-label": label }, make("tbody", {}, ...this.rows));
    panel.stage.replaceChildren(this.table);
    panel.stage.style.setProperty("--rows", rows);
    panel.stage.style.setProperty("--columns", columns);
    panel.stage.classList.toggle("dense", columns > 14);
    this.setCurrent(0);
    view.listen(this.table, "keydown", (event) => this.move(event));
    view.listen(this.table, "focusin", (event) => this.setCurrent(this.focusable.indexOf(event.target)));
  }

  position(index) {
    return [Math.floor(index / this.columns), index % this.columns];
  }

  setWidth(characters) {
    this.table.parentElement.style.setProperty("--characters", `${characters}ch`);
  }

  /** Cells for so many characters, or as much smaller as is needed for so many columns to fit the stage. */
  shrink(rows, columns, characters) {
    const largest = Math.max(30, 7 * characters + 10);
    const cell = `min(${largest}px, 100cqi / ${columns})`;
    this.table.parentElement.classList.add("shrink");
    this.table.parentElement.style.setProperty("--room", `${largest * columns + 14}px`);
    Object.assign(this.table.style, { width: `calc(${columns} * ${cell})`, height: `calc(${rows} * min(30px, ${cell}))`,
      fontSize: `min(12px, ${cell} * ${(1.5 / Math.max(characters, 2)).toFixed(2)})` });
  }

  hideEmptyRows() {
    for (const [row, element] of this.rows.entries()) {
      const cells = this.cells.slice(row * this.columns, (row + 1) * this.columns);
      element.classList.toggle("off", cells.every((cell) => cell.classList.contains("off")));
    }
  }

  setCurrent(index) {
    if (index < 0 || index === this.current) return;
    const before = this.focusable[this.current];
    if (before) before.tabIndex = -1;
    this.current = index;
    this.focusable[index].tabIndex = 0;
    if (before && before === document.activeElement) this.focusable[index].focus({ preventScroll: true });
  }

  keepCurrent(otherwise) {
    if (this.cells[this.current].classList.contains("off")) this.setCurrent(otherwise);
  }

  isShown(row, column) {
    const inside = row >= 0 && row < this.rows.length && column >= 0 && column < this.columns;
    return inside && !this.cells[row * this.columns + column].classList.contains("off");
  }

  move(event) {
    if (event.altKey || event.metaKey || event.shiftKey) return;
    const [down, right] = ARROWS[event.key] ?? [0, 0];
    const end = ENDS[event.key];
    const input = event.target.closest("input");
    if (!(down || right || end) || (input && !down && !leavesText(input, right))) return;
    event.preventDefault();
    let [row, column] = this.position(this.current);
    if (end) {
      if (event.ctrlKey) while (this.isShown(row + end, column)) row += end;
      while (this.isShown(row, column + end)) column += end;
    } else if (this.isShown(row + down, column + right)) {
      [row, column] = [row + down, column + right];
    }
    this.focusable[row * this.columns + column].focus();
  }
}

/**
 * Numbers to type, as text fields. `typed(place, text)` is called for each valid entry; `now(place)` is
 * the text of the number in use. What is being typed, or cannot be read, is never overwritten.
 */
class Fields {
  constructor(view, count, { typed, now }) {
    Object.assign(this, { view, typed, now });
    this.message = make("div", { class: "message", role: "status", id: `${view.id}-message-${++views}` });
    this.inputs = Array.from({ length: count }, (_, place) => {
      const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
        "aria-invalid": "false" });
      view.listen(input, "input", () => this.edit(place));
      view.listen(input, "focus", () => input.select());
      view.listen(input, "blur", () => this.draw(place));
      view.listen(input, "keydown", (event) => {
        if (event.key === "Escape") this.restore(place);
      });
      return input;
    });
  }

  edit(place) {
    const text = this.inputs[place].value.trim().replace("−", "-");
    const valid = NUMBER.test(text) && Number.isFinite(Number(text));
    this.mark(place, !valid);
    if (valid) this.typed(place, text);
  }

  mark(place, invalid) {
    const input = this.inputs[place];
    input.setAttribute("aria-invalid", invalid);
    if (invalid) input.setAttribute("aria-describedby", this.message.id);
    else input.removeAttribute("aria-describedby");
    this.drawMessage();
  }

  /** Give a field its number and its name; under a new name it is another number, so what was typed goes. */
  draw(place, label) {
    const input = this.inputs[place];
    if (label !== undefined && input.getAttribute("aria-label") !== label) {
      input.setAttribute("aria-label", label);
      if (document.activeElement !== input) this.restore(place);
    }
    if (this.view.asked !== null || document.activeElement === input || isInvalid(input)) return;
    input.value = this.now(place);
  }

  restore(place) {
    this.mark(place, false);
    this.inputs[place].value = this.now(place);
  }

  drawMessage() {
    const place = this.inputs.findIndex(isInvalid);
    this.message.textContent =
      place >= 0
        ? `Not a number: “${this.inputs[place].value.slice(0, 12)}”. The value stays ${this.now(place)}.`
        : this.view.busy ? "Waiting for Python, which is busy…" : "";
  }
}

/**
 * An image whose pixels can be pointed at, by mouse, finger or arrow keys: `point(row, column)` is called
 * (for a pointer with the event).
 * Python sends it ready to paint, see `_explorer.paint`.
 */
class Picture {
  constructor(view, panel, label, point, { hover = true } = {}) {
    this.canvas = make("canvas");
    this.frame = make("div", { class: "picture" }, this.canvas);
    this.current = [0, 0];
    this.marks = new Map();
    panel.stage.replaceChildren(this.frame);
    if (!point) {
      this.canvas.setAttribute("role", "img");
      this.canvas.setAttribute("aria-label", label);
      return;
    }
    for (const [name, value] of Object.entries({ tabindex: "0", role: "application", "aria-label": label,
      "aria-roledescription": "picture, the arrow keys move" })) this.frame.setAttribute(name, value);
    this.point = (row, column, event) => {
      this.current = [row, column];
      point(row, column, event);
    };
    const at = (event) => {
      const spot = `${event.clientX} ${event.clientY}`;
      if (spot === this.spot) return; // the picture changed under a resting pointer: not a movement
      if (!hover && !event.buttons && event.type === "pointermove") return;
      this.spot = spot;
      const { left, top, width, height } = this.canvas.getBoundingClientRect();
      const [rows, columns] = this.size;
      const row = Math.floor(((event.clientY - top) / height) * rows);
      const column = Math.floor(((event.clientX - left) / width) * columns);
      if (row >= 0 && row < rows && column >= 0 && column < columns) this.point(row, column, event);
    };
    view.listen(this.frame, "pointermove", at);
    view.listen(this.frame, "pointerdown", (event) => ((this.spot = null), at(event)));
    view.listen(this.frame, "keydown", (event) => {
      const [down, right] = ARROWS[event.key] ?? [0, 0];
      if (!(down || right) || event.altKey || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      const inside = (place, size) => Math.max(0, Math.min(place, size - 1));
      this.point(inside(this.current[0] + down, this.size[0]), inside(this.current[1] + right, this.size[1]));
    });
  }

  /** Paint what `_explorer.paint` made: the size, and a gray value or red, green and blue for each pixel. */
  paint({ size: [rows, columns], pixels }) {
    this.size = [rows, columns];
    const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
    const channels = bytes.length / (rows * columns);
    Object.assign(this.canvas, { width: columns, height: rows });
    this.frame.style.setProperty("--ratio", columns / rows);
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      for (let channel = 0; channel < 3; channel++)
        image.data[4 * pixel + channel] = bytes[channels * pixel + (channels === 1 ? 0 : channel)];
      image.data[4 * pixel + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  /** Outline a rectangle of pixels; without a place, take the outline away. */
  mark(name, place, [height, width] = [1, 1]) {
    if (!this.marks.has(name)) {
      this.marks.set(name, make("div", { class: `mark ${name}` }));
      this.frame.append(this.marks.get(name));
    }
    const mark = this.marks.get(name);
    mark.hidden = !place;
    if (!place) return;
    const [rows, columns] = this.size;
    Object.assign(mark.style, { top: `${(100 * place[0]) / rows}%`, left: `${(100 * place[1]) / columns}%`,
      height: `${(100 * height) / rows}%`, width: `${(100 * width) / columns}%` });
  }
}

/**
 * Lines over two axes, each with its color and its dashes. Python says what to draw, see `_chart.chart`.
 * With `choose`, a reader moves along x by pointer, finger or keys: `choose(index)` is called with an
 * index into the chart's `stops`, and `mark` shows where that is.
 */
class Chart {
  constructor(view, panel, label, { choose, x = "", y = "" } = {}) {
    this.svg = svg("svg", { viewBox: "0 0 360 220", "aria-hidden": "true" });
    this.plot = make("div", { class: "plot", "aria-label": label, role: choose ? "slider" : "img" }, this.svg);
    this.legend = make("ul", { class: "legend" });
    this.names = { x, y };
    panel.stage.replaceChildren(make("div", { class: "chart" }, this.plot, this.legend));
    if (!choose) return;
    this.plot.tabIndex = 0;
    const at = (event) => {
      const { left, width } = this.svg.getBoundingClientRect();
      const distances = this.given.stops.map((stop) =>
        Math.abs(this.place("x", stop) - ((event.clientX - left) / width) * 360));
      choose(distances.indexOf(Math.min(...distances)));
    };
    view.listen(this.plot, "pointerdown", (event) => (this.plot.setPointerCapture(event.pointerId), at(event)));
    view.listen(this.plot, "pointermove", (event) => event.buttons && at(event));
    view.listen(this.plot, "keydown", (event) => {
      const last = this.given.stops.length - 1;
      const next = { ArrowLeft: this.index - 1, ArrowDown: this.index - 1, ArrowRight: this.index + 1,
        ArrowUp: this.index + 1, PageDown: this.index - 10, PageUp: this.index + 10, Home: 0, End: last }[event.key];
      if (next === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(Math.max(0, Math.min(next, last)));
    });
  }

  /** Where on the picture a number of the axis "x" or "y" lies. */
  place(axis, value) {
    const [low, high] = this.given[axis].ends;
    const [from, to] = axis === "x" ? [46, 350] : [184, 10];
    return Math.round(10 * (from + ((value - low) / (high - low)) * (to - from))) / 10;
  }

  draw(given) {
    this.given = given;
    const parts = [svg("text", { x: 198, y: 218, class: "name" }, this.names.x),
      svg("text", { transform: "translate(11 97) rotate(-90)", class: "name" }, this.names.y)];
    for (const [i, tick] of given.x.ticks.entries()) {
      const x = this.place("x", tick);
      parts.push(svg("path", { d: `M${x} 10V184`, class: tick === 0 ? "zero" : "" }),
        svg("text", { x, y: 200 }, given.x.texts[i]));
    }
    for (const [i, tick] of given.y.ticks.entries()) {
      const y = this.place("y", tick);
      parts.push(svg("path", { d: `M46 ${y}H350`, class: tick === 0 ? "zero" : "" }),
        svg("text", { x: 40, y: y + 4, class: "left" }, given.y.texts[i]));
    }
    this.values = given.lines.map(() => make("b"));
    this.legend.replaceChildren(...given.lines.map(({ name }, i) => make("li", { "data-line": i % 4 },
      svg("svg", { width: 28, height: 10, "aria-hidden": "true" }, svg("path", { d: "M0 5H28" })),
      `${name} `, this.values[i])));
    this.cursor = svg("path", { class: "cursor" });
    this.dots = given.lines.map((_, i) => svg("circle", { cy: -99, r: 5.5, class: "dot", "data-line": i % 4 }));
    const lines = given.lines.map(({ x, y }, i) => {
      const points = x.map((value, k) =>
        y[k] === null ? "" : `${k && y[k - 1] !== null ? "L" : "M"}${this.place("x", value)} ${this.place("y", y[k])}`);
      // A point between two gaps is a line of no length, seen thanks to its round ends.
      const alone = points.map((point, k) => point && (y[k - 1] ?? y[k + 1] ?? null) === null ? `${point}h0` : point);
      return svg("path", { d: alone.join(""), "data-line": i % 4 });
    });
    this.area = svg("svg", { x: 46, y: 10, width: 304, height: 174, viewBox: "46 10 304 174" }, ...lines);
    this.svg.replaceChildren(...parts, this.area, this.cursor, ...this.dots);
  }

  /** Stand at a stop: `y` of each line there (null: no point), as it is written, and as it is read out. */
  mark(index, y, texts, spoken) {
    this.index = index;
    const x = this.place("x", this.given.stops[index]);
    this.cursor.setAttribute("d", `M${x} 10V184`);
    for (const [i, dot] of this.dots.entries()) {
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", y[i] === null ? -99 : this.place("y", y[i]));
      this.values[i].textContent = texts[i];
    }
    const { stops } = this.given;
    for (const [name, value] of Object.entries({ valuemin: stops[0], valuemax: stops.at(-1), valuenow: stops[index],
      valuetext: spoken })) this.plot.setAttribute(`aria-${name}`, value);
  }
}

/** Scores of classes as bars with their numbers. Python says which, and how long: `_models.bars`. */
class Bars {
  constructor(panel, label) {
    this.body = make("tbody");
    panel.stage.replaceChildren(make("table", { class: "bars", "aria-label": label }, this.body));
  }

  draw(bars) {
    while (this.body.rows.length > bars.length) this.body.lastChild.remove();
    for (const [i, [name, text, length, mark]] of bars.entries()) {
      const row = this.body.rows[i] ?? this.body.appendChild(make("tr", {}, make("th", { scope: "row" }),
        make("td", {}, make("div", { class: "bar" })), make("td"), make("td")));
      const [title, bar, number, note] = row.cells;
      for (const [cell, said] of [[title, name], [number, text], [note, mark]]) fill(cell, said, "");
      bar.firstChild.style.width = `${length}%`;
      row.classList.toggle("marked", mark !== "");
    }
  }
}

/** Whether an arrow key leads out of a text: when all of it is selected, or the caret is at that end. */
function leavesText({ selectionStart, selectionEnd, value }, right) {
  if (selectionStart === 0 && selectionEnd === value.length) return right !== 0;
  if (selectionStart !== selectionEnd) return false;
  return right < 0 ? selectionStart === 0 : right > 0 && selectionEnd === value.length;
}

// Small parts

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function panel(name) {
  const size = make("span", { class: "size" });
  const title = make("div", { class: "title" }, make("b", {}, name), " ", size);
  const stage = make("div", { class: "stage" });
  return { size, stage, box: make("div", { class: `panel ${name.toLowerCase().replace(/\W+/g, "-")}` }, title, stage) };
}

function slider(name, min) {
  const value = make("span", { class: "value", "aria-hidden": "true" });
  const hint = make("span", { class: "hint", "aria-hidden": "true" });
  const input = make("input", { type: "range", min, step: "1" });
  const label = make("label", {}, make("span", { class: "name" }, name), " ", value, input);
  const draw = (now, max, explained, called = now) => {
    input.max = max;
    input.value = now;
    value.textContent = called;
    hint.textContent = explained;
    input.setAttribute("aria-valuetext", `${called}: ${explained}`);
  };
  return { input, draw, box: make("div", { class: "control" }, label, hint) };
}

function checkbox(name) {
  const input = make("input", { type: "checkbox" });
  return { input, hint: make("span", { class: "hint" }), label: make("label", { class: "check" }, input, " ", name) };
}

/** A list to choose from: `options` are texts, or [value, text] pairs. */
function choice(name, options) {
  const select = make("select");
  const fillWith = (options) =>
    select.replaceChildren(...options.map((option) => {
      const [value, text] = Array.isArray(option) ? option : [option, option];
      return make("option", { value }, text);
    }));
  fillWith(options);
  const label = make("label", {}, make("span", { class: "name" }, name), select);
  return { select, fillWith, box: make("div", { class: "control" }, label) };
}

function button(text, attributes = {}) {
  return make("button", { type: "button", ...attributes }, text);
}

function fill(cell, text, level) {
  if (cell.textContent !== text) cell.textContent = text;
  if (cell.dataset.level !== level) cell.dataset.level = level;
}

/** What `_numbers.pack` made: texts and the strengths of their colors. */
const unpack = ({ text, ...rest }) => ({ ...rest, text: text.split(" ") });
const size = (shape) => shape.join(" × ");
const factor = (text) => (text.startsWith("−") ? `(${text})` : text);
const longest = (texts) => Math.max(...texts.map((text) => text.length));
const isInvalid = (input) => input.getAttribute("aria-invalid") === "true";

// Each explorer's own part begins here.
