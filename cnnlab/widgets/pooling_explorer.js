// The page of PoolingExplorer. Python has computed the outputs for the present settings and the shifts near the
// present one (`_states`); the rest is asked for.

class PoolingView extends View {
  static kind = "Pooling";
  static watched = ["_states", "_whole", "pool_size", "strides", "padding", "mode", "shift", "selected", "training",
    "seed", "corner"];

  read() {
    const { _states, _whole, ...state } = super.read();
    return { ...state, ..._states, whole: _whole, now: _states.shifts[state.shift.join(" ")] };
  }

  shift(down, right) {
    const { shift, shifts, limits } = this.read();
    const from = this.pending.shift ?? shift;
    const to = down || right ? [from[0] + down, from[1] + right] : [0, 0];
    if (to.some((moved) => Math.abs(moved) > limits.shift)) return;
    if (shifts[to.join(" ")] && this.asked === null) this.write({ shift: to });
    else this.ask({ shift: to });
  }

  step(direction) {
    const { selected, geometry } = this.read();
    const { cell, isLast } = following(selected, direction, geometry.slice(4));
    this.write({ selected: cell });
    return isLast;
  }

  choose(...selected) {
    this.pause();
    this.write({ selected });
  }

  build() {
    this.window = [];
    const asked = (name) => (value) => this.ask({ [name]: value });
    this.mode = this.choice("Pooling",
      [["max", "Max"], ["average", "Average"], ["sum", "Sum"], ["stochastic", "Stochastic"]], (mode) => {
        const refused = mode === "stochastic" && this.read().negative;
        this.note.textContent = refused ? "Stochastic pooling takes no negative pixels: put a relu before it." : "";
        if (refused) this.mode.select.value = this.read().mode;
        else this.ask({ mode });
      });
    this.training = this.checkbox("Training: draw", asked("training"));
    this.again = this.act("Draw again", () => this.ask({ seed: this.read().seed + 1 }));
    this.mode.box.append(this.training.label, this.again);
    this.pool = this.slider("Window", 1, asked("pool_size"));
    this.strides = this.slider("Stride", 1, asked("strides"));
    this.touching = this.checkbox("As the window", (on) => this.ask({ strides: on ? null : this.read().stride }));
    this.strides.box.lastChild.before(this.touching.label);
    this.same = this.checkbox("Keras’s “same”", (on) => this.ask({ padding: on ? "same" : "valid" }));

    const pad = make("div.pad", { role: "group", "aria-label": "Shift the image, also with the arrow keys" },
      ...[["▲", "up", -1, 0], ["◀", "left", 0, -1], ["⌂", "back to the start", 0, 0], ["▶", "right", 0, 1],
        ["▼", "down", 1, 0]].map(([sign, word, ...by]) =>
        this.act(sign, () => this.shift(...by), { class: word, "aria-label": `Shift ${word}` })));
    this.listen(pad, "keydown", (event) => {
      const arrow = plainKey(event, ARROWS);
      if (arrow) this.shift(...arrow);
    });
    this.moved = make("span.value");
    [this.whole, this.input, this.output, this.changed] = ["Whole image", "Image", "Output", "Changed"].map(panel);
    this.changed.size.textContent = "white: by the shift";
    this.picture = new Picture(this, this.whole, "Whole image: choose the part that is shown", (...cell) => {
      const { whole, shape, corner } = this.read();
      const wish = whole.last.map((last, i) => within(cell[i] - Math.floor(shape[i] / 2), 0, last + 1));
      if (!equal(wish, corner)) this.ask({ corner: wish });
    });
    this.sum = make("div.worked", { role: "group", "aria-label": "How the output came about" });
    this.kept = make("div.kept");
    return [
      make("div.controls", this.mode.box, this.pool.box, this.strides.box,
        make("div.control", this.same.label, this.buildSteps((direction) => this.step(direction))),
        make("div.control", make("div", make("span.name", "Shift"), this.moved), pad)),
      this.note, this.kept,
      make("div.panels", this.whole.box, this.input.box, this.output.box, this.changed.box), this.sum];
  }

  draw() {
    const state = this.read();
    if (!state.now) return; // Python is about to send it
    if (this.asked === null) this.drawControls(state);
    const given = this.model.get("_states"), drawn = String(state.shift);
    if (given !== this.given) this.drawStates(state);
    if (given !== this.given || drawn !== this.drawn) this.drawShift(state);
    Object.assign(this, { given, drawn });
    this.drawSelection(state);
  }

  drawControls({ mode, training, pool_size, strides, stride, padding, limits, geometry }) {
    this.mode.select.value = mode;
    this.training.label.hidden = this.again.hidden = mode !== "stochastic";
    this.training.input.checked = training;
    this.again.disabled = !training;
    this.pool.draw(pool_size, limits.pool_size, `${pool_size} × ${pool_size} pixels`);
    this.strides.draw(stride, limits.strides, `${count(stride, "pixel")} per step`);
    this.touching.input.checked = strides === null;
    this.same.input.checked = padding === "same";
    const [top, bottom, left, right] = geometry;
    this.same.label.title = `top ${top}, bottom ${bottom}, left ${left}, right ${right}`;
  }

