// What every explorer's page is made of. Python puts this file in front of each explorer's own,
// because a widget's module cannot import files that lie beside it (anywidget#399).
// Python computes every number; the page looks up, formats and highlights.

const PLAY_STEP = 700; // ms from one step to the next
const FLIGHT = 320; // ms that a number takes on its way into a sum
const REST = 150; // ms without a change before a screen reader hears the new state
const SLOW = 500; // ms without an answer before we say that Python is busy
const LOST = 8000; // ms without an answer before we say that there may be no kernel any more
const BUSY = "Waiting for Python, which is busy…";
const GONE = "Python does not answer. If the kernel was restarted, this explorer’s is gone: run its cell again.";
const NOT_BOTH = "Keras’s layers take a stride above 1 or a dilation above 1, but not both at once.";
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

let views = 0;

/** What an explorer's module exports: its view, shown in a cell until the cell is cleared. */
const explorer = (Page) => ({
  render({ model, el }) {
    let style = document.getElementById("cnnlab-style");
    if (!style) document.head.prepend((style = make("style", { id: "cnnlab-style" }))); // explorers' own styles refine it
    if (style.textContent !== STYLE) style.textContent = STYLE; // of another version
    const view = new Page(model, el);
    return () => view.remove();
  },
});

/**
 * One explorer in one cell. A subclass has
 * - `static kind`, one word for its name and its CSS class, and `static watched`, the traits that it shows;
 * - `build()`, which returns what the explorer consists of, once;
 * - `draw()`, which shows the state that `this.read()` gives, and may call `this.say(sentence)`;
 * - `static first`, in one short line what to do first. It stands in `this.notes` until `this.begun()` is called.
 */
class View {
  static pace = PLAY_STEP;

  constructor(model, el) {
    this.model = model;
    this.id = `cnnlab-explorer-${++views}`;
    this.stop = new AbortController(); // ends every listener at once
    this.timers = new Map();
    this.pending = {}; // what Python will be asked next
    this.asked = null; // the number of the question that Python works on
    this.note = make("div.note", { role: "status" });
    this.first = make("div.first", this.constructor.first ?? "");
    this.notes = make("div.notes", this.note, this.first);
    this.first.hidden = !this.constructor.first;
    this.live = make("div.spoken", { role: "status" });
    const { kind, watched } = this.constructor;
    this.root = make(`div.cnnlab-explorer.cnnlab-${kind.toLowerCase()}`, { role: "group",
      "aria-label": `${kind} explorer`, "data-lm-suppress-shortcuts": "true" });
    // JupyterLab acts on plain keys (`a` inserts a cell, `d` `d` deletes one): they end here.
    this.listen(this.root, "keydown", (event) => {
      const forLab = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
      if (!forLab && event.key !== "Tab") event.stopPropagation();
    });
    this.root.append(...this.build(), this.live);
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
    this.watched = [...watched, "_answered"];
    for (const name of this.watched) model.on(`change:${name}`, this.schedule);
  }

  remove() {
    for (const name of this.watched) this.model.off(`change:${name}`, this.schedule);
    this.stop.abort();
    for (const name of [...this.timers.keys()]) this.cancel(name);
    this.root.remove();
  }

  listen(target, types, handler) {
    for (const type of types.split(" ")) target.addEventListener(type, handler, { signal: this.stop.signal });
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
    const news = Object.entries(changes).filter(([name, value]) => !equal(value, this.model.get(name)));
    for (const [name, value] of news) this.model.set(name, value);
    if (news.length) this.model.save_changes();
  }

  /** Ask Python for what the page cannot show by itself. While it works, only the newest wish is kept. */
  ask(changes) {
    Object.assign(this.pending, changes);
    if (this.asked !== null || !Object.keys(this.pending).length) return;
    const wish = this.pending;
    this.pending = {};
    this.asked = this.model.get("_asked") + 1;
    this.after("slow", SLOW, () => this.drawBusy());
    this.after("lost", LOST, () => this.drawBusy());
    this.write({ ...wish, _asked: this.asked });
  }

