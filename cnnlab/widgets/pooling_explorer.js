// The page of PoolingExplorer. Python has computed the outputs for the present settings and the shifts near the
// present one (`_states`); the rest is asked for.

class PoolingView extends View {
  static kind = "Pooling";
  static watched = ["_states", "_whole", "pool_size", "strides", "padding", "mode", "shift", "selected", "training", "seed",
    "corner"];

  read() {
    const state = super.read();
    return { ...state, ...state._states, whole: state._whole, now: state._states.shifts[state.shift.join(" ")] };
  }

  shift(down, right) {
    const { shift, shifts, limits } = this.read();
    const from = this.pending.shift ?? shift;
    const to = down || right ? [from[0] + down, from[1] + right] : [0, 0];
    if (to.some((moved) => Math.abs(moved) > limits.shift)) return;
    if (shifts[to.join(" ")] && this.asked === null) this.write({ shift: to });
    else this.ask({ shift: to });
  }

  select(row, column) {
    const { selected } = this.read();
    if (String(selected) !== `${row},${column}`) this.write({ selected: [row, column] });
  }

  step(direction) {
    const { selected, geometry } = this.read();
    const [rows, columns] = geometry.slice(4);
    const place = selected ? (selected[0] * columns + selected[1] + direction + rows * columns) % (rows * columns) : 0;
    this.select(Math.floor(place / columns), place % columns);
    return place === rows * columns - 1;
  }

