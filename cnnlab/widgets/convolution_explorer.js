// The page of ConvolutionExplorer. Python has computed every number, as text, for every state that
// the sliders can reach (`_states`); here they are looked up, laid out and highlighted.

const WATCHED = ["_states", "strides", "padding", "dilation_rate", "flip", "selected"];
const PLAY_STEP = 700; // ms from one output cell to the next
const REST = 150; // ms without a change before a screen reader hears the new state
const SLOW = 500; // ms without an answer before we say that Python is busy
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const ENDS = { Home: -1, End: 1 };
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

let views = 0;

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.remove();
  },
};

class View {
  constructor(model, el) {
    this.model = model;
    this.id = `cnnlab-explorer-${++views}`;
    this.stop = new AbortController(); // ends every listener at once
    this.timers = new Map();
    this.edits = new Map(); // typed weights that Python has not been told
    this.waiting = false; // for Python to answer the last edit
    this.linked = null;
    this.build();
    el.append(this.root);
    this.draw();
    this.schedule = () => {
      // One message can change several traits: draw once, when all of them are here.
      if (this.scheduled) return;
      this.scheduled = true;
      queueMicrotask(() => {
        this.scheduled = false;
        if (!this.stop.signal.aborted) this.draw();
      });
    };
    for (const name of WATCHED) model.on(`change:${name}`, this.schedule);
  }

