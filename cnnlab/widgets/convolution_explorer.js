// The page of ConvolutionExplorer. Python has computed every number, as text, for every state that
// the controls can reach (`_states`); here they are looked up, laid out and highlighted. Python is asked
// for the states that it left out, because they were too many, and for other parts of a large image.

class ConvolutionView extends View {
  static kind = "Convolution";
  static watched = ["_states", "strides", "padding", "dilation_rate", "flip", "channel", "filter", "quiz", "_solved",
    "view", "selected", "pinned", "guess", "feedback"];

  // The state

  /** The state, and where its numbers are; Python must be asked for them if they are not `there`. */
  read(changes) {
    const state = { ...super.read(), ...changes };
    const { strides, padding, dilation_rate, flip, channel, filter } = state;
    const geometry = this.states.geometry[`${strides} ${padding} ${dilation_rate}`]; // none: the kernel does not fit
    const products = this.states.products[`${filter} ${channel}`];
    const sums = this.states.sums[`${filter} ${Number(flip)} ${dilation_rate}`];
    return { ...state, geometry, products, sums, there: geometry && products && sums };
  }

  /** Change a setting, unless the kernel would not fit; the selected cell stays inside the output. */
  change(changes) {
    const { selected, geometry, there } = this.read(changes);
    if (geometry === undefined) {
      this.drawControls();
      this.note.textContent =
        "dilation_rate" in changes
          ? `Dilation ${changes.dilation_rate} does not fit: the kernel would be wider than the input.` +
            (this.whole.box.hidden ? " Add padding first." : "")
          : "The dilated kernel needs this padding. Lower the dilation first.";
      return;
    }
    if (!there) return this.ask(changes);
    if (["strides", "padding", "dilation_rate", "flip"].some((name) => name in changes)) changes._solved = [];
    const [rows, columns, , , top, left] = geometry.slice(4);
    if (selected)
      changes.selected = [within(selected[0], top, top + rows), within(selected[1], left, left + columns)];
    this.write(changes);
  }

  select(row, column) {
    if (`${this.read().selected}` !== `${[row, column]}`) this.write({ selected: [row, column], guess: null });
  }

  step(direction) {
    const { selected, geometry, there } = this.read();
    if (!there) return;
    const [rows, columns, , , top, left] = geometry.slice(4);
    const cells = rows * columns;
    const place = selected ? (selected[0] - top) * columns + selected[1] - left + direction : 0;
    const next = (place + cells) % cells; // after the last cell comes the first
    this.select(top + Math.floor(next / columns), left + (next % columns));
    return next === cells - 1;
  }

  /** Where in the kernel that is shown the weight of a place lies: turned by 180° when flipped. */
  source(place) {
    return this.model.get("flip") ? this.terms - 1 - place : place;
  }

  /** Where that is among the weights of all channels and filters. */
  weight(place) {
    const [channel, filter] = [this.model.get("channel"), this.model.get("filter")];
    return (filter * this.states.channels + channel) * this.terms + this.source(place);
  }

  typed(place, text) {
    const { channel, filter } = this.read();
    const name = place < this.terms ? "kernel" : "bias";
    const changed = structuredClone(this.pending[name] ?? this.model.get(name));
    const [row, column] = this.kernelGrid.position(this.source(place));
    let [list, at] = name === "kernel" ? [changed[row], column] : [changed, filter % changed.length];
    if (Array.isArray(list[at])) [list, at] = [list[at][channel], filter];
    if (Number(list[at]) === Number(text)) return;
    list[at] = text;
    this.ask({ [name]: changed });
  }

  /** Move the part that is shown of a large image. */
  look(row, column, event) {
    const { step } = this.model.get("_overview");
    let corner = this.pending.corner ?? this.model.get("corner");
    if (event?.type !== "pointermove" || event.buttons) {
      corner = [row, column].map((place, axis) => within(place * step - 6, 0, this.states.shapes[0][axis] - 11));
      this.ask({ corner });
    }
    this.drawFrame(corner);
  }