  build() {
    this.window = [];
    this.mode = choice("Pooling",
      [["max", "Max"], ["average", "Average"], ["sum", "Sum"], ["stochastic", "Stochastic"]]);
    this.training = checkbox("Training: draw");
    this.again = button("Draw again", { class: "wide" });
    this.mode.box.append(this.training.label, this.again);
    this.pool = slider("Window", 1);
    this.strides = slider("Stride", 1);
    this.touching = checkbox("As the window");
    this.strides.box.lastChild.before(this.touching.label);
    this.same = checkbox("Keras’s “same”");
    const asked = (input, type, changes) => this.listen(input, type, () => this.ask(changes()));
    this.listen(this.mode.select, "change", () => {
      const mode = this.mode.select.value;
      const refused = mode === "stochastic" && this.read().negative;
      this.note.textContent = refused ? "Stochastic pooling takes no negative pixels: put a relu before it." : "";
      if (refused) this.mode.select.value = this.read().mode;
      else this.ask({ mode });
    });
    asked(this.training.input, "change", () => ({ training: this.training.input.checked }));
    asked(this.again, "click", () => ({ seed: this.read().seed + 1 }));
    asked(this.pool.input, "input", () => ({ pool_size: Number(this.pool.input.value) }));
    asked(this.strides.input, "input", () => ({ strides: Number(this.strides.input.value) }));
    asked(this.touching.input, "change", () => ({ strides: this.touching.input.checked ? null : this.read().stride }));
    asked(this.same.input, "change", () => ({ padding: this.same.input.checked ? "same" : "valid" }));

    const pad = make("div", { class: "pad", role: "group", "aria-label": "Shift the image, also with the arrow keys" });
    for (const [sign, word, ...by] of [["▲", "up", -1, 0], ["◀", "left", 0, -1], ["⌂", "back to the start", 0, 0],
      ["▶", "right", 0, 1], ["▼", "down", 1, 0]]) {
      const one = button(sign, { class: word, "aria-label": `Shift ${word}` });
      this.listen(one, "click", () => this.shift(...by));
      pad.append(one);
    }
    this.listen(pad, "keydown", (event) => {
      if (!ARROWS[event.key] || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.shift(...ARROWS[event.key]);
    });
    this.moved = make("span", { class: "value" });
    this.whole = panel("Whole image");
    this.changed = panel("Changed");
    this.changed.size.textContent = "white: by the shift";
    this.picture = new Picture(this, this.whole, "Whole image: choose the part that is shown", (row, column) => {
      const { whole, shape } = this.read();
      const corner = [row, column].map((place, i) =>
        Math.max(0, Math.min(place - Math.floor(shape[i] / 2), whole.last[i])));
      if (String(corner) !== String(this.read().corner)) this.ask({ corner });
    });
    this.input = panel("Image");
    this.output = panel("Output");
    this.sum = make("div", { class: "worked", role: "group", "aria-label": "How the output came about" });
    this.kept = make("div", { class: "kept" });
    this.root.append(
      make("div", { class: "controls" }, this.mode.box, this.pool.box, this.strides.box,
        make("div", { class: "control" }, this.same.label, this.buildSteps((direction) => this.step(direction))),
        make("div", { class: "control" }, make("div", {}, make("span", { class: "name" }, "Shift"), this.moved), pad)),
      this.note, this.kept,
      make("div", { class: "panels" }, this.whole.box, this.input.box, this.output.box, this.changed.box),
      this.sum, this.live);
    const choose = (cell) =>
      !this.pictures && this.choose(...this.outputGrid.position(this.outputGrid.cells.indexOf(cell)));
    this.pointAt(this.output.box, choose);
    this.listen(this.output.stage, "focusin", (event) => choose(event.target));
  }

  choose(row, column) {
    if (this.playing) this.play(false);
    this.select(row, column);
  }

  draw() {
    const state = this.read();
    if (!state.now) return; // Python is about to send it
    if (this.asked === null) this.drawControls(state);
    const drawn = `${state.shift}`;
    if (state._states !== this.given || drawn !== this.drawn) {
      if (state._states !== this.given) this.drawStates(state);
      this.given = state._states;
      this.drawn = drawn;
      this.drawShift(state);
    }
    this.drawSelection(state);
  }

  drawControls({ mode, training, pool_size, strides, stride, padding, limits, geometry }) {
    this.mode.select.value = mode;
    this.training.label.hidden = this.again.hidden = mode !== "stochastic";
    this.training.input.checked = training;
    this.again.disabled = !training;
    this.pool.draw(pool_size, limits.pool_size, `${pool_size} × ${pool_size} pixels`);
    this.strides.draw(stride, limits.strides, `${stride} ${stride === 1 ? "pixel" : "pixels"} per step`);
    this.touching.input.checked = strides === null;
    this.same.input.checked = padding === "same";
    const [top, bottom, left, right] = geometry;
    this.same.label.title = `top ${top}, bottom ${bottom}, left ${left}, right ${right}`;
  }

  drawBusy() {
    super.drawBusy();
    if (this.asked === null) this.drawControls(this.read());
  }

  drawStates({ shape, geometry, around, whole, shifts }) {
    const [top, bottom, left, right, rows, columns] = geometry;
    const layout = JSON.stringify([shape, geometry]);
    if (layout !== this.layout) {
      this.layout = layout;
      this.window = [];
      this.pictures = null;
      const isLarge = Boolean(shifts["0 0"].pictures); // too many cells to write numbers in
      for (const { stage } of [this.input, this.output]) stage.classList.toggle("shrink", !isLarge);
      if (isLarge)
        this.pictures = [new Picture(this, this.input, "Image"), new Picture(this, this.changed, "Changed by the shift"),
          new Picture(this, this.output, "Output", (row, column) => this.choose(row, column))];
      else {
        this.inputGrid = new Grid(this, this.input, "Image", shape[0] + top + bottom, shape[1] + left + right);
        this.outputGrid = new Grid(this, this.output, "Output", rows, columns);
      }
    }
    this.around = unpack(around);
    if (!this.pictures) {
      this.inputGrid.shrink(this.inputGrid.rows.length, this.inputGrid.columns, longest(this.around.text));
      const written = Object.values(shifts).map(({ text }) => longest(text.split(" ")));
      this.outputGrid.shrink(rows, columns, Math.max(...written));
    }
    this.changed.box.hidden = !this.pictures;
    this.whole.box.hidden = !whole;
    if (whole && whole !== this.painted) this.picture.paint((this.painted = whole));
  }

  drawShift({ shape, geometry, shift, limits, now, corner, whole }) {
    const [top, , left, , rows, columns] = geometry;
    const width = shape[1] + 2 * limits.shift;
    /** Where in `around` a pixel lies; -1 in the padding. */
    this.at = (y, x) => (y >= 0 && y < shape[0] && x >= 0 && x < shape[1]
      ? (y - shift[0] + limits.shift) * width + x - shift[1] + limits.shift : -1);
    this.texts = now.text.split(" ");
    if (this.pictures) for (const [i, picture] of this.pictures.entries()) picture.paint(now.pictures[i]);
    else this.drawCells(now, top, left);
    const changed = now.same.includes("0") && !this.pictures;
    this.input.size.textContent = size(shape);
    this.output.size.textContent = `${size([rows, columns])}${changed ? ", ≠: changed by the shift" : ""}`;
    this.moved.textContent = shift.join(", ").replaceAll("-", "−");
    this.kept.textContent = now.said;
    if (whole) this.picture.mark("part", corner.map((place, i) => place - shift[i]), shape);
  }

  drawCells(now, top, left) {
    for (const [index, cell] of this.inputGrid.cells.entries()) {
      const [row, column] = this.inputGrid.position(index);
      const at = this.at(row - top, column - left);
      fill(cell, this.around.text[at] ?? "", this.around.level[at] ?? "4");
      cell.classList.toggle("padding", at < 0);
      cell.classList.toggle("came", this.around.exists[at] === "0");
      cell.setAttribute("aria-label",
        at < 0 ? "padding, ignored" : `image[${row - top}, ${column - left}] is ${this.around.text[at]}`);
    }
    for (const [index, cell] of this.outputGrid.cells.entries()) {
      fill(cell, this.texts[index], now.level[index]);
      const changed = now.same[index] === "0";
      cell.classList.toggle("changed", changed);
      cell.setAttribute("aria-label", `output[${this.outputGrid.position(index).join(", ")}] is ${this.texts[index]}` +
        (changed ? ", changed" : ""));
    }
  }

  drawSelection({ selected, geometry, stride, pool_size, mode, training, now, shifts }) {
    for (const cell of this.window) cell.classList.remove("window", "winner");
    this.chosen?.classList.remove("chosen");
    this.chosen?.removeAttribute("aria-selected");
    this.window = [];
    const [top, , left, , rows, columns] = geometry;
    const isThere = selected && selected[0] < rows && selected[1] < columns;
    if (this.pictures) for (const picture of this.pictures) picture.mark("window", isThere && selected);
    if (!isThere) {
      this.sum.textContent = "Point at an output to see where it comes from.";
      return;
    }
    const [row, column] = selected;
    const index = row * columns + column;
    const percents = now.percents?.split(" ").slice(index * pool_size ** 2);
    const [first, start] = [row * stride - top, column * stride - left];
    const terms = [];
    let winner = null;
    for (let place = 0; place < pool_size ** 2; place++) {
      const [y, x] = [first + Math.floor(place / pool_size), start + (place % pool_size)];
      const at = this.at(y, x);
      const won = now.winner?.[index] === place.toString(36);
      if (won) winner = this.around.text[at];
      if (at >= 0) terms.push([this.around.text[at], percents?.[place]]);
      if (this.pictures) continue;
      const cell = this.inputGrid.cells[(y + top) * this.inputGrid.columns + x + left];
      cell.classList.add("window");
      cell.classList.toggle("winner", won);
      this.window.push(cell);
    }
    if (this.pictures) {
      const inside = [Math.max(first, 0), Math.max(start, 0)];
      this.pictures[0].mark("window", inside, [first, start].map((from, i) =>
        Math.min(from + pool_size, this.pictures[0].size[i]) - inside[i]));
      this.pictures[2].current = selected;
    } else {
      this.chosen = this.outputGrid.cells[index];
      this.chosen.classList.add("chosen");
      this.chosen.setAttribute("aria-selected", "true");
      this.outputGrid.setCurrent(index);
    }
    const result = `${now.relation[index]} ${this.texts[index]}`;
    const sum = terms.map(([pixel]) => factor(pixel)).join(" + ");
    const worked = mode === "max" ? `the largest of ${terms.map(([pixel]) => pixel).join(", ")} ${result}`
      : mode === "average" ? `(${sum}) / ${terms.length} ${result}`
      : mode === "sum" ? `${sum} ${result}`
      : training && winner === null ? "0, since every pixel is 0"
      : training ? `${winner}, drawn from ` + terms.map(([pixel, percent]) => `${pixel} (${percent} %)`).join(", ")
      : `${terms.map(([pixel, percent]) => `${percent} % of ${pixel}`).join(" + ")} ${result}`;
    const before = shifts["0 0"].text.split(" ")[index];
    const was = now.same[index] === "0" ? ` Before the shift: ${before}.` : "";
    this.sum.textContent = `output[${row}, ${column}] = ${worked}.${was}`;
    this.say(`${now.said} ${this.sum.textContent}`);
  }
}

export default explorer(PoolingView);