  hear() {
    if (this.asked === null || this.model.get("_answered") < this.asked) return;
    this.asked = null;
    this.cancel("slow");
    this.cancel("lost");
    this.ask({});
    this.drawBusy();
  }

  /** What to say while an answer is missing. */
  get waiting() {
    return this.asked === null || this.timers.has("slow") ? "" : this.timers.has("lost") ? BUSY : GONE;
  }

  drawBusy() {
    if (this.fields) this.fields.drawMessage();
    else this.note.textContent = this.waiting;
  }

  /** Let a screen reader hear a sentence, once the state has come to rest. The first is not read out. */
  say(sentence) {
    if (this.said !== undefined && sentence !== this.said) this.announce();
    this.said = sentence;
  }

  announce() {
    if (!this.playing) this.after("rest", REST, () => (this.live.textContent = this.said ?? ""));
  }

  begun() {
    this.first.hidden = true;
  }

  // Motion: only what is stepped or played moves, and only where the reader does not mind.

  get isCalm() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** `action()` when the explorer gets another width than before; `this.width` is what its content has. */
  onWidth(action) {
    const observer = new ResizeObserver(([{ contentRect: { width } }]) => {
      if (width === this.width || !width) return;
      this.width = width;
      action();
    });
    observer.observe(this.root);
    this.stop.signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Before the next picture is painted; the newest wish of a name counts. Only here may a place be measured. */
  onPaint(name, action) {
    cancelAnimationFrame(this.frames?.[name]);
    this.frames = { ...this.frames, [name]: requestAnimationFrame(() => this.stop.signal.aborted || action()) };
  }

  /** Numbers that fly over the scene: [from, to, text, delay in ms] each, from one element to another. */
  fly(scene, flights) {
    for (const late of scene.querySelectorAll(".ghost")) late.remove();
    if (this.isCalm) return;
    const origin = scene.getBoundingClientRect();
    const middle = (element, own) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      return `translate(${left - origin.left + width / 2}px, ${top - origin.top + height / 2}px) translate(-50%, -50%)`;
    };
    for (const [from, to, text, delay = 0] of flights) {
      const ghost = make("span.ghost", { "aria-hidden": "true" }, text);
      const way = [from, to].map((end) => ({ transform: middle(end), opacity: 1 }));
      scene.append(ghost);
      ghost.animate([{ ...way[0], opacity: 0 }, { ...way[0], offset: 0.15 }, way[1]],
        { duration: FLIGHT, delay, easing: "ease-in-out", fill: "both" }).onfinish = () => ghost.remove();
    }
  }

  /** Let an element appear after a while, when what flies has arrived there. */
  land(element, delay) {
    for (const late of element.getAnimations()) late.cancel();
    if (!this.isCalm) element.animate([{ opacity: 0 }, { opacity: 0, offset: 0.99 }, {}], { duration: delay });
  }