  remove() {
    for (const name of WATCHED) this.model.off(`change:${name}`, this.schedule);
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

  // The state

  read() {
    const state = {};
    for (const name of WATCHED) state[name] = this.model.get(name);
    const { strides, padding, dilation_rate } = state;
    state.geometry = state._states.geometry[`${strides} ${padding} ${dilation_rate}`];
    return state;
  }

  write(changes) {
    for (const [name, value] of Object.entries(changes)) this.model.set(name, value);
    this.model.save_changes();
  }

  /** Change a setting, unless the kernel would not fit; the selected cell stays inside the output. */
  change(changes) {
    const { selected } = this.read();
    const { strides, padding, dilation_rate } = { ...this.read(), ...changes };
    const geometry = this.states.geometry[`${strides} ${padding} ${dilation_rate}`];
    if (!geometry) {
      this.drawControls();
      this.note.textContent =
        "dilation_rate" in changes
          ? `Dilation ${dilation_rate} does not fit: the kernel would be wider than the input. Add padding first.`
          : "The dilated kernel needs this padding. Lower the dilation first.";
      return;
    }
    if (selected) {
      const [rows, columns] = geometry.slice(4);
      changes.selected = [Math.min(selected[0], rows - 1), Math.min(selected[1], columns - 1)];
    }
    this.write(changes);
  }

  select(row, column) {
    const { selected } = this.read();
    if (selected?.[0] !== row || selected?.[1] !== column) this.write({ selected: [row, column] });
  }

  step(direction) {
    const { selected, geometry } = this.read();
    const [rows, columns] = geometry.slice(4);
    const cells = rows * columns;
    const place = selected ? selected[0] * columns + selected[1] + direction : 0;
    const next = (place + cells) % cells; // after the last cell comes the first
    this.select(Math.floor(next / columns), next % columns);
    return next === cells - 1;
  }

  play(on) {
    this.cancel("play");
    this.playing = on;
    this.playButton.textContent = on ? "Pause" : "Play";
    if (!on) return this.announce();
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const next = () => {
      if (this.step(+1)) this.play(false);
      else this.after("play", calm ? 2 * PLAY_STEP : PLAY_STEP, next);
    };
    next();
  }

  /** Where in `kernel` the weight lies that is shown at a place: turned by 180° when flipped. */
  source(place) {
    return this.model.get("flip") ? this.weights.length - 1 - place : place;
  }

  edit(place) {
    const input = this.weights[place];
    const typed = input.value.trim().replace("−", "-");
    const valid = NUMBER.test(typed) && Number.isFinite(Number(typed));
    this.markInvalid(input, !valid);
    if (valid) this.edits.set(this.source(place), typed);
    this.sendEdits();
  }

  /** Send what was typed, unless Python still works on the last edit: then these wait, and go together. */
  sendEdits() {
    if (this.waiting) return;
    const kernel = this.model.get("kernel").map((numbers) => [...numbers]);
    let changed = false;
    for (const [place, typed] of this.edits) {
      const [row, column] = this.kernelGrid.position(place);
      changed ||= Number(kernel[row][column]) !== Number(typed);
      kernel[row][column] = typed;
    }
    this.edits.clear();
    if (!changed) return;
    this.waiting = true;
    this.after("slow", SLOW, () => this.drawMessage());
    this.write({ kernel });
  }

  markInvalid(input, invalid) {
    input.setAttribute("aria-invalid", invalid);
    if (invalid) input.setAttribute("aria-describedby", this.message.id);
    else input.removeAttribute("aria-describedby");
    this.drawMessage();
  }

  // The parts, built once

  build() {
    this.root = make("div", { class: "cnnlab-explorer", role: "group", "aria-label": "Convolution explorer" });
    this.root.dataset.lmSuppressShortcuts = "true";
    this.note = make("div", { class: "note", role: "status" });
    this.live = make("div", { class: "spoken", role: "status" });
    this.sum = make("div", { class: "sum", role: "group", "aria-label": "The sum" });
    this.input = panel("Input");
    this.kernel = panel("Kernel");
    this.products = panel("Products");
    this.products.size.textContent = "pixel × weight";
    this.output = panel("Output");
    this.message = make("div", { class: "message", role: "status", id: `${this.id}-message` });
    this.kernel.box.append(this.message);
    this.root.append(
      this.buildControls(),
      this.note,
      make("div", { class: "panels" }, this.input.box,
        make("div", { class: "middle" }, this.kernel.box, this.products.box), this.output.box, this.sum),
      this.live,
    );

    // JupyterLab acts on plain keys (`a` inserts a cell, `d` `d` deletes one): they end here.
    this.listen(this.root, "keydown", (event) => {
      const forLab = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
      if (!forLab && event.key !== "Tab") event.stopPropagation();
    });
    // Pixel, weight, product and term that belong together light up together.
    const link = (event) => this.link(event.target.closest("[data-term]")?.dataset.term ?? null);
    this.listen(this.root, "pointerover", link);
    this.listen(this.root, "focusin", link);
    this.listen(this.root, "pointerleave", () => this.link(null));

    const point = (event) => {
      // A cell that changes under a resting pointer is not a movement.
      const spot = `${event.clientX} ${event.clientY}`;
      const cell = event.target.closest("td");
      if (spot === this.spot || !cell) return;
      this.spot = spot;
      if (this.playing) this.play(false);
      this.select(...this.outputGrid.position(this.outputGrid.cells.indexOf(cell)));
    };
    this.listen(this.output.box, "pointermove", point);
    this.listen(this.output.box, "pointerdown", (event) => {
      // Let go of the cell, so that a finger that slides on reaches the next ones.
      if (event.target.hasPointerCapture(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
      this.spot = null;
      point(event);
    });
  }

  buildControls() {
    this.strides = slider("Stride", 1);
    this.padding = slider("Padding", 0);
    this.dilation = slider("Dilation", 1);
    this.same = checkbox("Keras’s “same”");
    this.flip = checkbox("Flip the kernel");
    this.padding.box.lastChild.before(this.same.label);
    const previous = make("button", { type: "button", "aria-label": "Previous output cell" }, "◀");
    const next = make("button", { type: "button", "aria-label": "Next output cell" }, "▶");
    this.playButton = make("button", { type: "button", class: "play" }, "Play");

    this.listen(this.strides.input, "input", () => this.change({ strides: Number(this.strides.input.value) }));
    this.listen(this.dilation.input, "input", () => this.change({ dilation_rate: Number(this.dilation.input.value) }));
    const amount = () => Number(this.padding.input.value) || "valid";
    this.listen(this.padding.input, "input", () => this.change({ padding: amount() }));
    this.listen(this.same.input, "change", () =>
      this.change({ padding: this.same.input.checked ? "same" : amount() }));
    this.listen(this.flip.input, "change", () => this.change({ flip: this.flip.input.checked }));
    const step = (direction) => () => (this.play(false), this.step(direction));
    this.listen(previous, "click", step(-1));
    this.listen(next, "click", step(+1));
    this.listen(this.playButton, "click", () => this.play(!this.playing));

    return make("div", { class: "controls" }, this.strides.box, this.padding.box, this.dilation.box,
      make("div", { class: "control" }, this.flip.label, this.flip.hint,
        make("div", { class: "steps" }, previous, this.playButton, next)));
  }

  /** New tables for new shapes. They have room for the most padding, so that nothing moves later. */
  buildGrids() {
    const { image_shape, kernel_shape, room } = this.states;
    const [top, bottom, left, right, rows, columns] = room;
    this.inputGrid = new Grid(this, this.input, "Input", image_shape[0] + top + bottom, image_shape[1] + left + right);
    this.productGrid = new Grid(this, this.products, "Products", ...kernel_shape);
    this.outputGrid = new Grid(this, this.output, "Output", rows, columns);
    this.listen(this.outputGrid.table, "focusin", (event) => {
      const cell = event.target.closest("td");
      if (this.playing) this.play(false);
      this.select(...this.outputGrid.position(this.outputGrid.cells.indexOf(cell)));
    });

    this.weights = Array.from({ length: kernel_shape[0] * kernel_shape[1] }, (_, place) => {
      const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
        "aria-invalid": "false" });
      this.listen(input, "input", () => this.edit(place));
      this.listen(input, "focus", () => input.select());
      this.listen(input, "blur", () => this.drawWeight(place));
      this.listen(input, "keydown", (event) => {
        if (event.key === "Escape") this.restoreWeight(place);
      });
      return input;
    });
    this.kernelGrid = new Grid(this, this.kernel, "Kernel", ...kernel_shape, this.weights);
    for (const [place, cell] of this.kernelGrid.cells.entries()) cell.dataset.term = place;
    for (const [place, cell] of this.productGrid.cells.entries()) {
      cell.dataset.term = place;
      cell.append(make("span", { class: "factors" }), make("span", { class: "product" }));
    }
    this.target = make("span", { class: "target" });
    this.total = make("span", { class: "total" });
    this.terms = this.weights.map((_, place) => make("span", { class: "term", "data-term": place }));
    const lines = [];
    for (let place = 0; place < this.terms.length; place += kernel_shape[1]) {
      const line = make("span", { class: "line" });
      for (const [column, term] of this.terms.slice(place, place + kernel_shape[1]).entries())
        line.append(make("span", { class: "plus" }, place + column ? " + " : ""), term);
      lines.push(line);
    }
    this.edits.clear();
    this.sum.replaceChildren(this.target, make("span", { class: "lines" }, ...lines), this.total);
    this.window = [];
  }

  // The picture

  draw() {
    const state = this.read();
    if (!state.geometry) return; // Python is about to send the tables for it
    if (state._states !== this.given) this.drawStates(state._states);
    const drawn = WATCHED.slice(1, 5).map((name) => state[name]).join(" ");
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.note.textContent =
        state.strides > 1 && state.dilation_rate > 1
          ? "Keras’s layers take a stride above 1 or a dilation above 1, but not both at once."
          : "";
      this.drawControls();
      this.drawKernel();
      this.drawInput(state.geometry);
      this.drawOutput(state);
    }
    this.drawSelection(state);
  }

