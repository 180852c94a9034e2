// The page of PoolingExplorer. Python has computed the outputs for the present settings and the shifts near the
// present one (`_states`); the rest is asked for.

class PoolingView extends View {
  static kind = "Pooling";
  static pace = 1100;
  static first = "Point at an output, then shift the image.";
  static watched = ["_states", "_whole", "pool_size", "strides", "padding", "mode", "shift", "selected", "training",
    "seed", "corner", "quiz", "_solved", "guess", "feedback"];

  read() {
    const { _states, _whole, ...state } = super.read();
    return { ...state, ..._states, whole: _whole, now: _states.shifts[state.shift.join(" ")] };
  }

  shift(down, right) {
    const { shift, shifts, limits } = this.read();
    const from = this.pending.shift ?? shift;
    const to = down || right ? [from[0] + down, from[1] + right] : [0, 0];
    if (to.some((moved) => Math.abs(moved) > limits.shift)) return;
    if (shifts[to.join(" ")] && this.asked === null) this.write({ shift: to, _solved: [], guess: null });
    else this.ask({ shift: to });
  }

  step(direction) {
    const { selected, geometry } = this.read();
    const { cell, isLast } = following(selected, direction, geometry.slice(4));
    this.begun();
    this.flies = true;
    this.write({ selected: cell, guess: null });
    return isLast;
  }

  choose(...selected) {
    this.pause();
    this.begun();
    if (!equal(selected, this.read().selected)) this.write({ selected, guess: null });
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
    this.pool = this.slider("Window", 1, asked("pool_size"));
    this.strides = this.slider("Stride", 1, asked("strides"));
    this.touching = this.checkbox("As the window", (on) => this.ask({ strides: on ? null : this.read().stride }));
    this.strides.beside.append(this.touching.label);
    this.same = this.checkbox("Keras’s “same”", (on) => this.ask({ padding: on ? "same" : "valid" }));

    this.pool.beside.append(this.same.label);
    const pad = make("div.pad", { role: "group", "aria-label": "Shift the image, also with the arrow keys" },
      ...[["▲", "up", -1, 0], ["◀", "left", 0, -1], ["⌂", "back to the start", 0, 0], ["▶", "right", 0, 1],
        ["▼", "down", 1, 0]].map(([sign, word, ...by]) =>
        this.act(sign, () => this.shift(...by), { class: word, "aria-label": `Shift ${word}` })));
    this.listen(pad, "keydown", (event) => {
      const arrow = plainKey(event, ARROWS);
      if (arrow) this.shift(...arrow);
    });
    this.moved = make("span.value");
    [this.whole, this.input, this.magnified, this.output, this.changed] =
      ["Whole image", "Image", "Window", "Output", "Changed"].map(panel);
    this.output.head.append(this.buildSteps((direction) => this.step(direction)));
    this.quizzed = this.checkbox("Quiz", (quiz) => this.write({ quiz, _solved: [], guess: null }));
    this.picture = new Picture(this, this.whole, "Whole image: choose the part that is shown", (...cell) => {
      const { whole, shape, corner } = this.read();
      const wish = whole.last.map((last, i) => within(cell[i] - Math.floor(shape[i] / 2), 0, last + 1));
      if (!equal(wish, corner)) this.ask({ corner: wish });
    });
    this.sum = make("div.worked", { role: "group", "aria-label": "How the output came about" });
    this.kept = make("div.kept");
    this.answer = make("span.answer");
    this.sign = make("span.sign", { "aria-hidden": "true" });
    this.input.box.append(make("div.tools", make("span.name", "Shift"), this.moved, pad));
    this.scene = make("div.scene", make("div.left", this.input.box, this.whole.box),
      make("div.made", this.magnified.box, this.sign, this.answer), this.output.box, this.changed.box);
    this.links = new Links(this, this.scene);
    return [make("div.controls.strip", this.mode.box, this.pool.box, this.strides.box),
      make("div.choices", this.notes, this.training.label, this.again, this.quizzed.label), this.kept, this.scene,
      make("div.below", this.buildQuiz(() => {
        const { _solved, selected } = this.read();
        this.write({ _solved: [..._solved, selected] });
      }), this.sum)];
  }

  draw() {
    const state = (this.state = this.read());
    if (!state.now) return; // Python is about to send it
    if (this.asked === null) this.drawControls(state);
    const given = this.model.get("_states");
    const drawn = JSON.stringify([state.shift, state.quiz, state._solved, state.mode, state.training]);
    if (given !== this.given) this.drawStates(state);
    if (given !== this.given || drawn !== this.drawn) this.drawShift(state);
    Object.assign(this, { given, drawn });
    this.drawSelection(state);
  }

  isHidden(row, column) {
    const { quiz, mode, training, _solved } = this.state;
    return quiz && !(mode === "stochastic" && training) && !_solved.some((cell) => equal(cell, [row, column]));
  }