  /** `point(event)` when the pointer moves to another place on an element, or is pressed there. */
  pointAt(element, point, hover = true) {
    const at = (event) => {
      // What changes under a resting pointer is not a movement.
      const spot = `${event.clientX} ${event.clientY}`;
      if (spot === this.spot || !(hover || event.buttons || event.type === "pointerdown")) return;
      this.spot = spot;
      point(event);
    };
    this.listen(element, "pointermove", at);
    this.listen(element, "pointerleave", ({ clientX, clientY }) => { // it went, and may come back to the same place
      if (this.spot !== `${clientX} ${clientY}`) this.spot = null;
    });
    this.listen(element, "pointerdown", (event) => {
      // Let go of the cell, so that a finger that slides on reaches the next ones.
      if (event.target.hasPointerCapture(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
      this.spot = null;
      at(event);
    });
  }

  // Controls: each calls back with its value.

  act(text, action, attributes = {}) {
    const button = make("button", { type: "button", ...attributes }, text);
    this.listen(button, "click", action);
    return button;
  }

  slider(name, min, changed) {
    const [called, value] = [make("span.name", name), make("span.value", { "aria-hidden": "true" })];
    const hint = make("span.hint", { "aria-hidden": "true" });
    const input = make("input", { type: "range", min, step: "1", id: `${this.id}-slider-${++views}` });
    this.listen(input, "input", () => changed(Number(input.value)));
    const draw = (now, max, explained, shown = now) => {
      Object.assign(input, { max, value: now });
      value.textContent = shown;
      hint.textContent = explained;
      input.setAttribute("aria-valuetext", `${shown}: ${explained}`);
    };
    const beside = make("div.beside", input); // with room for a box to tick
    const box = make("div.control", make("label", { for: input.id }, called, " ", value), beside, hint);
    return { input, called, draw, beside, box };
  }

  checkbox(name, changed) {
    const input = make("input", { type: "checkbox" });
    this.listen(input, "input", () => changed(input.checked));
    return { input, label: make("label.check", input, " ", name) };
  }

  /** A list to choose from: `options` are texts, or [value, text] pairs. */
  choice(name, options, changed = () => {}) {
    const select = make("select");
    const fillWith = (options) =>
      select.replaceChildren(...options.map((option) => {
        const [value, text] = [option].flat();
        return make("option", { value }, text ?? value);
      }));
    fillWith(options);
    this.listen(select, "input", () => changed(select.value));
    return { select, fillWith, box: make("div.control.choice", make("label", make("span.name", name), select)) };
  }

  /** Sliders for stride, padding and dilation; `change` is called with what they are to be. */
  buildGeometry(change) {
    const amount = () => Number(this.padding.input.value) || "valid";
    this.strides = this.slider("Stride", 1, (strides) => change({ strides }));
    this.padding = this.slider("Padding", 0, () => change({ padding: amount() }));
    this.dilation = this.slider("Dilation", 1, (dilation_rate) => change({ dilation_rate }));
    this.same = this.checkbox("Keras’s “same”", (same) => change({ padding: same ? "same" : amount() }));
    this.padding.beside.append(this.same.label);
    return [this.strides.box, this.padding.box, this.dilation.box];
  }

  /** `most` are the sliders' ends, `before` is what is added at the top, and `added` says what is, in all. */
  drawGeometry({ strides, padding, dilation_rate }, most, before, added) {
    this.strides.draw(strides, most.strides, `${count(strides, "pixel")} per step`);
    this.dilation.draw(dilation_rate, most.dilation_rate,
      dilation_rate === 1 ? "no gaps" : `${count(dilation_rate - 1, "pixel")} skipped`);
    const amount = padding === "same" ? before : Number(padding) || 0;
    this.padding.draw(Math.min(amount, most.padding), most.padding, added, padding);
    this.same.input.checked = padding === "same";
    this.note.textContent = strides > 1 && dilation_rate > 1 ? NOT_BOTH : "";
  }

  /** A question whose answer is typed: Python judges it. `solve()` gives the answer away. */
  buildQuiz(solve) {
    this.question = make("span");
    this.guessed = make("input", { type: "text", inputmode: "decimal", autocomplete: "off" });
    this.feedback = make("div.feedback", { role: "status" });
    const check = () => {
      const guess = typedNumber(this.guessed);
      if (guess === null) this.feedback.textContent = notANumber(this.guessed);
      else this.ask({ guess });
    };
    this.listen(this.guessed, "keydown", ({ key }) => key === "Enter" && check());
    this.questions = make("div.quiz", make("label", "Predict ", this.question, this.guessed),
      this.act("Check", check), this.act("Show", solve), this.feedback);
    return this.questions;
  }

  /** Ask for what has this name, or for nothing. */
  drawQuiz(name, { guess, feedback }) {
    this.questions.hidden = !name;
    this.feedback.textContent = guess === null ? "" : feedback;
    if (!name) return;
    if (this.question.textContent !== name || (guess !== null && document.activeElement !== this.guessed))
      this.guessed.value = guess ?? "";
    this.question.textContent = name;
  }

  /** A button for the one before and one for the next: `step(-1)` or `step(+1)`. */
  buildArrows(what, step) {
    return [["◀", "Previous", -1], ["▶", "Next", +1]].map(([sign, word, direction]) =>
      this.act(sign, () => (this.pause(), step(direction)), { "aria-label": `${word} ${what}` }));
  }

  /** Buttons that step through the output cells; `step` is true at the last one. */
  buildSteps(step) {
    const [previous, next] = this.buildArrows("output cell", step);
    return make("div.steps", previous, this.buildPlay(() => step(+1)), next);
  }

  /** A button that calls `step()` again and again, until it returns true or `pause()` is called. */
  buildPlay(step) {
    this.playButton = this.act("Play", () => (this.playing ? this.pause() : this.play(step)), { class: "play" });
    return this.playButton;
  }

  play(step) {
    this.playing = true;
    this.playButton.textContent = "Pause";
    const calm = this.isCalm;
    const { pace } = this.constructor;
    const next = () => (step() ? this.pause() : this.after("play", calm ? 2 * PLAY_STEP : pace, next));
    next();
  }

  pause() {
    if (!this.playing) return;
    this.cancel("play");
    this.playing = false;
    this.playButton.textContent = "Play";
    this.announce();
  }
}

/**
 * A table of cells. One of them can be reached with Tab; from there the arrow keys lead on. `choose(row, column,
 * index)` is called for the cell that the pointer or a key reaches; `inputs` are fields to put into the cells.
 */
class Grid {
  constructor(view, panel, label, rows, columns, { inputs, choose } = {}) {
    this.columns = columns;
    this.stop = view.stop.signal;
    this.cells = Array.from({ length: rows * columns }, () => make("td", { role: "gridcell" }));
    for (const [index, input] of (inputs ?? []).entries()) this.cells[index].append(input);
    this.focusable = inputs ?? this.cells;
    for (const element of this.focusable) element.tabIndex = -1;
    this.rows = Array.from({ length: rows }, (_, row) =>
      make("tr", { role: "row" }, ...this.cells.slice(row * columns, (row + 1) * columns)));
    this.table = make("table", { role: "grid", "aria-label": label }, make("tbody", ...this.rows));
    this.stage = panel.stage;
    this.stage.replaceChildren(this.table);
    this.stage.style.setProperty("--rows", rows);
    this.stage.style.setProperty("--columns", columns);
    this.stage.classList.toggle("dense", columns > 14);
    this.setCurrent(0);
    view.listen(this.table, "keydown", (event) => this.move(event));
    view.listen(this.table, "focusin", (event) => this.setCurrent(this.focusable.indexOf(event.target)));
    if (!choose) return;
    this.table.classList.add("choosable");
    const at = (event) => {
      const index = this.cells.indexOf(event.target.closest("td"));
      if (index >= 0) choose(...this.position(index), index);
    };
    view.pointAt(this.table, at);
    view.listen(this.table, "focusin", at);
  }

  position(index) {
    return [Math.floor(index / this.columns), index % this.columns];
  }

  /** `draw(cell, row, column, index)` for every cell; those for which it is false are hidden. */
  draw(draw) {
    for (const [row, element] of this.rows.entries()) {
      let empty = true;
      for (let column = 0, index = row * this.columns; column < this.columns; column++, index++) {
        const off = draw(this.cells[index], row, column, index) === false;
        this.cells[index].classList.toggle("off", off);
        empty &&= off;
      }
      element.classList.toggle("off", empty);
    }
    if (this.isOff(this.current)) this.setCurrent(this.cells.findIndex((_, index) => !this.isOff(index)));
  }

  isOff(index) {
    return this.cells[index].classList.contains("off");
  }

  setWidth(characters) {
    this.stage.style.setProperty("--characters", `${characters}ch`);
  }

  /**
   * Cells for so many characters, or as much smaller as is needed for so many columns to fit the stage. `wide` and
   * `high` are the most that a cell takes, with the gap to the next.
   */
  shrink(columns, characters, { wide = Math.max(30, 7 * characters + 10), high = 30, font = 12 } = {}) {
    this.stage.classList.add("shrink");
    // Not as a variable: each cell would inherit it, and each change would style all of them again.
    this.stage.style.width = `min(${wide * columns + 14}px, var(--width, 46em))`;
    this.fit = (width) => {
      this.width = width < wide * columns + 2 ? width : Infinity; // of the stage, if that is what limits the table
      const cell = Math.min(wide, (width - 2) / columns);
      this.cell = [Math.min(high, cell), cell];
      Object.assign(this.table.style, { gridTemplateColumns: `repeat(${columns}, ${cell - 2}px)`,
        gridAutoRows: `${this.cell[0] - 2}px`, backgroundSize: `${this.cell[1]}px ${this.cell[0]}px`,
        fontSize: `${Math.min(font, 0.9 * this.cell[0], ((cell - 2) * 1.5) / Math.max(characters, 2))}px` });
      if (this.framed) this.frame(...this.framed);
    };
    this.fit(this.width ?? Infinity);
    if (this.observer) return;
    // Lengths that depend on the stage could be left to CSS (cqi), but then each change costs two layouts.
    this.stage.observer?.disconnect(); // of the table that was here before
    this.observer = this.stage.observer = new ResizeObserver(([{ contentRect }]) => this.fit(contentRect.width));
    this.observer.observe(this.stage);
    this.stop.addEventListener("abort", () => this.observer.disconnect());
  }

  /** A frame around so many rows and columns, that slides when it is put elsewhere; without a place, it goes. */
  frame(place, size) {
    this.framed = [place, size];
    this.marker ??= this.stage.appendChild(make("div.frame"));
    this.marker.hidden = !place;
    if (!place || !this.cell) return;
    const at = ([row, column]) => [row * this.cell[0], column * this.cell[1]];
    const [[y, x], [height, width]] = [at(place), at(size)];
    const edge = 4; // the stage's padding and the table's, less half of the frame's line
    Object.assign(this.marker.style, { transform: `translate(${x + edge}px, ${y + edge}px)`, width: `${width + 2}px`,
      height: `${height + 2}px` });
  }

  /** Show which cell is chosen, or that none is. */
  choose(index) {
    const before = this.chosen;
    this.chosen = this.cells[index];
    if (before && before !== this.chosen) {
      before.classList.remove("chosen");
      before.removeAttribute("aria-selected");
    }
    if (!this.chosen) return;
    this.chosen.classList.add("chosen");
    this.chosen.setAttribute("aria-selected", "true");
    this.setCurrent(index);
  }

  setCurrent(index) {
    if (index < 0 || index === this.current) return;
    const before = this.focusable[this.current];
    if (before) before.tabIndex = -1;
    this.current = index;
    this.focusable[index].tabIndex = 0;
    if (before && before === document.activeElement) this.focusable[index].focus({ preventScroll: true });
  }

  isShown(row, column) {
    const inside = row >= 0 && row < this.rows.length && column >= 0 && column < this.columns;
    return inside && !this.isOff(row * this.columns + column);
  }

  move(event) {
    if (event.altKey || event.metaKey || event.shiftKey) return;
    const [down, right] = ARROWS[event.key] ?? [0, 0];
    const end = { Home: -1, End: 1 }[event.key];
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
    this.message = make("div.message", { role: "status", id: `${view.id}-message-${++views}` });
    this.inputs = Array.from({ length: count }, (_, place) => {
      const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
        "aria-invalid": "false" });
      view.listen(input, "input", () => this.edit(place));
      view.listen(input, "focus", () => input.select());
      view.listen(input, "blur", () => this.draw(place));
      view.listen(input, "keydown", ({ key }) => key === "Escape" && this.restore(place));
      return input;
    });
  }

