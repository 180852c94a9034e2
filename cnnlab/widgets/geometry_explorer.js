// The page of GeometryExplorer. Python has computed the numbers of every state along one axis (`_states`);
// two axes are two look-ups. In one dimension, the rows under the input are the windows, one for each output.

class GeometryView extends View {
  static kind = "Geometry";
  static first = "Point at an output, then at a pixel.";
  static watched = ["size", "kernel_size", "strides", "padding", "dilation_rate", "selected", "pixel", "layers", "quiz",
    "_solved", "guess", "feedback", "_states"];

  read(changes = {}) {
    const { _states: states, ...state } = { ...super.read(), ...changes };
    const sizes = [state.size].flat();
    const kernels = sizes.map((_, i) => [state.kernel_size].flat()[i] ?? state.kernel_size);
    const along = (size, i) => {
      const axis = { ...state, size, kernel_size: kernels[i] };
      const place = Object.entries(states.choices).reduce((at, [name, values]) =>
        at * values.length + values.indexOf(axis[name]), 0) * states.names.length;
      for (const [n, name] of states.names.entries()) axis[name] = parseInt(states.axes[place + n], 36);
      axis.covered = states.covered[[axis.kernel_size, axis.strides, axis.dilation_rate, axis.positions].join(" ")];
      return axis;
    };
    // Each layer is the same, over the outputs of the one before: as many as were asked for, and as fit.
    const stack = [sizes.map(along)];
    while (stack.length < states.layers) {
      const next = stack.at(-1).map(({ positions }) => positions);
      if (!next.every((size) => states.choices.size.includes(size))) break;
      const axes = next.map(along);
      if (!axes.every(({ positions }) => positions)) break;
      stack.push(axes);
    }
    const most = stack.length;
    const listed = (place) => (place === null ? null : [place].flat());
    stack.length = Math.min(most, state.layers);
    return { ...state, states, sizes, kernels, axes: stack[0], outputs: stack.at(-1), stack, most,
      flat: sizes.length === 1, hidden: state.quiz && !state._solved.length, selected: listed(state.selected), pixel: listed(state.pixel) };
  }

  /** Change settings, unless the kernel would not fit; the selected output stays one that there is. */
  change(changes) {
    const { axes, outputs, stack, selected, pixel } = this.read(changes);
    const tight = axes.find(({ positions }) => !positions);
    if (tight) {
      this.drawControls(this.read());
      this.note.textContent = `That does not fit: the kernel would reach over ${tight.reach} cells, and there are ` +
        `only ${tight.padded}. Add padding, or lower the kernel or the dilation first.`;
      return;
    }
    const inside = (place, lengths) => place && plain(lengths.map((length, i) =>
      Math.min(place.at(i - lengths.length) ?? 0, length - 1)));
    this.write({ ...changes, layers: stack.length, _solved: [],
      selected: inside(selected, outputs.map(({ positions }) => positions)),
      pixel: inside(pixel, axes.map(({ size }) => size)) });
  }

  step(direction) {
    const { selected, outputs, hidden } = this.read();
    if (hidden) return true;
    const shape = [outputs.at(-2)?.positions ?? 1, outputs.at(-1).positions];
    const { cell, isLast } = following(selected && [0, ...selected].slice(-2), direction, shape);
    this.begun();
    this.write({ selected: plain(cell.slice(-outputs.length)), pixel: null });
    return isLast;
  }