  drawControls({ mode, training, pool_size, strides, stride, padding, limits, geometry, quiz }) {
    this.mode.select.value = mode;
    this.training.label.hidden = this.again.hidden = mode !== "stochastic";
    this.training.input.checked = training;
    this.again.disabled = !training;
    this.quizzed.input.checked = quiz;
    this.pool.draw(pool_size, limits.pool_size, `${pool_size} × ${pool_size} pixels`);
    this.strides.draw(stride, limits.strides, `${count(stride, "pixel")} per step`);
    this.touching.input.checked = strides === null;
    this.same.input.checked = padding === "same";
    const [top, bottom, left, right] = geometry;
    this.same.label.title = `top ${top}, bottom ${bottom}, left ${left}, right ${right}`;
  }

  drawStates({ shape, geometry, around, whole, shifts, pool_size }) {
    const [top, bottom, left, right, rows, columns] = geometry;
    const layout = JSON.stringify([shape, geometry, pool_size]);
    if (layout !== this.layout) {
      this.layout = layout;
      this.window = [];
      const isLarge = Boolean(shifts["0 0"].pictures); // too many cells to write numbers in
      for (const { stage } of [this.input, this.output, this.changed]) stage.classList.toggle("shrink", !isLarge);
      const choose = (row, column) => this.choose(row, column);
      this.pictures = isLarge && [new Picture(this, this.input, "Image"),
        new Picture(this, this.changed, "Changed by the shift"), new Picture(this, this.output, "Output", choose)];
      if (!isLarge) {
        this.inputGrid = new Grid(this, this.input, "Image", shape[0] + top + bottom, shape[1] + left + right);
        this.outputGrid = new Grid(this, this.output, "Output", rows, columns, { choose });
        this.changedGrid = new Grid(this, this.changed, "Changed by the shift", rows, columns);
      }
      this.magnifier = new Grid(this, this.magnified, "Window", pool_size, pool_size);
      for (const cell of this.magnifier.cells) cell.append(make("span.factors"), make("span.product"));
    }
    this.around = unpack(around);
    const written = Object.values(shifts).map(({ text, change = "" }) =>
      [text, change].map((numbers) => longest(numbers.split(" "))));
    const [most, moved] = [0, 1].map((i) => Math.max(...written.map((lengths) => lengths[i])));
    const pixels = longest(this.around.text);
    if (!this.pictures) {
      const { rows: { length }, columns: across } = this.inputGrid;
      this.inputGrid.shrink(across, pixels, { high: Math.min(30, 264 / length), wide: Math.max(30, 7 * pixels + 10) });
      for (const [grid, characters] of [[this.outputGrid, most], [this.changedGrid, moved + 1]])
        grid.shrink(columns, characters, { high: Math.min(30, 130 / rows), wide: Math.max(30, 7 * characters + 8) });
    }
    this.magnifier.shrink(pool_size, Math.max(4, pixels), { high: Math.min(44, 150 / pool_size), wide: 56 });
    this.answer.style.minWidth = `calc(${most}ch + 16px)`;
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
    this.input.size.textContent = size(shape);
    this.output.size.textContent = size(geometry.slice(4));
    this.changed.size.textContent = now.by ? "now − before" : "by nothing";
    this.moved.textContent = shift.join(", ").replaceAll("-", "−");
    const [mean, most] = now.by.split(" ");
    this.kept.textContent = now.said + (most ? ` Changed by ${mean} on average, by ${most} at most.` : "");
    if (whole) this.picture.mark("part", corner.map((place, i) => place - shift[i]), shape);
  }

  drawCells({ level, same, change, change_level }, [top, , left]) {
    this.inputGrid.draw((cell, row, column) => {
      const place = this.at(row - top, column - left), text = this.around.text[place];
      fill(cell, text ?? "", this.around.level[place] ?? "4");
      cell.classList.toggle("padding", place < 0);
      cell.classList.toggle("came", this.around.exists[place] === "0");
      cell.setAttribute("aria-label",
        place < 0 ? "padding, ignored" : `image[${row - top}, ${column - left}] is ${text}`);
    });
    this.outputGrid.draw((cell, row, column, index) => {
      const [changed, hidden] = [same[index] === "0", this.isHidden(row, column)];
      const text = hidden ? "?" : this.texts[index];
      fill(cell, text, hidden ? "4" : level[index]);
      cell.classList.toggle("changed", changed && !hidden);
      cell.setAttribute("aria-label", `output[${row}, ${column}] is ${hidden ? "to be predicted" : text}` +
        (changed && !hidden ? ", changed" : ""));
    });
    const changes = change.split(" ");
    this.changedGrid.draw((cell, row, column, index) => {
      const shown = same[index] === "0" && !this.isHidden(row, column);
      fill(cell, !shown ? "" : changes[index].startsWith("−") ? changes[index] : `+${changes[index]}`,
        shown ? change_level[index] : "4");
    });
  }