  drawStates(given) {
    const before = this.states && layout(this.states);
    this.given = given;
    this.states = { ...given, image: unpack(given.image), kernel: unpack(given.kernel),
      on_padding: unpack(given.on_padding), products: unpack(given.products),
      sums: given.sums.map((tables) =>
        Object.fromEntries(Object.entries(tables).map(([dilation, table]) => [dilation, unpack(table)]))) };
    this.drawn = null;
    this.waiting = false;
    this.cancel("slow");
    if (layout(this.states) !== before) this.buildGrids();
    this.sendEdits();
    this.drawMessage();
    this.drawPixels();

    const { image, kernel, products, sums } = this.states;
    const factors = longest(image.text.map(factor)) + longest(kernel.text.map(factor)) + 1;
    this.inputGrid.setWidth(longest(image.text));
    this.kernelGrid.setWidth(longest(kernel.text) + 1);
    this.productGrid.setWidth(Math.max(factors, longest(products.text)));
    this.outputGrid.setWidth(Math.max(...sums.flatMap(Object.values).map((table) => longest(table.text))));
    this.sum.style.setProperty("--term", `${factors + 0.5}ch`); // signs are wider than digits
  }

  drawControls() {
    const { strides, padding, dilation_rate, flip, geometry } = this.read();
    const { limits } = this.states;
    const [top, bottom, left, right] = geometry;
    const even = top === bottom && top === left && top === right;
    this.strides.draw(strides, limits.strides, `${count(strides)} per step`);
    this.padding.draw(
      Math.min(padding === "same" ? top : Number(padding) || 0, limits.padding),
      limits.padding,
      top + bottom + left + right === 0 ? "nothing added"
        : even ? `${top} on every side`
        : `top ${top}, bottom ${bottom}, left ${left}, right ${right}`,
      padding,
    );
    this.dilation.draw(dilation_rate, limits.dilation_rate,
      dilation_rate === 1 ? "no gaps" : `${count(dilation_rate - 1)} skipped`);
    this.same.input.checked = padding === "same";
    this.flip.input.checked = flip;
    this.flip.hint.textContent = flip ? "on: convolution, as in mathematics" : "off: cross-correlation, as in Keras";
    this.kernel.size.textContent = `${size(this.states.kernel_shape)}, ${flip ? "flipped" : "type to change"}`;
  }