  build() {
    const pair = (name, title, ...axes) => axes.map((axis, i) => {
      this[axis] = this.slider(`${title} ${["rows", "columns"][i]}`, 1, () => {
        const both = axes.map((axis) => Number(this[axis].input.value));
        this.change({ [name]: this.read().flat ? both[1] : both });
      });
      return this[axis].box;
    });
    this.layers = this.choice("Layers", [], (layers) => this.change({ layers: Number(layers) }));
    const sliders = [...pair("size", "Input", "rows", "columns"),
      ...pair("kernel_size", "Kernel", "kernelRows", "kernelColumns"),
      ...this.buildGeometry((changes) => this.change(changes))];
    this.two = this.checkbox("Two dimensions", (two) => {
      const { sizes, kernels, selected } = this.read();
      this.write({ size: two ? [sizes[0], sizes[0]] : sizes[1], kernel_size: two ? kernels[0] : kernels[1], pixel: null,
        _solved: [], selected: selected && (two ? [selected[0], selected[0]] : selected[1]) });
    });
    this.quizzed = this.checkbox("Quiz", (quiz) => this.write({ quiz, _solved: [], guess: null }));
    this.formula = make("div.axes");
    [this.input, this.layer1, this.layer2, this.output] = ["Input", "Layer 1", "Layer 2", "Output"].map(panel);
    this.output.head.append(this.buildSteps((direction) => this.step(direction)));
    this.told = make("div.told");
    this.key = make("div.key");
    this.window = [];
    this.margin = [4, 4];
    this.scene = make("div.scene", this.input.box, this.layer1.box, this.layer2.box, this.output.box);
    this.links = new Links(this, this.scene);
    this.onWidth(() => this.draw((this.drawn = null)));
    return [make("div.controls.strip", ...sliders),
      make("div.choices", this.notes, make("div.tools", this.layers.box), this.two.label, this.quizzed.label),
      make("div.worked", { role: "group", "aria-label": "Size of the output" },
        "output = ⌊(padded − reach) / stride⌋ + 1, where ⌊ ⌋ rounds down", this.formula),
      this.buildQuiz(() => this.write({ _solved: ["size"], guess: null })), this.told, this.key, this.scene];
  }