  guess() {
    const text = this.guessed.value.trim().replace("−", "-");
    if (NUMBER.test(text) && Number.isFinite(Number(text))) this.ask({ guess: text });
    else this.feedback.textContent = `Not a number: “${text.slice(0, 12)}”.`;
  }

  // The parts, built once

  build() {
    this.window = []; // the input cells under the kernel
    this.linked = null;
    this.input = panel("Input");
    this.kernel = panel("Kernel");
    this.products = panel("Products");
    this.products.size.textContent = "pixel × weight";
    this.output = panel("Output");
    this.whole = panel("Whole image");
    this.whole.size.textContent = "drag the frame";
    this.picture = new Picture(this, this.whole, "Whole image: move the frame", (...at) => this.look(...at));
    [this.sum, this.pinnedSum] = ["sum", "sum pinned"].map((name) =>
      make("div", { class: name, role: "group", "aria-label": `The ${name}` }));
    this.root.append(
      this.buildControls(),
      this.note,
      make("div", { class: "panels" }, this.input.box,
        make("div", { class: "middle" }, this.kernel.box, this.products.box, this.whole.box),
        this.output.box,
        make("div", { class: "sums" }, this.buildQuiz(), this.sum)),
      this.live,
    );

    // Pixel, weight, product and term that belong together light up together.
    const link = (event) => this.link(event.target.closest("[data-term]")?.dataset.term ?? null);
    this.listen(this.root, "pointerover", link);
    this.listen(this.root, "focusin", link);
    this.listen(this.root, "pointerleave", () => this.link(null));
    this.listen(this.sum, "click", (event) => {
      const { channel } = event.target.closest("[data-channel]")?.dataset ?? {};
      if (channel) this.change({ channel: Number(channel) });
    });

    this.pointAt(this.output.box, (cell) => this.choose(cell));
  }

  choose(cell) {
    if (this.playing) this.play(false);
    const { geometry, there } = this.read();
    const [row, column] = this.outputGrid.position(this.outputGrid.cells.indexOf(cell));
    if (there) this.select(row + geometry[8], column + geometry[9]);
  }

  buildControls() {
    this.strides = slider("Stride", 1);
    this.padding = slider("Padding", 0);
    this.dilation = slider("Dilation", 1);
    this.same = checkbox("Keras’s “same”");
    this.flip = checkbox("Flip the kernel");
    this.formula = checkbox("Formula");
    this.pinIt = checkbox("Pin this cell");
    this.quiz = checkbox("Quiz");
    this.channel = choice("Channel", []);
    this.filter = choice("Filter", []);
    this.padding.box.lastChild.before(this.same.label);
    const previous = button("◀", { "aria-label": "Previous output cell" });
    const next = button("▶", { "aria-label": "Next output cell" });

    const amount = () => Number(this.padding.input.value) || "valid";
    const when = ({ input, select }, changes) => this.listen(input ?? select, "input", ({ target }) =>
      this.change(changes(select || target.type === "range" ? Number(target.value) : target.checked)));
    when(this.strides, (strides) => ({ strides }));
    when(this.dilation, (dilation_rate) => ({ dilation_rate }));
    when(this.padding, () => ({ padding: amount() }));
    when(this.same, (same) => ({ padding: same ? "same" : amount() }));
    when(this.flip, (flip) => ({ flip }));
    when(this.channel, (channel) => ({ channel }));
    when(this.filter, (filter) => ({ filter }));
    when(this.formula, (on) => ({ view: on ? "formula" : "numbers" }));
    when(this.pinIt, (on) => ({ pinned: on ? this.read().selected : null }));
    when(this.quiz, (quiz) => ({ quiz }));
    const step = (direction) => () => (this.play(false), this.step(direction));
    this.listen(previous, "click", step(-1));
    this.listen(next, "click", step(+1));

    return make("div", { class: "controls" }, this.strides.box, this.padding.box, this.dilation.box,
      make("div", { class: "control" }, this.flip.label, this.flip.hint,
        make("div", { class: "steps" }, previous, this.buildPlay(() => this.step(+1)), next)),
      make("div", { class: "control" }, this.formula.label, this.pinIt.label, this.quiz.label),
      make("div", { class: "control" }, this.channel.box, this.filter.box));
  }

