// The page of ConvolutionExplorer. Python has computed every number, as text, for every state that
// the controls can reach (`_states`); here they are looked up, laid out and highlighted. Python is asked
// for the states that it left out, because they were too many, and for other parts of a large image.

class ConvolutionView extends View {
  static kind = "Convolution";
  static pace = 1400;
  static first = "Point at an output, or press Play.";
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
      this.drawControls(this.read());
      this.note.textContent = "dilation_rate" in changes
        ? `Dilation ${changes.dilation_rate} does not fit: the kernel would be wider than the input.` +
          (this.isLarge ? "" : " Add padding first.")
        : "The dilated kernel needs this padding. Lower the dilation first.";
      return;
    }
    if (!there) return this.ask(changes);
    if (["strides", "padding", "dilation_rate", "flip"].some((name) => name in changes)) changes._solved = [];
    const { first, shape } = geometry;
    if (selected)
      changes.selected = selected.map((place, axis) => within(place, first[axis], first[axis] + shape[axis]));
    this.write(changes);
  }

  select(cell) {
    this.begun();
    if (!equal(this.read().selected, cell)) this.write({ selected: cell, guess: null });
  }

  step(direction) {
    const { selected, geometry: { first, shape }, there } = this.read();
    if (!there) return;
    const { cell, isLast } = following(selected?.map((place, axis) => place - first[axis]), direction, shape);
    this.flies = true;
    this.select(cell.map((place, axis) => place + first[axis]));
    return isLast;
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
    if (event.type !== "pointermove" || event.buttons) {
      corner = [row, column].map((place, axis) => within(place * step - 6, 0, this.states.shapes[0][axis] - 11));
      this.ask({ corner });
    }
    this.drawFrame(corner);
  }

  // The parts, built once

  build() {
    this.outlined = []; // [cell, class] of the window and what else is outlined
    this.linked = null;
    [this.input, this.kernel, this.products, this.output, this.whole] =
      ["Input", "Kernel", "Products", "Output", "Whole image"].map(panel);
    this.products.size.textContent = "pixel × weight";
    this.whole.size.textContent = "drag the frame";
    this.picture = new Picture(this, this.whole, "Whole image: move the frame", (...at) => this.look(...at));
    [this.sum, this.pinnedSum] = ["sum", "sum.pinned"].map((name) =>
      make(`div.${name}`, { role: "group", "aria-label": `The ${name.replace(".", " ")}` }));

    // Pixel, weight, product and term that belong together light up together.
    this.listen(this.root, "pointerover focusin", ({ target }) =>
      this.link(target.closest("[data-term]")?.dataset.term ?? null));
    this.listen(this.root, "pointerleave", () => this.link(null));
    this.listen(this.sum, "click", ({ target }) => {
      const { channel } = target.closest("[data-channel]")?.dataset ?? {};
      if (channel) this.change({ channel: Number(channel) });
    });
    const change = (name) => (value) => this.change({ [name]: typeof value === "string" ? Number(value) : value });
    this.flip = this.checkbox("Flip the kernel", change("flip"));
    this.flipped = make("span.hint");
    this.formula = this.checkbox("Formula", (on) => this.change({ view: on ? "formula" : "numbers" }));
    this.pinIt = this.checkbox("Pin this cell", (on) => this.change({ pinned: on ? this.read().selected : null }));
    this.quiz = this.checkbox("Quiz", change("quiz"));
    this.channel = this.choice("Channel", [], change("channel"));
    this.filter = this.choice("Filter", [], change("filter"));
    this.input.head.append(this.channel.box);
    for (const { stage } of [this.input, this.output]) stage.classList.add("dotted");
    this.output.head.append(this.buildSteps((direction) => this.step(direction)));
    this.answer = make("span.answer");
    const sign = (name, text) => make(`span.sign.${name}`, { "aria-hidden": "true" }, text);
    this.middle = make("div.middle", sign("times", "×"), this.kernel.box,
      (this.turn = make("div.turn.tools", this.flip.label, this.flipped, this.filter.box)),
      sign("equals", "="), this.products.box, sign("sigma", "Σ"), this.answer);
    this.scene = make("div.scene", this.input.box, this.middle, this.output.box);
    this.links = new Links(this, this.scene);
    this.onWidth(() => {
      this.fitted = this.drawn = null;
      this.draw();
    });
    return [make("div.top", this.whole.box,
      make("div.controls.strip", ...this.buildGeometry((changes) => this.change(changes)))),
    make("div.choices", this.notes, this.formula.label, this.pinIt.label, this.quiz.label), this.scene,
    make("div.sums", this.buildQuiz(() => {
      const { _solved, selected, filter } = this.read();
      this.write({ _solved: [..._solved, [...selected, filter]] });
    }), this.sum)];
  }

  /** New tables for new shapes. They have room for the most padding, so that nothing moves later. */
  buildGrids() {
    const { image_shape, kernel_shape, room: [top, bottom, left, right, ...output], bias } = this.states;
    this.terms = kernel_shape[0] * kernel_shape[1];
    this.inputGrid = new Grid(this, this.input, "Input", image_shape[0] + top + bottom, image_shape[1] + left + right);
    this.productGrid = new Grid(this, this.products, "Products", ...kernel_shape);
    this.outputGrid = new Grid(this, this.output, "Output", ...output, { choose: (...cell) => {
      this.pause();
      const { geometry, there } = this.read();
      if (there) this.select(geometry.first.map((first, axis) => first + cell[axis]));
    } });
    this.listen(this.outputGrid.table, "keydown", ({ key }) => {
      const { selected, pinned } = this.read();
      if (key === "p") this.write({ pinned: equal(selected, pinned) ? null : selected });
    });
    this.fields = new Fields(this, this.terms + (bias ? 1 : 0), {
      typed: (place, text) => this.typed(place, text),
      now: (place) => (place < this.terms ? this.states.kernel.text[this.weight(place)] : this.bias),
    });
    const inputs = this.fields.inputs.slice(0, this.terms);
    this.kernelGrid = new Grid(this, this.kernel, "Kernel", ...kernel_shape, { inputs });
    this.biasBox?.remove();
    this.biasBox = make("div.bias", ...(bias ? ["+ bias ", this.fields.inputs.at(-1)] : []), this.fields.message);
    this.turn.append(this.biasBox);
    for (const { cells } of [this.kernelGrid, this.productGrid])
      for (const [place, cell] of cells.entries()) cell.dataset.term = place;
    for (const cell of this.productGrid.cells) cell.append(make("span.factors"), make("span.product"));
    this.outlined = [];
  }

  /**
   * Cells as large as there is room for, also for the longest numbers and the most padding. Where they would be too
   * small to read, there is only room for the padding of now.
   */
  fitGrids() {
    const { image, kernel, products, sums, kernel_shape, channels, bias } = this.states;
    const widest = (tables) => Math.max(...Object.values(tables).map(({ text }) => longest(text)));
    const [factors, most] = [longest(image.text.map(factor)) + longest(kernel.text.map(factor)) + 1, widest(sums)];
    const isWide = this.width >= 800; // then all stand in one row
    const left = this.width - (isWide ? 400 : 34);
    const lines = Math.ceil(((this.terms + 2) * (6.9 * factors + 14)) / (this.width - 24)); // of the sum
    const others = 17 * lines + (this.isLarge ? 60 : 0) + (channels > 1 || bias ? 40 : 0); // of what stands below
    const high = Math.max(140, (isWide ? 420 : 268) - others);
    const grids = [this.inputGrid, this.outputGrid];
    const columns = grids[0].columns + grids[1].columns;
    const right = Math.min(Math.max((left * grids[1].columns) / columns, 236), left / 2);
    const share = [left - right, right];
    const { geometry: { pads: [top, bottom, before, after], shape } } = this.read();
    const [height, width] = this.states.image_shape;
    let room = grids.map(({ rows, columns }) => [rows.length, columns]);
    this.isTight = Math.min(high / Math.max(room[0][0], room[1][0]), left / columns) < 18;
    if (this.isTight) room = [[height + top + bottom, width + before + after], shape];
    this.root.classList.toggle("tight", this.isTight);
    for (const [i, grid] of grids.entries()) {
      const row = Math.min(isWide ? 38 : 36, high / Math.max(room[0][0], room[1][0]));
      const characters = [longest(image.text), most][i];
      grid.stage.style.setProperty("--width", `${share[i]}px`);
      grid.stage.style.minHeight = this.isTight ? `${high + 12}px` : "";
      grid.stage.style.minWidth = this.isTight ? `${share[i]}px` : "";
      grid.shrink(room[i][1], characters, { high: row, font: 13,
        wide: Math.max(row, Math.min(44, 8 * characters + 10)) });
    }
    this.answer.style.minWidth = `calc(${most}ch + 16px)`;
    this.root.style.setProperty("--term", `${factors + 0.5}ch`); // signs are wider than digits
    this.root.style.setProperty("--total", `${most + 2}ch`);
    if (this.fitted === this.width) return;
    this.fitted = this.width;
    const side = { high: Math.min(isWide ? 44 : 38, (isWide ? 160 : 116) / kernel_shape[0]), font: 13 };
    const [typed, written] = [longest(kernel.text) + 1, Math.max(factors, widest(products))];
    this.kernel.stage.style.setProperty("--width", isWide ? "200px" : "23cqi");
    this.products.stage.style.setProperty("--width", isWide ? "256px" : "42cqi");
    const wide = (least, characters) => Math.max(least, side.high, 7 * characters + 10);
    this.kernelGrid.shrink(kernel_shape[1], typed, { ...side, wide: wide(34, typed) });
    this.productGrid.shrink(kernel_shape[1], written, { ...side, wide: wide(48, written) });
  }

  /** The bias of the filter: one for each, or one for all. */
  get bias() {
    const { bias } = this.states;
    return bias[this.model.get("filter") % bias.length];
  }

  // The picture

  draw() {
    const given = this.model.get("_states");
    if (given !== this.given) this.drawStates(given);
    const state = this.read();
    if (!state.there) return; // Python is about to send the tables for it
    const drawn = JSON.stringify([this.asked, ...this.constructor.watched.slice(1, 9).map((name) => state[name])]);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.solved = new Set(state._solved.map(String));
      this.drawControls(state);
      this.drawKernel(state);
      if (this.width && (this.isTight || !this.fitted)) this.fitGrids();
      this.drawInput(state);
      this.drawOutput(state);
    }
    this.drawSelection(state);
  }

  drawStates(given) {
    const layout = JSON.stringify([given.image_shape, given.kernel_shape, given.room, !given.bias]);
    const each = (tables, read) => Object.fromEntries(Object.entries(tables).map(([key, table]) => [key, read(table)]));
    this.given = given;
    this.states = { ...given, image: unpack(given.image), kernel: unpack(given.kernel),
      on_padding: unpack(given.on_padding), products: each(given.products, unpack),
      sums: each(given.sums, (table) => ({ ...unpack(table), parts: table.parts && unpack(table.parts) })),
      geometry: each(given.geometry, (seen) => seen && { pads: seen.slice(0, 4), shape: seen.slice(4, 6),
        begin: seen.slice(6, 8), first: seen.slice(8, 10), whole: seen[10], added: seen[11] }) };
    this.drawn = null;
    if (layout !== this.layout) this.buildGrids();
    this.layout = layout;
    const { image, kernel, products, sums, channels, filters, corner } = this.states;
    for (const [control, many] of [[this.channel, channels], [this.filter, filters]]) {
      control.box.hidden = many < 2;
      control.fillWith([...Array(many).keys()]);
    }
    const overview = this.model.get("_overview");
    this.isLarge = Boolean(overview);
    this.root.classList.toggle("large", this.isLarge);
    this.whole.box.hidden = !overview;
    if (overview) {
      this.picture.paint(overview);
      this.drawFrame(corner);
    }
    this.fitted = null;
  }

  drawFrame(corner) {
    const { step } = this.model.get("_overview");
    this.picture.mark("frame", corner.map((place) => place / step), this.states.image_shape.map((size) => size / step));
    this.picture.current = corner.map((place) => Math.round((place + 6) / step));
  }

  drawControls(state) {
    const { flip, geometry, channel, filter, quiz } = state;
    const { limits, shapes: [image, kernel] } = this.states;
    const [top, bottom, left, right] = geometry.added;
    this.drawGeometry(state, limits, top, !(top + bottom + left + right) ? "nothing added"
      : top === bottom && top === left && top === right ? `${top} on every side`
      : `top ${top}, bottom ${bottom}, left ${left}, right ${right}`);
    this.flip.input.checked = flip;
    this.flipped.textContent = flip ? "on: convolution, as in mathematics" : "off: cross-correlation, as in Keras";
    this.quiz.input.checked = quiz;
    this.channel.select.value = channel;
    this.filter.select.value = filter;
    this.kernel.size.textContent = `${size(kernel)}, type here`;
    // What follows the row and column in the indices of each array
    this.index = { image: image[2] ? `, ${channel}` : "", kernel: kernel[2] ? `, ${channel}, ${filter}` : "",
      output: kernel[2] ? `, ${filter}` : "" };
  }

  drawKernel({ filter }) {
    for (const [place, cell] of this.kernelGrid.cells.entries()) {
      this.fields.draw(place, this.kernelName(place));
      cell.dataset.level = this.states.kernel.level[this.weight(place)];
    }
    if (this.states.bias) this.fields.draw(this.terms, `bias[${filter}]`);
  }

  kernelName(place) {
    return `kernel[${this.kernelGrid.position(this.source(place)).join(", ")}${this.index.kernel}]`;
  }

  /** All the padding there is room for is in the table; as much of it is shown as there is now. */
  drawInput({ geometry: { pads: [top, bottom, left, right] }, channel }) {
    const { image, image_shape: [height, width], room, shapes: [shape], corner } = this.states;
    this.inputGrid.draw((cell, line, place) => {
      const [row, column] = [line - room[0], place - room[2]];
      const pixel = this.pixel(row, column);
      const at = channel * height * width + pixel;
      fill(cell, pixel < 0 ? "0" : image.text[at], pixel < 0 ? "4" : image.level[at]);
      cell.classList.toggle("padding", pixel < 0);
      if (pixel < 0) cell.setAttribute("aria-label", "0, padding");
      return row >= -top && row < height + bottom && column >= -left && column < width + right;
    });
    this.input.size.textContent = size(shape) + (
      this.isLarge ? `, ${range(corner, [height, width])}`
      : top + bottom + left + right ? `, with padding ${height + top + bottom} × ${width + left + right}` : "");
  }

  /** Where in a channel a pixel is; -1 in the padding. */
  pixel(row, column) {
    const [height, width] = this.states.image_shape;
    return row >= 0 && row < height && column >= 0 && column < width ? row * width + column : -1;
  }

  drawOutput(state) {
    const { geometry: { shape, first, whole }, sums } = state;
    this.outputGrid.draw((cell, row, column) => {
      if (row >= shape[0] || column >= shape[1]) return false;
      const { place } = this.window(row, column, state);
      const hidden = this.isHidden([row + first[0], column + first[1]]);
      fill(cell, hidden ? "?" : sums.text[place], hidden ? "4" : sums.level[place]);
    });
    const filters = this.states.shapes[1][3];
    this.output.size.textContent = size(filters ? [...whole, filters] : whole) +
      (this.isLarge ? `, ${range(first, shape)}` : "");
  }

  /** Where the window of an output cell begins, and where its sum is in the tables. */
  window(row, column, { geometry: { begin }, strides, sums }) {
    const [y, x] = [row * strides + begin[0], column * strides + begin[1]];
    return { y, x, place: (y + sums.top) * sums.columns + x + sums.left };
  }

  isHidden(cell) {
    return this.model.get("quiz") && !this.solved.has(`${[...cell, this.model.get("filter")]}`);
  }

  /** What an output cell is made of, or nothing if its window is not in sight. */
  trace(cell, state) {
    const { geometry, dilation_rate, channel, products, sums } = state;
    const { image, image_shape: [height, width], kernel, on_padding, room, corner, channels } = this.states;
    const [row, column] = cell.map((place, axis) => place - geometry.first[axis]);
    if (!this.outputGrid.isShown(row, column)) return null;
    const { y, x, place } = this.window(row, column, state);
    const at = (table, channel) => {
      const there = place + channel * sums.text.length;
      return { text: table.text[there], level: table.level[there], relation: table.relation[there] };
    };
    return {
      name: `output[${cell.join(", ")}${this.index.output}]`,
      hidden: this.isHidden(cell),
      index: row * this.outputGrid.columns + column,
      begins: [y + corner[0], x + corner[1]],
      result: at(sums, 0),
      parts: sums.parts && Array.from({ length: channels }, (_, channel) => at(sums.parts, channel)),
      terms: this.kernelGrid.cells.map((_, place) => {
        const [i, j] = this.kernelGrid.position(place);
        const [row, column] = [y + i * dilation_rate, x + j * dilation_rate];
        const pixel = this.pixel(row, column);
        const inside = pixel >= 0;
        const table = inside ? products : on_padding;
        const product = inside ? this.source(place) * height * width + pixel : this.weight(place);
        const factors = [inside ? image.text[channel * height * width + pixel] : "0", kernel.text[this.weight(place)]];
        return {
          inside, text: factors.map(factor).join("×"), product: table.text[product], level: table.level[product],
          under: this.inputGrid.cells[(row + room[0]) * this.inputGrid.columns + column + room[2]],
          symbols: `${inside ? `image[${row + corner[0]}, ${column + corner[1]}${this.index.image}]` : "padding"} · ` +
            this.kernelName(place),
        };
      }),
    };
  }

  outline(cell, name) {
    cell.classList.add(name);
    this.outlined.push([cell, name]);
  }

  drawSelection(state) {
    const { selected, pinned, view, quiz, guess, feedback, channel, dilation_rate, geometry } = state;
    const linked = this.linked;
    this.link(null);
    for (const [cell, name] of this.outlined.splice(0)) {
      cell.classList.remove(name);
      if (name === "window") delete cell.dataset.term;
    }
    this.root.classList.toggle("formulas", view === "formula");
    this.formula.input.checked = view === "formula";
    this.pinIt.input.checked = Boolean(pinned);
    if (!pinned) this.pinnedSum.remove();
    else if (!this.pinnedSum.isConnected) this.sum.after(this.pinnedSum);
    const now = selected && this.trace(selected, state);
    const then = pinned && this.trace(pinned, state);

    for (const [place, cell] of this.productGrid.cells.entries()) {
      const { text, product, level, inside } = now?.terms[place] ?? { text: "", product: "", level: "4", inside: true };
      cell.firstChild.textContent = text;
      cell.lastChild.textContent = now?.hidden ? "?" : product;
      cell.dataset.level = now?.hidden ? "4" : level;
      cell.classList.toggle("padding", !inside);
    }
    this.drawSum(this.sum, now, state);
    if (pinned) this.drawSum(this.pinnedSum, then, state);
    this.drawQuiz(quiz && now ? now.name : "", state);
    fill(this.answer, now ? (now.hidden ? "?" : now.result.text) : "", now && !now.hidden ? now.result.level : "4");
    this.outputGrid.choose(now?.index);
    if (then) {
      this.outline(this.outputGrid.cells[then.index], "pin");
      for (const { under } of then.terms) this.outline(under, "pinned-window");
    }
    if (!now) {
      this.inputGrid.frame(null);
      this.links.draw([]);
      return this.outputGrid.setCurrent(0);
    }

    for (const [place, { under }] of now.terms.entries()) {
      this.outline(under, "window");
      under.dataset.term = place;
    }
    this.link(linked);
    this.drawLinks(now, state);

    const [rows, columns] = now.begins.map((begin, axis) =>
      `${begin} to ${begin + (this.states.kernel_shape[axis] - 1) * dilation_rate}`);
    const value = ({ result, hidden }) => (hidden ? "to be predicted" : result.text);
    this.say(`Output ${size(geometry.whole)}. ${now.name} is ${value(now)}, ` +
      `from the input's rows ${rows} and columns ${columns}.` +
      (now.parts && !now.hidden ? ` Channel ${channel} gives ${now.parts[channel].text}.` : "") +
      (then ? ` Pinned: ${then.name} is ${value(then)}.` : ""));
  }

  /** The frame slides to the window; bands lead from it to the products, and from their sum to the output. */
  drawLinks({ terms, index }, { dilation_rate, geometry: { pads } }) {
    const { kernel_shape, room } = this.states;
    const [first, last] = [terms[0].under, terms.at(-1).under];
    const corner = this.inputGrid.position(this.inputGrid.cells.indexOf(first));
    const hidden = this.isTight ? [room[0] - pads[0], room[2] - pads[2]] : [0, 0];
    this.inputGrid.frame(corner.map((place, axis) => place - hidden[axis]),
      kernel_shape.map((length) => (length - 1) * dilation_rate + 1));
    const { cells } = this.productGrid;
    const target = this.outputGrid.cells[index];
    this.links.draw([[[first, last], [cells[0], cells.at(-1)]], [[this.answer, this.answer], [target, target]]]);
    if (!this.flies || this.isCalm) return;
    this.flies = false;
    this.onPaint("fly", () => {
      const wait = (place) => 150 + (200 * place) / cells.length;
      const arrived = 350 + FLIGHT;
      this.fly(this.scene, [
        ...cells.map((cell, place) => [cell.lastChild, this.answer, cell.lastChild.textContent, wait(place)]),
        [this.answer, target, this.answer.textContent, arrived]]);
      this.land(this.answer, arrived - 60);
      this.land(target, arrived + FLIGHT - 60);
    });
  }

  /** A sum written out: the terms of the channel that is shown, then the sums of all channels and the bias. */
  drawSum(box, trace, state) {
    const { channels, bias } = this.states;
    const { channel, view, selected } = state;
    const terms = this.kernelGrid.cells.map((_, place) => {
      const { text, inside, symbols } = trace?.terms[place] ?? { text: "", inside: true, symbols: "" };
      return make("span.line", make("span.plus", trace && place ? " + " : ""),
        make(`span.term${inside ? "" : ".padding"}`, { "data-term": place, "data-symbols": symbols }, text));
    });
    const equals = ({ relation, text }) => (trace.hidden ? "= ?" : `${relation} ${text}`);
    const target = trace ? `${channels > 1 ? `Channel ${channel} of ` : ""}${trace.name} =`
      : selected ? "The pinned cell is not in sight." : "Point at an output cell to see where it comes from.";
    box.replaceChildren(...(trace && view === "formula" && box === this.sum ? this.formulas(trace, state) : []),
      make("span.target", target), ...terms,
      make("span.total", trace ? equals(trace.parts?.[channel] ?? trace.result) : ""));
    if (!trace?.parts) return;
    const all = trace.parts.map(({ text, level }, at) => make("span.part",
      { "data-level": trace.hidden ? "4" : level, "data-channel": at, ...(at === channel && { "data-now": "" }) },
      make("small", channels > 1 ? `channel ${at}` : "sum"), trace.hidden ? "?" : text));
    if (bias) all.push(make("span.part", make("small", "bias"), this.bias));
    box.append(make("span.parts", ...all.flatMap((one, at) => (at ? [" + ", one] : [one])), " ",
      make("b", equals(trace.result))));
  }

  /** The rule with its indices, then with the row and the column of this cell put in. */
  formulas({ name, begins }, { strides, dilation_rate, flip, geometry, filter }) {
    const { shapes: [image, kernel], kernel_shape, bias } = this.states;
    const several = image[2] ? ", c" : "";
    const before = [geometry.added[0], geometry.added[2]];
    const times = (index, by) => (by > 1 ? `${index}·${by}` : index);
    const pixel = (cell) => cell.map((index, axis) =>
      `${times(index, strides)} + ${times("mn"[axis], dilation_rate)}${before[axis] ? ` − ${before[axis]}` : ""}`);
    const weight = [..."mn"].map((index, axis) => (flip ? `${kernel_shape[axis] - 1} − ${index}` : index)).join(", ");
    const rule = (name, cell, filter) => make("span.rule", `${name} = Σ`, make("sub", `m, n${several}`),
      ` image[${pixel(cell).join(", ")}${several}] · ` +
      `kernel[${weight}${kernel[2] ? `, c, ${filter}` : ""}]${bias ? ` + bias[${filter}]` : ""}`);
    const cell = begins.map((begin, axis) => (begin + before[axis]) / strides);
    return [rule(`output[i, j${kernel[2] ? ", f" : ""}]`, [..."ij"], "f"), rule(name, cell, filter)];
  }

  link(term) {
    if (term === this.linked) return;
    for (const cell of this.root.querySelectorAll(".linked")) cell.classList.remove("linked");
    this.linked = term;
    if (term === null || !this.model.get("selected")) return;
    for (const cell of this.root.querySelectorAll(`:is(.window, .kernel td, .products td, .sum:not(.pinned) .term)` +
      `[data-term="${term}"]`)) cell.classList.add("linked");
  }
}

const range = ([row, column], [rows, columns]) =>
  `rows ${row} to ${row + rows - 1}, columns ${column} to ${column + columns - 1}`;

export default explorer(ConvolutionView);