  drawSelection(state) {
    const { selected, geometry, stride, pool_size, mode, training, now, shifts, quiz } = state;
    if (pool_size ** 2 !== this.magnifier.cells.length) return; // Python is about to send it
    for (const cell of this.window.splice(0)) cell.classList.remove("window", "winner");
    const [top, , left, , rows, columns] = geometry;
    const isThere = selected && selected[0] < rows && selected[1] < columns;
    const [row, column] = isThere ? selected : [];
    const index = row * columns + column;
    const hidden = isThere && this.isHidden(row, column);
    const isDrawn = mode === "stochastic" && training;
    this.drawQuiz(quiz && isThere && !isDrawn ? `output[${row}, ${column}]` : "", state);
    if (this.pictures) for (const picture of this.pictures) picture.mark("window", isThere && selected);
    else this.outputGrid.choose(index);
    this.sign.textContent = { max: "max", average: "mean", sum: "Σ", stochastic: training ? "draw" : "mean" }[mode];
    if (!isThere) {
      this.sum.textContent = "Point at an output to see where it comes from.";
      fill(this.answer, "", "4");
      if (!this.pictures) this.inputGrid.frame(null);
      return this.links.draw([]);
    }
    const percents = now.percents?.split(" ").slice(index * pool_size ** 2);
    const [first, start] = [row * stride - top, column * stride - left];
    const terms = [];
    let winner = null;
    for (let place = 0; place < pool_size ** 2; place++) {
      const [y, x] = [first + Math.floor(place / pool_size), start + (place % pool_size)];
      const at = this.at(y, x);
      const won = now.winner?.[index] === place.toString(36) && !hidden;
      const text = this.around.text[at] ?? "";
      if (won) winner = { text, percent: percents?.[place] };
      if (at >= 0) terms.push(text);
      this.drawMagnified(this.magnifier.cells[place], text, at < 0 ? null : percents?.[place] ?? "", won, at);
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
    } else this.inputGrid.frame([first + top, start + left], [pool_size, pool_size]);
    const text = hidden ? "?" : this.texts[index];
    fill(this.answer, text, hidden ? "4" : now.level[index]);
    this.drawLinks(index);

    const result = hidden ? "= ?" : `${now.relation[index] ?? "="} ${text}`;
    const several = terms.length > 9; // the grid shows them
    const sum = several ? `sum of ${terms.length} pixels` : terms.map(factor).join(" + ");
    const worked = mode === "max" ? `the largest of ${several ? `${terms.length} pixels` : terms.join(", ")} ${result}`
      : mode === "average" ? `(${sum}) / ${terms.length} ${result}`
      : mode === "sum" ? `${sum} ${result}`
      : !training ? `the pixels’ mean, each weighted with its share of their sum, ${result}`
      : winner === null ? "0, since every pixel is 0"
      : `${winner.text}, drawn with a probability of ${winner.percent} %`;
    const was = now.same[index] === "0" && !hidden ? ` Before the shift: ${shifts["0 0"].text.split(" ")[index]}.` : "";
    this.sum.textContent = `output[${row}, ${column}] = ${worked}.${was}`;
    this.say(`${now.said} ${this.sum.textContent}`);
  }

  /** A pixel of the window; with a share, as high as that is likely. */
  drawMagnified(cell, text, percent, won, at) {
    const [pixel, share] = cell.children;
    pixel.textContent = text;
    share.textContent = percent ? `${percent} %` : "";
    cell.dataset.level = this.around.level[at] ?? "4";
    cell.classList.toggle("padding", percent === null);
    cell.classList.toggle("winner", won);
    cell.style.backgroundImage = percent ? `linear-gradient(to top, var(--likely) ${percent}%, transparent 0)` : "";
    cell.setAttribute("aria-label", percent === null ? "padding, ignored" : `pixel ${text}` +
      (percent ? `, ${percent} percent` : "") + (won ? ", taken" : ""));
  }

  /** The window leads to its magnified pixels, and what is made of them to the output. */
  drawLinks(index) {
    const { cells } = this.magnifier;
    const target = this.pictures ? this.pictures[2].marks.window : this.outputGrid.cells[index];
    const source = this.pictures ? Array(2).fill(this.pictures[0].marks.window) : [this.window[0], this.window.at(-1)];
    this.links.draw([[source, [cells[0], cells.at(-1)]], [[this.answer, this.answer], [target, target]]]);
    if (!this.flies) return;
    this.flies = false;
    this.onPaint("fly", () => {
      const winner = cells.find((cell) => cell.classList.contains("winner"));
      const flying = (winner ? [winner] : cells).filter((cell) => cell.firstChild.textContent);
      this.fly(this.scene, [...flying.map((cell) => [cell, this.answer, cell.firstChild.textContent, 150]),
        [this.answer, target, this.answer.textContent, 180 + FLIGHT]]);
      this.land(this.answer, 90 + FLIGHT);
    });
  }
}

export default explorer(PoolingView);