  buildQuiz() {
    this.question = make("span");
    this.guessed = make("input", { type: "text", inputmode: "decimal", autocomplete: "off" });
    this.feedback = make("div", { class: "feedback", role: "status" });
    const [check, show] = [button("Check"), button("Show")];
    this.listen(check, "click", () => this.guess());
    this.listen(this.guessed, "keydown", (event) => event.key === "Enter" && this.guess());
    this.listen(show, "click", () => {
      const { _solved, selected, filter } = this.read();
      this.write({ _solved: [..._solved, [...selected, filter]] });
    });
    return (this.questions = make("div", { class: "quiz" },
      make("label", {}, "Predict ", this.question, this.guessed), check, show, this.feedback));
  }

  /** New tables for new shapes. They have room for the most padding, so that nothing moves later. */
  buildGrids() {
    const { image_shape, kernel_shape, room, bias } = this.states;
    const [top, bottom, left, right, rows, columns] = room;
    this.terms = kernel_shape[0] * kernel_shape[1];
    this.inputGrid = new Grid(this, this.input, "Input", image_shape[0] + top + bottom, image_shape[1] + left + right);
    this.productGrid = new Grid(this, this.products, "Products", ...kernel_shape);
    this.outputGrid = new Grid(this, this.output, "Output", rows, columns);
    this.listen(this.outputGrid.table, "focusin", (event) => this.choose(event.target.closest("td")));
    this.listen(this.outputGrid.table, "keydown", ({ key }) => {
      const { selected, pinned } = this.read();
      if (key === "p") this.write({ pinned: `${selected}` === `${pinned}` ? null : selected });
    });

    this.fields = new Fields(this, this.terms + (bias ? 1 : 0), {
      typed: (place, text) => this.typed(place, text),
      now: (place) => place < this.terms
        ? this.states.kernel.text[this.weight(place)] : bias_of(this.states, this.read().filter),
    });
    this.kernelGrid = new Grid(this, this.kernel, "Kernel", ...kernel_shape, this.fields.inputs.slice(0, this.terms));
    this.biasBox?.remove();
    this.biasBox = make("div", { class: "bias" }, ...(bias ? ["+ bias ", this.fields.inputs.at(-1)] : []),
      this.fields.message);
    this.kernel.box.append(this.biasBox);
    for (const [place, cell] of this.kernelGrid.cells.entries()) cell.dataset.term = place;
    for (const [place, cell] of this.productGrid.cells.entries()) {
      cell.dataset.term = place;
      cell.append(make("span", { class: "factors" }), make("span", { class: "product" }));
    }
    for (const box of [this.sum, this.pinnedSum]) {
      box.parts = Object.fromEntries(["formula", "target", "lines", "total", "parts"].map((name) =>
        [name, make("span", { class: name })]));
      box.terms = this.kernelGrid.cells.map((_, place) => make("span", { class: "term", "data-term": place }));
      for (let place = 0; place < this.terms; place += kernel_shape[1]) {
        const line = box.terms.slice(place, place + kernel_shape[1]).flatMap((term, column) =>
          [make("span", { class: "plus" }, place + column ? " + " : ""), term]);
        box.parts.lines.append(make("span", { class: "line" }, ...line));
      }
      box.replaceChildren(...Object.values(box.parts));
    }
    this.window = [];
  }

  // The picture