  draw() {
    const state = this.read();
    const drawn = JSON.stringify([state.sizes, state.kernels, state.strides, state.padding, state.dilation_rate,
      state.stack.length, state.hidden, state.quiz]);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.drawControls(state);
      this.drawFormula(state);
      this.drawGrids(state);
    }
    this.drawSelection(state);
  }

  drawControls(state) {
    const { states: { choices }, sizes, kernels, dilation_rate, axes, flat } = state;
    const most = (name) => choices[name].at(-1);
    this.columns.called.textContent = flat ? "Input" : "Input columns";
    this.kernelColumns.called.textContent = flat ? "Kernel" : "Kernel columns";
    this.rows.box.hidden = this.kernelRows.box.hidden = flat;
    const reach = ({ reach }) => (dilation_rate > 1 ? `reaches over ${reach}` : "elements");
    for (const [i, input, kernel] of [[0, this.rows, this.kernelRows], [-1, this.columns, this.kernelColumns]]) {
      input.draw(sizes.at(i), most("size"), "pixels");
      kernel.draw(kernels.at(i), most("kernel_size"), reach(axes.at(i)));
    }
    const amounts = axes.map(({ before, after }) => `${before} before, ${after} after`);
    this.drawGeometry(state, { strides: most("strides"), padding: 4, dilation_rate: most("dilation_rate") },
      axes[0].before, amounts[0] === amounts.at(-1) ? amounts[0] : `rows: ${amounts[0]}; columns: ${amounts[1]}`);
    if (this.layers.select.options.length !== state.most)
      this.layers.fillWith(Array.from({ length: state.most }, (_, n) => n + 1));
    this.layers.select.value = state.stack.length;
    this.two.input.checked = !flat;
    this.quizzed.input.checked = state.quiz;
  }

  /** The formula in words, then with numbers, step by step. */
  drawFormula({ axes, padding, flat, hidden }) {
    const isOne = !flat && equal(axes[0], axes[1]); // one sum for both
    const lines = axes.slice(isOne ? 1 : 0).map(({ size, kernel_size, strides, dilation_rate, before, after, padded, reach,
      free, steps, positions, need }, i) => [
      make("b", flat ? "" : isOne ? "Rows, and columns alike" : ["Rows", "Columns"][i]),
      `reach = dilation × (kernel − 1) + 1 = ${dilation_rate} × (${kernel_size} − 1) + 1 = ${reach}`,
      padding === "same"
        ? `“same”: ⌈input / stride⌉ = ⌈${size} / ${strides}⌉ = ${positions} outputs need ` +
          `(${positions} − 1) × ${strides} + ${reach} = ${need} cells; ` +
          `there are ${size}, so ${before} before and ${after} after`
        : `padded = ${before} + ${size} + ${after} = ${padded}`,
      make("b", `output = ⌊(${padded} − ${reach}) / ${strides}⌋ + 1 = ` +
        `⌊${free} / ${strides}⌋ + 1 = ${steps} + 1 = ${positions}`),
    ]);
    if (hidden) for (const line of lines) line.splice(1, 3, "How many outputs are there?");
    this.formula.replaceChildren(...lines.map((axis) => make("div", ...axis.map((line) => make("div", line)))));
  }

  drawGrids({ axes, flat, states, sizes, stack, hidden }) {
    const [down, across] = [flat ? null : axes[0], axes.at(-1)];
    this.root.classList.toggle("flat", flat);
    this.root.classList.toggle("deep", stack.length > 1);
    // A pixel keeps its cell when the padding changes: fewer cells change.
    this.margin = this.margin.map((most, i) => Math.max(most, axes.at(i - 2)?.before ?? 0));
    this.boxes = [this.input, ...[this.layer1, this.layer2].slice(0, stack.length - 1), this.output];
    for (const box of [this.layer1, this.layer2]) box.box.hidden = hidden || !this.boxes.includes(box);
    const uses = (axis, place) =>
      place >= axis.before && place < axis.before + axis.size ? Number(axis.covered[place] ?? 0) : null;
    const rows = flat && stack.length === 1 && !hidden ? across.positions : 0; // one for each window
    const windows = Array.from({ length: rows }, (_, place) => covered(across, place));
    const columns = [across.padded, ...stack.map((axes) => axes.at(-1).positions)];
    const lengths = [flat ? 1 + rows : down.padded, ...stack.map((axes) => axes.at(-2)?.positions ?? 1)];
    this.fitGrids(flat, columns, lengths, hidden);
    const corner = this.corner(axes);
    this.fit(this.input, corner, lengths[0], across.padded, (row, column) => {
      const [one, other] = [flat ? 1 : uses(down, row), uses(across, column)];
      const isPadding = one === null || other === null;
      if (flat && row) {
        const text = windows[row - 1].includes(column) ? "●" : "";
        const label = `window of output[${row - 1}]${text && ", covered"}`;
        return { text, level: text ? "5" : "4", isPadding, label };
      }
      if (isPadding) return { isPadding, label: "padding" };
      const text = hidden ? "" : states.uses.text[one][other];
      const place = flat ? [column - across.before] : [row - down.before, column - across.before];
      const label = `pixel[${place.join(", ")}]`;
      if (hidden) return { label };
      return { text, level: states.uses.level[one][other], isUnseen: text === "0",
        label: `${label}, ${text === "0" ? "never seen" : `used ${count(text, "time")}`}` };
    });
    for (const [n, box] of this.boxes.slice(1).entries()) {
      const [title, name] = box === this.output ? ["Output", "output"] : [`Layer ${n + 1}`, `layer ${n + 1}`];
      const shape = hidden ? [1, 1] : [lengths[n + 1], columns[n + 1]];
      this.fit(box, [0, 0], ...shape, (row, column) => hidden ? { text: "?", label: "to be predicted" }
        : { text: flat ? String(column) : "", label: `${name}[${flat ? column : `${row}, ${column}`}]` });
      box.title.textContent = title;
      box.size.textContent = hidden ? "?" : size(stack[n].map(({ positions }) => positions));
    }
    const padded = size(axes.map((axis) => axis.padded));
    this.input.size.textContent = size(sizes) + (padded === size(sizes) ? "" : `, with padding ${padded}`) +
      (rows ? "; below, the window of each output" : "");
    const unseen = this.input.grid.table.querySelectorAll(".unseen:not(.off)").length;
    this.key.textContent = hidden ? "" : "Number: how many windows use the pixel. " +
      (unseen ? `Crossed out: never seen, ${count(unseen, "pixel")}. ` : "Every pixel is seen. ") +
      (padded === size(sizes) ? "" : "Hatched: padding. ");
  }

  /** The cell of the input's grid in which the padded input begins. */
  corner(axes) {
    const [top, left] = this.margin.map((most, i) => most - (axes.at(i - 2)?.before ?? 0));
    return [axes.length === 1 ? 0 : top, left];
  }

  /** Cells as large as there is room for: in one dimension below each other, in two side by side. */
  fitGrids(flat, columns, rows, hidden) {
    const shown = hidden ? [0, columns.length - 1] : columns.map((_, n) => n);
    const total = shown.reduce((sum, n) => sum + columns[n], 0);
    const room = (this.width ?? 536) - 28 * (shown.length - 1);
    const tallest = Math.max(...shown.map((n) => rows[n]));
    // What is left of 640 pixels, without the rows of the other grids
    const isDeep = columns.length > 2;
    const high = flat ? Math.min(30, isDeep ? 30 : 266 / rows[0]) : Math.min(34, (isDeep ? 230 : 260) / tallest);
    const wide = flat ? Math.min(46, ((this.width ?? 536) - 16) / Math.max(...columns)) : Math.max(high, 20);
    this.cells = { high, wide };
    for (const n of shown) this.boxes[n].stage.style.setProperty("--width", flat ? "100cqi"
      : `${Math.max(86, Math.floor((room * columns[n]) / total))}px`);
  }

  /** Show so many rows and columns, as `say` describes their cells. A grid only grows, so that it is seldom built. */
  fit(box, [top, left], rows, columns, say) {
    const roomy = (needed, now = 0) => Math.max(now, 8 * Math.ceil(needed / 8));
    const [most, widest] = [roomy(top + rows, box.grid?.rows.length), roomy(left + columns, box.grid?.columns)];
    if (most !== box.grid?.rows.length || widest !== box.grid.columns)
      box.grid = new Grid(this, box, box === this.input ? "Input: how often each pixel is used" : box.title.textContent,
        most, widest, { choose: (...cell) => this.choose(box, ...cell) });
    box.grid.shrink(columns, 2, this.cells);
    box.grid.draw((cell, at, along) => {
      const [row, column] = [at - top, along - left];
      if (row < 0 || column < 0 || row >= rows || column >= columns) return false;
      const { text = "", level = "4", isPadding = false, isUnseen = false, label } = say(row, column);
      fill(cell, text, level);
      const drawn = `${label} ${isPadding}`;
      if (cell.drawn === drawn) return; // most cells stay as they are
      cell.drawn = drawn;
      cell.setAttribute("aria-label", label);
      cell.classList.toggle("padding", isPadding);
      cell.classList.toggle("unseen", isUnseen);
    });
  }

  /** An output is chosen by its cell, or in one dimension by the row of its window; a pixel by its cell. */
  choose(box, row, column) {
    const { flat, axes, hidden } = this.read();
    if (hidden || (box !== this.input && box !== this.output)) return;
    this.begun();
    this.pause();
    if (box === this.output) return this.write({ selected: flat ? column : [row, column], pixel: null });
    if (flat && row) return this.write({ selected: row - 1, pixel: null });
    const corner = this.corner(axes);
    const pixel = [row, column].map((place, i) => place - corner[i] - (axes.at(i - 2)?.before ?? 0)).slice(-axes.length);
    if (pixel.every((place, i) => place >= 0 && place < axes[i].size))
      this.write({ selected: null, pixel: plain(pixel) });
  }

  /** Of an output, what it sees, back to the input; of a pixel, what it reaches, on to the outputs. */
  trace({ selected, pixel, stack }) {
    const along = (i) => {
      const layers = stack.map((axes) => axes[i]);
      const sees = (axis, place) => covered(axis, place).map((cell) => cell - axis.before);
      if (pixel) {
        const reached = [[pixel[i]]];
        for (const axis of layers)
          reached.push([...Array(axis.positions).keys()].filter((place) =>
            sees(axis, place).some((cell) => reached.at(-1).includes(cell))));
        return reached;
      }
      const seen = [[selected[i]]];
      for (const [n, axis] of [...layers.entries()].reverse()) {
        const cells = [...new Set(seen[0].flatMap((place) => sees(axis, place)))].sort((one, other) => one - other);
        seen.unshift(n ? cells.filter((cell) => cell >= 0 && cell < axis.size) : cells);
      }
      return seen;
    };
    const axes = stack[0].map((_, i) => along(i));
    return axes[0].map((_, layer) => axes.map((seen) => seen[layer])); // of each layer, the places along each axis
  }

  drawSelection(state) {
    const { selected, pixel, axes, outputs, stack, flat, hidden, states } = state;
    for (const cell of this.window.splice(0)) cell.classList.remove("window", "pointed");
    this.drawQuiz(state.quiz ? `the number of output${flat ? "s" : " columns"}` : "", state);
    const isThere = !hidden && (pixel ? pixel.every((place, i) => place < axes[i].size)
      : selected && selected.every((place, i) => place < outputs[i].positions));
    const { grid } = this.output;
    grid.choose(isThere && !pixel ? (flat ? 0 : selected[0] * grid.columns) + selected.at(-1) : undefined);
    if (!isThere) {
      this.told.textContent = "";
      return this.links.draw([]);
    }
    const corner = this.corner(axes);
    const traced = this.trace(state);
    const cellsOf = traced.map((places, n) => {
      const { cells, columns } = this.boxes[n].grid;
      const at = n ? [0, 0] : corner.map((first, i) => first + (axes.at(i - 2)?.before ?? 0));
      const rows = flat ? [0] : places[0].map((row) => at[0] + row);
      return rows.flatMap((row) => places.at(-1).map((column) => cells[row * columns + at[1] + column]));
    });
    const mark = (cell) => (cell.classList.add("window"), this.window.push(cell));
    for (const [n, cells] of cellsOf.entries()) if (pixel || n < stack.length) cells.forEach(mark);
    const { grid: { cells, columns } } = this.input;
    const before = corner[1] + axes.at(-1).before;
    if (flat && stack.length === 1) { // the rows of the windows
      for (const row of pixel ? traced[1][0] : selected)
        for (const column of traced[0][0]) mark(cells[(row + 1) * columns + before + column]);
    }
    if (pixel) cellsOf[0][0].classList.add("pointed");
    const ends = (cells) => [cells[0], cells.at(-1)];
    this.links.draw(cellsOf.slice(1).flatMap((cells, n) =>
      cells.length && cellsOf[n].length ? [[ends(cellsOf[n]), ends(cells)]] : []));

    const list = (places) => (places.length > 3 && places.at(-1) - places[0] === places.length - 1
      ? `${places[0]} to ${places.at(-1)}` : places.join(", "));
    if (pixel) {
      const last = traced.at(-1);
      const [one, other] = [flat ? 1 : axes[0], axes.at(-1)].map((axis, i) =>
        axis === 1 ? 1 : Number(axis.covered[axis.before + pixel.at(i - 2)] ?? 0));
      const times = states.uses.text[one][other];
      const by = last.every((places) => places.length)
        ? (flat ? `output${last[0].length > 1 ? "s" : ""} ${list(last[0])}`
          : `the outputs in rows ${list(last[0])} and columns ${list(last[1])}`) : "none";
      this.told.textContent = `pixel[${list(pixel)}] ` + (times === "0" ? "is never seen." : stack.length === 1
        ? `is used ${count(times, "time")}: by ${by}.`
        : `is used ${count(times, "time")} by layer 1, and changes ${by} of layer ${stack.length}.`);
      return this.say(this.told.textContent);
    }
    const seen = traced[0].map((places, i) => {
      const inside = places.filter((place) => place >= 0 && place < axes[i].size);
      return list(inside) + (inside.length < places.length ? " and padding" : "");
    });
    const field = axes.map(({ kernel_size, strides, dilation_rate }) =>
      states.fields[`${kernel_size} ${strides} ${dilation_rate}`][stack.length - 1]);
    this.told.textContent = `output[${list(selected)}] looks at ` +
      (flat ? `pixels ${seen[0]}.` : `rows ${seen.join(seen[0].includes("and") ? "; columns " : " and columns ")}.`) +
      (stack.length > 1 ? ` Receptive field: ${[...new Set(field)].join(" and ")}.` : "");
    this.say(`Output ${size(outputs.map(({ positions }) => positions))}. ${this.told.textContent}`);
  }
}

const covered = ({ strides, dilation_rate, kernel_size }, place) =>
  Array.from({ length: kernel_size }, (_, i) => place * strides + i * dilation_rate);
const plain = (numbers) => (numbers.length === 1 ? numbers[0] : numbers);

export default explorer(GeometryView);