  drawKernel() {
    for (const [place, input] of this.weights.entries()) {
      const [row, column] = this.kernelGrid.position(this.source(place));
      const label = `kernel[${row}, ${column}]`;
      if (input.getAttribute("aria-label") !== label) {
        input.setAttribute("aria-label", label);
        if (document.activeElement !== input) this.restoreWeight(place);
      }
      this.kernelGrid.cells[place].dataset.level = this.states.kernel.level[this.source(place)];
      this.drawWeight(place);
    }
  }

  /** Show the weight that is in use, but never overwrite what is being typed or could not be read. */
  drawWeight(place) {
    const input = this.weights[place];
    if (this.waiting || document.activeElement === input || isInvalid(input)) return;
    input.value = this.states.kernel.text[this.source(place)];
  }

  restoreWeight(place) {
    const input = this.weights[place];
    this.markInvalid(input, false);
    input.value = this.states.kernel.text[this.source(place)];
  }

  drawMessage() {
    const place = this.weights.findIndex(isInvalid);
    const busy = this.waiting && !this.timers.has("slow");
    this.message.textContent =
      place >= 0
        ? `Not a number: “${this.weights[place].value.slice(0, 12)}”. ` +
          `The weight stays ${this.states.kernel.text[this.source(place)]}.`
        : busy ? "Waiting for Python, which is busy…" : "";
  }

  /** The pixels, and all the padding there is room for; `drawInput` shows as much of it as there is now. */
  drawPixels() {
    const { image, image_shape } = this.states;
    const [height, width] = image_shape;
    for (const [index, cell] of this.inputGrid.cells.entries()) {
      const [row, column] = this.pixel(index);
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      const place = row * width + column;
      fill(cell, inside ? image.text[place] : "0", inside ? image.level[place] : "4");
      cell.classList.toggle("padding", !inside);
      if (!inside) cell.setAttribute("aria-label", "0, padding");
    }
  }

  drawInput([top, bottom, left, right]) {
    const { image_shape, room } = this.states;
    const [height, width] = image_shape;
    for (const [index, cell] of this.inputGrid.cells.entries()) {
      const [row, column] = this.pixel(index);
      const shown = row >= -top && row < height + bottom && column >= -left && column < width + right;
      cell.classList.toggle("off", !shown);
    }
    this.inputGrid.hideEmptyRows();
    this.inputGrid.keepCurrent(room[0] * this.inputGrid.columns + room[2]);
    this.input.size.textContent = top + bottom + left + right
      ? `${size(image_shape)}, with padding ${height + top + bottom} × ${width + left + right}`
      : size(image_shape);
  }

  /** Row and column in the image of a cell of the input table, which has room for padding around. */
  pixel(index) {
    const [row, column] = this.inputGrid.position(index);
    return [row - this.states.room[0], column - this.states.room[2]];
  }

  drawOutput({ geometry, strides, dilation_rate, flip }) {
    const [top, , left, , rows, columns] = geometry;
    const table = this.states.sums[Number(flip)][dilation_rate];
    for (const [index, cell] of this.outputGrid.cells.entries()) {
      const [row, column] = this.outputGrid.position(index);
      const shown = row < rows && column < columns;
      cell.classList.toggle("off", !shown);
      if (!shown) continue;
      const place = (row * strides - top + table.top) * table.columns + column * strides - left + table.left;
      fill(cell, table.text[place], table.level[place]);
    }
    this.outputGrid.hideEmptyRows();
    this.output.size.textContent = size([rows, columns]);
  }