  edit(place) {
    const text = typedNumber(this.inputs[place]);
    this.mark(place, text === null);
    if (text !== null) this.typed(place, text);
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
    this.message.textContent = place >= 0 ? `${notANumber(this.inputs[place])} The value stays ${this.now(place)}.`
      : this.view.waiting;
  }
}

/**
 * An image that Python sends ready to paint, see `_explorer.paint`. With `point`, its pixels can be pointed at, by
 * mouse, finger or arrow keys: `point(row, column, event)` is called.
 */
class Picture {
  constructor(view, { stage }, label, point, { hover = true } = {}) {
    this.canvas = make("canvas");
    this.frame = make("div.picture", this.canvas);
    this.current = [0, 0];
    this.marks = {};
    stage.replaceChildren(this.frame);
    if (!point) return void set(this.canvas, { role: "img", "aria-label": label });
    set(this.frame, { tabindex: "0", role: "application", "aria-label": label,
      "aria-roledescription": "picture, the arrow keys move" });
    const go = (cell, event) => point(...(this.current = cell), event);
    view.pointAt(this.frame, (event) => {
      const cell = this.at(event).map(Math.floor);
      if (cell.every((place, axis) => place >= 0 && place < this.size[axis])) go(cell, event);
    }, hover);
    view.listen(this.frame, "keydown", (event) => {
      const arrow = plainKey(event, ARROWS);
      if (arrow) go(arrow.map((step, axis) => within(this.current[axis] + step, 0, this.size[axis])), event);
    });
  }