  draw() {
    const given = this.model.get("_states");
    if (given !== this.given) this.drawStates(given);
    const state = this.read();
    if (!state.there) return; // Python is about to send the tables for it
    const drawn = JSON.stringify(this.constructor.watched.slice(1, 9).map((name) => state[name]));
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.note.textContent =
        state.strides > 1 && state.dilation_rate > 1
          ? "Keras’s layers take a stride above 1 or a dilation above 1, but not both at once."
          : "";
      this.solved = new Set(state._solved.map(String));
      this.drawControls();
      this.drawKernel();
      if (this.painted !== state.channel) this.drawPixels(state);
      this.drawInput(state);
      this.drawOutput(state);
    }
    this.drawSelection(state);
  }

  drawStates(given) {
    const before = this.states && layout(this.states);
    this.given = given;
    const each = (tables) => Object.fromEntries(Object.entries(tables).map(([key, table]) =>
      [key, { ...unpack(table), parts: table.parts && unpack(table.parts) }]));
    this.states = { ...given, image: unpack(given.image), kernel: unpack(given.kernel),
      on_padding: unpack(given.on_padding), products: each(given.products), sums: each(given.sums) };
    this.drawn = this.painted = null;
    if (layout(this.states) !== before) this.buildGrids();
    const { image, kernel, products, sums, channels, filters, corner, image_shape } = this.states;
    for (const [control, count] of [[this.channel, channels], [this.filter, filters]]) {
      control.box.hidden = count < 2;
      control.fillWith([...Array(count).keys()]);
    }
    const overview = this.model.get("_overview");
    this.whole.box.hidden = !overview;
    if (overview) {
      this.picture.paint(overview);
      this.drawFrame(corner);
    }

    const widest = (tables) => Math.max(...Object.values(tables).map((table) => longest(table.text)));
    const factors = longest(image.text.map(factor)) + longest(kernel.text.map(factor)) + 1;
    this.inputGrid.setWidth(longest(image.text));
    this.kernelGrid.setWidth(longest(kernel.text) + 1);
    this.productGrid.setWidth(Math.max(factors, widest(products)));
    this.outputGrid.setWidth(widest(sums));
    this.root.style.setProperty("--term", `${factors + 0.5}ch`); // signs are wider than digits
  }

  drawFrame(corner) {
    const { step } = this.model.get("_overview");
    this.picture.mark("frame", corner.map((place) => place / step), this.states.image_shape.map((size) => size / step));
    this.picture.current = corner.map((place) => Math.round((place + 6) / step));
  }

  drawControls() {
    const { strides, padding, dilation_rate, flip, geometry, channel, filter, quiz } = this.read();
    const { limits, shapes } = this.states;
    const [top, bottom, left, right] = geometry[11];
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
    this.quiz.input.checked = quiz;
    this.channel.select.value = channel;
    this.filter.select.value = filter;
    this.kernel.size.textContent = `${size(shapes[1])}, ${flip ? "flipped" : "type to change"}`;
    // What follows the row and column in the indices of each array
    this.index = { image: shapes[0][2] ? `, ${channel}` : "", kernel: shapes[1][2] ? `, ${channel}, ${filter}` : "",
      output: shapes[1][2] ? `, ${filter}` : "" };
  }

  drawKernel() {
    for (const [place, cell] of this.kernelGrid.cells.entries()) {
      this.fields.draw(place, this.kernelName(place));
      cell.dataset.level = this.states.kernel.level[this.weight(place)];
    }
    if (this.states.bias) this.fields.draw(this.terms, `bias[${this.read().filter}]`);
  }

  kernelName(place) {
    return `kernel[${this.kernelGrid.position(this.source(place)).join(", ")}${this.index.kernel}]`;
  }

  drawBusy() {
    if (this.asked === null) this.drawn = null; // what was typed can be shown as Python has it
    this.fields.drawMessage();
  }

  /** The pixels, and all the padding there is room for; `drawInput` shows as much of it as there is now. */
  drawPixels({ channel }) {
    this.painted = channel;
    const { image, image_shape: [height, width] } = this.states;
    for (const [index, cell] of this.inputGrid.cells.entries()) {
      const [row, column] = this.pixel(index);
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      const place = (channel * height + row) * width + column;
      fill(cell, inside ? image.text[place] : "0", inside ? image.level[place] : "4");
      cell.classList.toggle("padding", !inside);
      if (!inside) cell.setAttribute("aria-label", "0, padding");
    }
  }

  drawInput({ geometry: [top, bottom, left, right], channel }) {
    const { image_shape: [height, width], room, shapes, corner } = this.states;
    for (const [index, cell] of this.inputGrid.cells.entries()) {
      const [row, column] = this.pixel(index);
      const shown = row >= -top && row < height + bottom && column >= -left && column < width + right;
      cell.classList.toggle("off", !shown);
    }
    this.inputGrid.hideEmptyRows();
    this.inputGrid.keepCurrent(room[0] * this.inputGrid.columns + room[2]);
    this.input.size.textContent = size(shapes[0]) + (shapes[0][2] > 1 ? `, channel ${channel}` : "") + (
      !this.whole.box.hidden ? `, ${range(corner, [height, width])}`
      : top + bottom + left + right ? `, with padding ${height + top + bottom} × ${width + left + right}` : "");
  }

  /** Row and column in the image of a cell of the input table, which has room for padding around. */
  pixel(index) {
    const [row, column] = this.inputGrid.position(index);
    return [row - this.states.room[0], column - this.states.room[2]];
  }

  drawOutput({ geometry, strides, sums, filter }) {
    const [, , , , rows, columns, top, left, ...first] = geometry;
    for (const [index, cell] of this.outputGrid.cells.entries()) {
      const [row, column] = this.outputGrid.position(index);
      const shown = row < rows && column < columns;
      cell.classList.toggle("off", !shown);
      if (!shown) continue;
      const place = (row * strides + top + sums.top) * sums.columns + column * strides + left + sums.left;
      const hidden = this.isHidden([row + first[0], column + first[1]]);
      fill(cell, hidden ? "?" : sums.text[place], hidden ? "4" : sums.level[place]);
    }
    this.outputGrid.hideEmptyRows();
    const { shapes: [, [, , , filters]] } = this.states;
    this.output.size.textContent = size(filters ? [...geometry[10], filters] : geometry[10]) +
      (filters > 1 ? `, filter ${filter}` : "") + (this.whole.box.hidden ? "" : `, ${range(first, [rows, columns])}`);
  }

  isHidden(cell) {
    return this.model.get("quiz") && !this.solved.has(`${[...cell, this.model.get("filter")]}`);
  }

  /** What an output cell is made of, or nothing if its window is not in sight. */
  trace(cell, { geometry, strides, dilation_rate, channel, products, sums }) {
    const { image, image_shape: [height, width], kernel, on_padding, room, corner, channels } = this.states;
    const [, , , , rows, columns, top, left, ...first] = geometry;
    const [row, column] = [cell[0] - first[0], cell[1] - first[1]];
    if (row < 0 || column < 0 || row >= rows || column >= columns) return null;
    const [y, x] = [row * strides + top, column * strides + left];
    const place = (y + sums.top) * sums.columns + x + sums.left;
    const at = (table, channel) => {
      const there = place + channel * sums.text.length;
      return { text: table.text[there], level: table.level[there], relation: table.relation[there] };
    };
    return {
      name: `output[${cell.join(", ")}${this.index.output}]`,
      index: row * this.outputGrid.columns + column,
      begins: [y + corner[0], x + corner[1]],
      result: at(sums, 0),
      parts: sums.parts && Array.from({ length: channels }, (_, channel) => at(sums.parts, channel)),
      terms: this.kernelGrid.cells.map((_, place) => {
        const [i, j] = this.kernelGrid.position(place).map((step) => step * dilation_rate);
        const [row, column] = [y + i, x + j];
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        const pixel = row * width + column;
        const table = inside ? products : on_padding;
        const product = inside ? this.source(place) * height * width + pixel : this.weight(place);
        const factors = [inside ? image.text[channel * height * width + pixel] : "0", kernel.text[this.weight(place)]];
        return {
          inside, text: factors.map(factor).join("×"), product: table.text[product], level: table.level[product],
          under: (row + room[0]) * this.inputGrid.columns + column + room[2],
          symbols: `${inside ? `image[${row + corner[0]}, ${column + corner[1]}${this.index.image}]` : "padding"} · ` +
            this.kernelName(place),
        };
      }),
    };
  }

  drawSelection(state) {
    const { selected, pinned, view, quiz, guess, feedback, channel } = state;
    const linked = this.linked;
    this.link(null);
    for (const cell of this.root.querySelectorAll(".window, .chosen, .pin, .pinned-window"))
      for (const name of ["window", "chosen", "pin", "pinned-window"]) cell.classList.remove(name);
    for (const cell of this.window) delete cell.dataset.term;
    this.window = [];
    this.chosen?.removeAttribute("aria-selected");
    this.root.classList.toggle("unselected", !selected);
    this.root.classList.toggle("formulas", view === "formula");
    this.formula.input.checked = view === "formula";
    this.pinIt.input.checked = Boolean(pinned);
    if (!pinned) this.pinnedSum.remove();
    else if (!this.pinnedSum.isConnected) this.sum.after(this.pinnedSum);
    const now = selected && this.trace(selected, state);
    const then = pinned && this.trace(pinned, state);

    const hidden = now && this.isHidden(selected);
    for (const [place, cell] of this.productGrid.cells.entries()) {
      const { text, product, level, inside } = now?.terms[place] ?? { text: "", product: "", level: "4", inside: true };
      cell.firstChild.textContent = text;
      cell.lastChild.textContent = hidden ? "?" : product;
      cell.dataset.level = hidden ? "4" : level;
      cell.classList.toggle("padding", !inside);
    }
    this.drawSum(this.sum, now, state, hidden);
    if (pinned) this.drawSum(this.pinnedSum, then, state, this.isHidden(pinned));
    this.questions.hidden = !(quiz && now);
    this.feedback.textContent = guess === null ? "" : feedback;
    if (then) {
      this.outputGrid.cells[then.index].classList.add("pin");
      for (const { under } of then.terms) this.inputGrid.cells[under].classList.add("pinned-window");
    }
    if (!now) return this.outputGrid.setCurrent(0);

    for (const [place, { under }] of now.terms.entries()) {
      const cell = this.inputGrid.cells[under];
      cell.classList.add("window");
      cell.dataset.term = place;
      this.window.push(cell);
    }
    this.chosen = this.outputGrid.cells[now.index];
    this.chosen.classList.add("chosen");
    this.chosen.setAttribute("aria-selected", "true");
    this.outputGrid.setCurrent(now.index);
    this.link(linked);
    if (this.question.textContent !== now.name || (guess !== null && document.activeElement !== this.guessed))
      this.guessed.value = guess ?? "";
    this.question.textContent = now.name;

    const { dilation_rate, geometry } = state;
    const [rows, columns] = now.begins.map((begin, axis) =>
      `${begin} to ${begin + (this.states.kernel_shape[axis] - 1) * dilation_rate}`);
    const value = ({ result }, hidden) => (hidden ? "to be predicted" : result.text);
    this.say(`Output ${size(geometry[10])}. ${now.name} is ${value(now, hidden)}, ` +
      `from the input's rows ${rows} and columns ${columns}.` +
      (now.parts && !hidden ? ` Channel ${channel} gives ${now.parts[channel].text}.` : "") +
      (then ? ` Pinned: ${then.name} is ${value(then, this.isHidden(pinned))}.` : ""));
  }

  /** A sum written out: the terms of the channel that is shown, then the sums of all channels and the bias. */
  drawSum({ parts, terms }, trace, state, hidden) {
    for (const [place, term] of terms.entries()) {
      const { text, inside, symbols } = trace?.terms[place] ?? { text: "", inside: true };
      term.textContent = text;
      term.dataset.symbols = symbols ?? "";
      term.classList.toggle("padding", !inside);
    }
    for (const part of Object.values(parts)) if (part !== parts.lines) part.replaceChildren();
    if (!trace) {
      parts.target.textContent = state.selected
        ? "The pinned cell is not in sight." : "Point at an output cell to see where it comes from.";
      return;
    }
    const { channels, bias } = this.states;
    const { channel, filter } = state;
    const equals = ({ relation, text }) => (hidden ? "= ?" : `${relation} ${text}`);
    const channel_of = channels > 1 ? `Channel ${channel} of ` : "";
    parts.target.textContent = `${channel_of}${trace.name} =`;
    parts.total.textContent = equals(trace.parts?.[channel] ?? trace.result);
    if (state.view === "formula" && parts === this.sum.parts) this.drawFormula(parts.formula, trace, state);
    if (!trace.parts) return;
    const part = (name, text, attributes) =>
      make("span", { class: "part", ...attributes }, make("small", {}, name), text);
    const all = trace.parts.map(({ text, level }, at) =>
      part(channels > 1 ? `channel ${at}` : "sum", hidden ? "?" : text,
        { "data-level": hidden ? "4" : level, "data-channel": at, ...(at === channel && { "data-now": "" }) }));
    if (bias) all.push(part("bias", bias_of(this.states, filter), {}));
    parts.parts.append(...all.flatMap((one, at) => (at ? [" + ", one] : [one])), " ",
      make("b", {}, equals(trace.result)));
  }

  /** The rule with its indices, then with the row and the column of this cell put in. */
  drawFormula(box, { name, begins }, { strides, dilation_rate, flip, geometry, filter }) {
    const { shapes, kernel_shape, bias } = this.states;
    const several = shapes[0][2] ? ", c" : "";
    const before = [geometry[11][0], geometry[11][2]];
    const times = (index, by) => (by > 1 ? `${index}·${by}` : index);
    const pixel = (cell) => cell.map((index, axis) =>
      `${times(index, strides)} + ${times("mn"[axis], dilation_rate)}${before[axis] ? ` − ${before[axis]}` : ""}`);
    const weight = [..."mn"].map((index, axis) => (flip ? `${kernel_shape[axis] - 1} − ${index}` : index)).join(", ");
    const rule = (name, cell, filter) => make("span", { class: "rule" }, `${name} = Σ`,
      make("sub", {}, `m, n${several}`), ` image[${pixel(cell).join(", ")}${several}] · ` +
      `kernel[${weight}${shapes[1][2] ? `, c, ${filter}` : ""}]${bias ? ` + bias[${filter}]` : ""}`);
    const cell = begins.map((begin, axis) => (begin + before[axis]) / strides);
    box.append(rule(`output[i, j${shapes[1][2] ? ", f" : ""}]`, [..."ij"], "f"), rule(name, cell, filter));
  }

  link(term) {
    if (term === this.linked) return;
    for (const cell of this.root.querySelectorAll(".linked")) cell.classList.remove("linked");
    this.linked = term;
    if (term === null || !this.window.length) return;
    for (const cells of [this.window, this.kernelGrid.cells, this.productGrid.cells, this.sum.terms])
      cells[term].classList.add("linked");
  }
}

const layout = ({ image_shape, kernel_shape, room, bias }) => JSON.stringify([image_shape, kernel_shape, room, !bias]);
const count = (number) => (number === 1 ? "1 cell" : `${number} cells`);
const within = (place, first, end) => Math.max(first, Math.min(place, end - 1));
const range = ([row, column], [rows, columns]) =>
  `rows ${row} to ${row + rows - 1}, columns ${column} to ${column + columns - 1}`;
/** One bias for each filter, or one for all. */
const bias_of = ({ bias }, filter) => (bias.length > 1 ? bias[filter] : bias[0]);

export default explorer(ConvolutionView);