  drawSelection({ selected, geometry, strides, dilation_rate, flip }) {
    const { image, image_shape, kernel_shape, kernel, products, on_padding, room, sums } = this.states;
    const linked = this.linked;
    this.link(null);
    for (const cell of this.window) {
      cell.classList.remove("window");
      delete cell.dataset.term;
    }
    this.window = [];
    this.chosen?.classList.remove("chosen");
    this.chosen?.removeAttribute("aria-selected");
    this.root.classList.toggle("unselected", !selected);
    const [top, , left, , rows, columns] = geometry;
    if (!selected || selected[0] >= rows || selected[1] >= columns) {
      this.target.textContent = "Point at an output cell to see where it comes from.";
      this.total.textContent = "";
      for (const term of this.terms) term.textContent = "";
      for (const cell of this.productGrid.cells) drawProduct(cell, "", "", "4", false);
      this.outputGrid.setCurrent(0);
      return;
    }

    const [row, column] = selected;
    for (const [place, cell] of this.productGrid.cells.entries()) {
      const [i, j] = this.kernelGrid.position(place);
      const y = row * strides - top + i * dilation_rate;
      const x = column * strides - left + j * dilation_rate;
      const inside = y >= 0 && y < image_shape[0] && x >= 0 && x < image_shape[1];
      const pixel = y * image_shape[1] + x;
      const weight = this.source(place);
      const table = inside ? products : on_padding;
      const at = inside ? weight * image.text.length + pixel : weight;
      const term = `${factor(inside ? image.text[pixel] : "0")}×${factor(kernel.text[weight])}`;
      drawProduct(cell, term, table.text[at], table.level[at], !inside);
      this.terms[place].textContent = term;
      this.terms[place].classList.toggle("padding", !inside);
      const under = this.inputGrid.cells[(y + room[0]) * this.inputGrid.columns + x + room[2]];
      under.classList.add("window");
      under.dataset.term = place;
      this.window.push(under);
    }
    const table = sums[Number(flip)][dilation_rate];
    const place = (row * strides - top + table.top) * table.columns + column * strides - left + table.left;
    this.target.textContent = `output[${row}, ${column}] =`;
    this.total.textContent = `${table.relation[place]} ${table.text[place]}`;

    const index = row * this.outputGrid.columns + column;
    this.chosen = this.outputGrid.cells[index];
    this.chosen.classList.add("chosen");
    this.chosen.setAttribute("aria-selected", "true");
    this.outputGrid.setCurrent(index);
    this.link(linked);

    const last = [(kernel_shape[0] - 1) * dilation_rate, (kernel_shape[1] - 1) * dilation_rate];
    const said =
      `Output ${size([rows, columns])}. output[${row}, ${column}] is ${table.text[place]}, from the input's rows ` +
      `${row * strides - top} to ${row * strides - top + last[0]} and columns ` +
      `${column * strides - left} to ${column * strides - left + last[1]}.`;
    if (this.said !== undefined && said !== this.said) this.announce();
    this.said = said;
  }

  announce() {
    if (!this.playing) this.after("rest", REST, () => (this.live.textContent = this.said ?? ""));
  }

  link(term) {
    if (term === this.linked) return;
    for (const cell of this.root.querySelectorAll(".linked")) cell.classList.remove("linked");
    this.linked = term;
    if (term === null || !this.window.length) return;
    for (const cells of [this.window, this.kernelGrid.cells, this.productGrid.cells, this.terms])
      cells[term].classList.add("linked");
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

/** Whether an arrow key leads out of a text: when all of it is selected, or the caret is at that end. */
function leavesText({ selectionStart, selectionEnd, value }, right) {
  if (selectionStart === 0 && selectionEnd === value.length) return right !== 0;
  if (selectionStart !== selectionEnd) return false;
  return right < 0 ? selectionStart === 0 : right > 0 && selectionEnd === value.length;
}

// Small helpers

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function panel(name) {
  const size = make("span", { class: "size" });
  const title = make("div", { class: "title" }, make("b", {}, name), " ", size);
  const stage = make("div", { class: "stage" });
  return { size, stage, box: make("div", { class: `panel ${name.toLowerCase()}` }, title, stage) };
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

function fill(cell, text, level) {
  if (cell.textContent !== text) cell.textContent = text;
  if (cell.dataset.level !== level) cell.dataset.level = level;
}

function drawProduct(cell, term, product, level, padding) {
  cell.firstChild.textContent = term;
  cell.lastChild.textContent = product;
  cell.dataset.level = level;
  cell.classList.toggle("padding", padding);
}

const unpack = ({ text, ...rest }) => ({ ...rest, text: text.split(" ") });
const layout = ({ image_shape, kernel_shape, room }) => JSON.stringify([image_shape, kernel_shape, room]);
const size = ([rows, columns]) => `${rows} × ${columns}`;
const count = (number) => (number === 1 ? "1 cell" : `${number} cells`);
const factor = (text) => (text.startsWith("−") ? `(${text})` : text);
const longest = (texts) => Math.max(...texts.map((text) => text.length));
const isInvalid = (input) => input.getAttribute("aria-invalid") === "true";