  /** Where a pointer is: rows and columns, with fractions. */
  at({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [((clientY - top) / height) * this.size[0], ((clientX - left) / width) * this.size[1]];
  }

  /** A gray value for each pixel, or red, green and blue. */
  paint({ size: [rows, columns], pixels }) {
    this.size = [rows, columns];
    const bytes = atob(pixels);
    const channels = bytes.length / (rows * columns);
    Object.assign(this.canvas, { width: columns, height: rows });
    this.frame.style.setProperty("--ratio", columns / rows);
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      for (let channel = 0; channel < 3; channel++)
        image.data[4 * pixel + channel] = bytes.charCodeAt(channels * pixel + (channels === 1 ? 0 : channel));
      image.data[4 * pixel + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  /** Outline a rectangle of pixels; without a place, take the outline away. */
  mark(name, place, size = [1, 1]) {
    this.marks[name] ??= this.frame.appendChild(make(`div.mark.${name}`));
    this.marks[name].hidden = !place;
    if (!place) return;
    const [top, left, height, width] = [...place, ...size].map((number, i) => `${(100 * number) / this.size[i % 2]}%`);
    Object.assign(this.marks[name].style, { top, left, height, width });
  }
}

/**
 * Lines over two axes, each with its color and its dashes. Python says what to draw, see `_chart.chart`.
 * With `choose`, a reader moves along x by pointer, finger or keys: `choose(index)` is called with an
 * index into the chart's `stops`, and `mark` shows where that is.
 */
class Chart {
  constructor(view, { stage }, label, { choose, x = "", y = "", first = 0 } = {}) {
    this.line = (i) => (first + i) % 4; // its color and its dashes
    this.svg = svg("svg", { viewBox: "0 0 360 220", "aria-hidden": "true" });
    this.plot = make("div.plot", { "aria-label": label, role: choose ? "slider" : "img" }, this.svg);
    this.legend = make("ul.legend");
    this.names = { x, y };
    stage.replaceChildren(make("div.chart", this.plot, this.legend));
    if (!choose) return;
    this.plot.tabIndex = 0;
    const at = ({ clientX }) => {
      const { left, width } = this.svg.getBoundingClientRect();
      const distances = this.given.stops.map((stop) =>
        Math.abs(this.place("x", stop) - ((clientX - left) / width) * 360));
      choose(distances.indexOf(Math.min(...distances)));
    };
    view.listen(this.plot, "pointerdown", (event) => (this.plot.setPointerCapture(event.pointerId), at(event)));
    view.listen(this.plot, "pointermove", (event) => event.buttons && at(event));
    view.listen(this.plot, "keydown", (event) => {
      const [now, { length }] = [this.index, this.given.stops];
      const next = plainKey(event, { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1,
        PageDown: now - 10, PageUp: now + 10, Home: 0, End: length });
      if (next !== undefined) choose(within(next, 0, length));
    });
  }

  /** Where on the picture a number of the axis "x" or "y" lies. */
  place(axis, value) {
    const [low, high] = this.given[axis].ends;
    const [from, to] = axis === "x" ? [54, 350] : [184, 10];
    return Math.round(10 * (from + ((value - low) / (high - low)) * (to - from))) / 10;
  }

  draw(given) {
    this.given = given;
    const ticks = (axis, line, text) => given[axis].ticks.flatMap((tick, i) => {
      const place = this.place(axis, tick);
      return [svg("path", { d: line(place), class: tick === 0 ? "zero" : "" }),
        svg("text", text(place), given[axis].texts[i])];
    });
    this.values = given.lines.map(() => make("b"));
    this.legend.replaceChildren(...given.lines.map(({ name }, i) => make("li", { "data-line": this.line(i) },
      svg("svg", { width: 28, height: 10, "aria-hidden": "true" }, svg("path", { d: "M0 5H28" })),
      `${name} `, this.values[i])));
    this.cursor = svg("path.cursor");
    this.dots = given.lines.map((_, i) => svg("circle.dot", { cy: -99, r: 5.5, "data-line": this.line(i) }));
    const lines = given.lines.map(({ x, y }, i) => {
      const isGap = (k) => (y[k] ?? null) === null;
      // A point between two gaps is a line of no length, seen thanks to its round ends.
      const points = x.map((value, k) => isGap(k) ? "" : `${isGap(k - 1) ? "M" : "L"}` +
        `${this.place("x", value)} ${this.place("y", y[k])}${isGap(k - 1) && isGap(k + 1) ? "h0" : ""}`);
      return svg("path", { d: points.join(""), "data-line": this.line(i) });
    });
    this.area = svg("svg", { x: 54, y: 10, width: 296, height: 174, viewBox: "54 10 296 174" }, ...lines);
    this.svg.replaceChildren(svg("text.name", { x: 202, y: 218 }, this.names.x),
      svg("text.name", { transform: "translate(9 97) rotate(-90)" }, this.names.y),
      ...ticks("x", (x) => `M${x} 10V184`, (x) => ({ x, y: 200 })),
      ...ticks("y", (y) => `M54 ${y}H350`, (y) => ({ x: 48, y: y + 4, class: "left" })),
      this.area, this.cursor, ...this.dots);
  }

  /** Stand at a stop: `y` of each line there (null: no point), as it is written, and as it is read out. */
  mark(index, y, texts, spoken) {
    const { stops } = this.given;
    this.index = index;
    const x = this.place("x", stops[index]);
    this.cursor.setAttribute("d", `M${x} 10V184`);
    for (const [i, dot] of this.dots.entries()) {
      set(dot, { cx: x, cy: y[i] === null ? -99 : this.place("y", y[i]) });
      this.values[i].textContent = texts[i];
    }
    set(this.plot, { "aria-valuemin": stops[0], "aria-valuemax": stops.at(-1), "aria-valuenow": stops[index],
      "aria-valuetext": spoken });
  }
}

/** Bands between parts of a scene that belong together: from each element to the one that it leads to. */
class Links {
  constructor(view, scene) {
    Object.assign(this, { view, scene, image: svg("svg.links", { "aria-hidden": "true" }) });
    scene.append(this.image);
    // When the parts find other places, because the cell has another width, so do the bands.
    const observer = new ResizeObserver(() => this.drawn && this.draw(this.drawn));
    observer.observe(scene);
    view.stop.signal.addEventListener("abort", () => observer.disconnect());
  }

  /** `pairs` of [[first, last], [first, last]] elements: the corners of where the band begins, and of where it ends. */
  draw(pairs) {
    this.drawn = pairs;
    this.view.onPaint("links", () => this.paint(pairs));
  }

  paint(pairs) {
    const { left, top } = this.scene.getBoundingClientRect();
    const around = ([first, last]) => {
      const [one, other] = [first, last].map((element) => element.getBoundingClientRect());
      return [one.left - left, one.top - top, other.right - left, other.bottom - top];
    };
    this.image.replaceChildren(...pairs.flatMap((pair) => {
      const [[l, t, r, b], [L, T, R, B]] = pair.map(around);
      const [one, other] = L >= r - 2 ? [[[r, t], [r, b]], [[L, T], [L, B]]] // it lies to the right,
        : T >= b - 2 ? [[[l, b], [r, b]], [[L, T], [R, T]]] // below,
        : R <= l + 2 ? [[[l, t], [l, b]], [[R, T], [R, B]]] // to the left,
        : [[[l, t], [r, t]], [[L, B], [R, B]]]; // or above
      const [[a, c], [A, C]] = [one, other].map((ends) => ends.map((end) => end.join(" ")));
      return [svg("path", { d: `M${a}L${A}L${C}L${c}Z` }), svg("path", { d: `M${a}L${A}M${c}L${C}`, fill: "none" })];
    }));
  }
}

/** Scores of classes as bars with their numbers. Python says which, and how long: `_models.bars`. */
class Bars {
  constructor({ stage }, label) {
    this.body = make("tbody");
    stage.replaceChildren(make("table.bars", { "aria-label": label }, this.body));
  }

  draw(bars) {
    while (this.body.rows.length > bars.length) this.body.lastChild.remove();
    for (const [i, [name, text, length, mark]] of bars.entries()) {
      const row = this.body.rows[i] ?? this.body.appendChild(make("tr", make("th", { scope: "row" }),
        make("td", make("div.bar")), make("td"), make("td")));
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

/** What a key means, if it does and was pressed alone; then the browser does nothing else with it. */
function plainKey(event, meanings) {
  if (event.altKey || event.metaKey || event.ctrlKey || event.shiftKey || !(event.key in meanings)) return;
  event.preventDefault();
  return meanings[event.key];
}

// Small parts

/** An element: `make("div.title", { role: "note" }, child)`. */
const make = (kind, ...parts) => furnish(document.createElement(kind.split(".")[0]), kind, parts);
const svg = (kind, ...parts) =>
  furnish(document.createElementNS("http://www.w3.org/2000/svg", kind.split(".")[0]), kind, parts);

function furnish(element, kind, parts) {
  if (kind.includes(".")) element.setAttribute("class", kind.split(".").slice(1).join(" "));
  for (const part of parts) {
    if (part.constructor === Object) set(element, part);
    else element.append(part);
  }
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/** A part with a title, its size beside it, and a stage for what it shows. */
function panel(name) {
  const [title, size, stage] = [make("b", name), make("span.size"), make("div.stage")];
  const head = make("div.title", title, " ", size);
  const box = make(`div.panel.${name.toLowerCase().replace(/\W+/g, "-")}`, head, stage);
  return { title, head, size, stage, box };
}

function fill(cell, text, level) {
  // A text that stays in the page is changed sooner than a new one is put there.
  if (!cell.firstChild) cell.textContent = text;
  else if (cell.firstChild.data !== text) cell.firstChild.data = text;
  if (cell.dataset.level !== level) cell.dataset.level = level;
}

/** The number that was typed, as text for Python; null if it is none. */
function typedNumber(input) {
  const text = input.value.trim().replace("−", "-");
  return NUMBER.test(text) && Number.isFinite(Number(text)) ? text : null;
}

const notANumber = (input) => `Not a number: “${input.value.slice(0, 12)}”.`;

/** The cell before or after one, among so many rows and columns; after the last comes the first, as without any. */
function following(cell, direction, [rows, columns]) {
  const place = cell ? (cell[0] * columns + cell[1] + direction + rows * columns) % (rows * columns) : 0;
  return { cell: [Math.floor(place / columns), place % columns], isLast: place === rows * columns - 1 };
}

/** What `_numbers.pack` made: texts and the strengths of their colors. */
const unpack = ({ text, ...rest }) => ({ ...rest, text: text.split(" ") });
const size = (shape) => shape.join(" × ");
const count = (number, word) => `${number} ${word}${String(number) === "1" ? "" : "s"}`;
const factor = (text) => (text.startsWith("−") ? `(${text})` : text);
const longest = (texts) => Math.max(...texts.map((text) => text.length));
const within = (place, first, end) => Math.max(first, Math.min(place, end - 1));
const equal = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const isInvalid = (input) => input.getAttribute("aria-invalid") === "true";

// Each explorer's own part begins here.