  drawStates({ shape, geometry, around, whole, shifts }) {
    const [top, bottom, left, right, rows, columns] = geometry;
    const layout = JSON.stringify([shape, geometry]);
    if (layout !== this.layout) {
      this.layout = layout;
      this.window = [];
      const isLarge = Boolean(shifts["0 0"].pictures); // too many cells to write numbers in
      for (const { stage } of [this.input, this.output]) stage.classList.toggle("shrink", !isLarge);
      const choose = (row, column) => this.choose(row, column);
      this.pictures = isLarge && [new Picture(this, this.input, "Image"),
        new Picture(this, this.changed, "Changed by the shift"), new Picture(this, this.output, "Output", choose)];
      if (!isLarge) {
        this.inputGrid = new Grid(this, this.input, "Image", shape[0] + top + bottom, shape[1] + left + right);
        this.outputGrid = new Grid(this, this.output, "Output", rows, columns, { choose });
      }
    }
    this.around = unpack(around);
    if (!this.pictures) {
      this.inputGrid.shrink(this.inputGrid.columns, longest(this.around.text));
      const written = Object.values(shifts).map(({ text }) => longest(text.split(" ")));
      this.outputGrid.shrink(columns, Math.max(...written));
    }
    this.changed.box.hidden = !this.pictures;
    this.whole.box.hidden = !whole;
    if (whole && whole !== this.painted) this.picture.paint((this.painted = whole));
  }

  drawShift({ shape, geometry, shift, limits, now, corner, whole }) {
    const width = shape[1] + 2 * limits.shift;
    /** Where in `around` a pixel lies; -1 in the padding. */
    this.at = (y, x) => (y >= 0 && y < shape[0] && x >= 0 && x < shape[1]
      ? (y - shift[0] + limits.shift) * width + x - shift[1] + limits.shift : -1);
    this.texts = now.text.split(" ");
    if (this.pictures) for (const [i, picture] of this.pictures.entries()) picture.paint(now.pictures[i]);
    else this.drawCells(now, geometry);
    const changed = now.same.includes("0") && !this.pictures;
    this.input.size.textContent = size(shape);
    this.output.size.textContent = size(geometry.slice(4)) + (changed ? ", ≠: changed by the shift" : "");
    this.moved.textContent = shift.join(", ").replaceAll("-", "−");
    this.kept.textContent = now.said;
    if (whole) this.picture.mark("part", corner.map((place, i) => place - shift[i]), shape);
  }

  drawCells({ level, same }, [top, , left]) {
    this.inputGrid.draw((cell, row, column) => {
      const place = this.at(row - top, column - left), text = this.around.text[place];
      fill(cell, text ?? "", this.around.level[place] ?? "4");
      cell.classList.toggle("padding", place < 0);
      cell.classList.toggle("came", this.around.exists[place] === "0");
      cell.setAttribute("aria-label",
        place < 0 ? "padding, ignored" : `image[${row - top}, ${column - left}] is ${text}`);
    });
    this.outputGrid.draw((cell, row, column, index) => {
      const changed = same[index] === "0";
      fill(cell, this.texts[index], level[index]);
      cell.classList.toggle("changed", changed);
      cell.setAttribute("aria-label", `output[${row}, ${column}] is ${this.texts[index]}${changed ? ", changed" : ""}`);
    });
  }

  drawSelection({ selected, geometry, stride, pool_size, mode, training, now, shifts }) {
    for (const cell of this.window.splice(0)) cell.classList.remove("window", "winner");
    const [top, , left, , rows, columns] = geometry;
    const isThere = selected && selected[0] < rows && selected[1] < columns;
    const [row, column] = isThere ? selected : [];
    const index = row * columns + column;
    if (this.pictures) for (const picture of this.pictures) picture.mark("window", isThere && selected);
    else this.outputGrid.choose(index);
    if (!isThere) {
      this.sum.textContent = "Point at an output to see where it comes from.";
      return;
    }
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
    }
    const result = `${now.relation[index]} ${this.texts[index]}`;
    const pixels = terms.map(([pixel]) => pixel);
    const sum = pixels.map(factor).join(" + ");
    const worked = mode === "max" ? `the largest of ${pixels.join(", ")} ${result}`
      : mode === "average" ? `(${sum}) / ${terms.length} ${result}`
      : mode === "sum" ? `${sum} ${result}`
      : !training ? `${terms.map(([pixel, percent]) => `${percent} % of ${pixel}`).join(" + ")} ${result}`
      : winner === null ? "0, since every pixel is 0"
      : `${winner}, drawn from ${terms.map(([pixel, percent]) => `${pixel} (${percent} %)`).join(", ")}`;
    const before = shifts["0 0"].text.split(" ")[index];
    const was = now.same[index] === "0" ? ` Before the shift: ${before}.` : "";
    this.sum.textContent = `output[${row}, ${column}] = ${worked}.${was}`;
    this.say(`${now.said} ${this.sum.textContent}`);
  }
}

export default explorer(PoolingView);
