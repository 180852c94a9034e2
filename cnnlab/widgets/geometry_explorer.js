// The page of GeometryExplorer. Python has computed the numbers of every state along one axis (`_states`);
// two axes are two look-ups. In one dimension, the rows under the input are the windows, one for each output.

class GeometryView extends View {
  static kind = "Geometry";
  static watched = ["size", "kernel_size", "strides", "padding", "dilation_rate", "selected", "_states"];

  read(changes = {}) {
    const { _states: states, ...state } = { ...super.read(), ...changes };
    const sizes = [state.size].flat();
    const kernels = sizes.map((_, i) => [state.kernel_size].flat()[i] ?? state.kernel_size);
    const axes = sizes.map((size, i) => {
      const axis = { ...state, size, kernel_size: kernels[i] };
      const place = Object.entries(states.choices).reduce((at, [name, values]) =>
        at * values.length + values.indexOf(axis[name]), 0) * states.names.length;
      for (const [n, name] of states.names.entries()) axis[name] = parseInt(states.axes[place + n], 36);
      axis.covered = states.covered[[axis.kernel_size, axis.strides, axis.dilation_rate, axis.positions].join(" ")];
      return axis;
    });
    return { ...state, states, sizes, kernels, axes, flat: axes.length === 1,
      selected: state.selected === null ? null : [state.selected].flat() };
  }

  /** Change settings, unless the kernel would not fit; the selected output stays one that there is. */
  change(changes) {
    const { axes, selected } = this.read(changes);
    const tight = axes.find(({ positions }) => !positions);
    if (tight) {
      this.drawControls(this.read());
      this.note.textContent = `That does not fit: the kernel would reach over ${tight.reach} cells, and there are ` +
        `only ${tight.padded}. Add padding, or lower the kernel or the dilation first.`;
      return;
    }
    const places = axes.map(({ positions }, i) => Math.min(selected?.at(i - axes.length) ?? 0, positions - 1));
    this.write({ ...changes, selected: selected && plain(places) });
  }

  select(...places) {
    const { selected } = this.read();
    if (String(selected) !== String(places)) this.write({ selected: plain(places) });
  }

  step(direction) {
    const { selected, axes } = this.read();
    const [rows, columns] = [axes.at(-2)?.positions ?? 1, axes.at(-1).positions];
    const [row, column] = selected ? [selected.at(-2) ?? 0, selected.at(-1)] : [0, -direction];
    const from = selected?.length === 1 ? column : row * columns + column;
    const place = (from + direction + rows * columns) % (rows * columns);
    this.select(...[Math.floor(place / columns), place % columns].slice(-axes.length));
    return place === rows * columns - 1;
  }

  build() {
    const rows = slider("Input rows", 1), columns = slider("Input", 1);
    const kernelRows = slider("Kernel rows", 1), kernelColumns = slider("Kernel", 1);
    this.sliders = { rows, columns, kernelRows, kernelColumns,
      strides: slider("Stride", 1), padding: slider("Padding", 0), dilation_rate: slider("Dilation", 1) };
    this.two = checkbox("Two dimensions");
    this.same = checkbox("Keras’s “same”");
    this.sliders.padding.box.lastChild.before(this.same.label);
    this.formula = make("div", { class: "axes" });
    this.input = panel("Input");
    this.output = panel("Output");
    this.key = make("div", { class: "key" });
    this.root.append(
      make("div", { class: "controls" }, ...Object.values(this.sliders).map(({ box }) => box),
        make("div", { class: "control" }, this.two.label, this.buildSteps((direction) => this.step(direction)))),
      this.note,
      make("div", { class: "worked", role: "group", "aria-label": "Size of the output" },
        "output = ⌊(padded − reach) / stride⌋ + 1, where ⌊ ⌋ rounds down", this.formula),
      make("div", { class: "panels" }, this.input.box, this.output.box), this.key, this.live,
    );
    this.window = [];

    const value = ({ input }) => Number(input.value);
    const pair = (one, other) => () => (this.read().flat ? value(other) : [value(one), value(other)]);
    const size = pair(rows, columns), kernel = pair(kernelRows, kernelColumns);
    for (const { input } of [rows, columns]) this.listen(input, "input", () => this.change({ size: size() }));
    for (const { input } of [kernelRows, kernelColumns])
      this.listen(input, "input", () => this.change({ kernel_size: kernel() }));
    for (const name of ["strides", "dilation_rate"])
      this.listen(this.sliders[name].input, "input", () => this.change({ [name]: value(this.sliders[name]) }));
    const amount = () => value(this.sliders.padding) || "valid";
    this.listen(this.sliders.padding.input, "input", () => this.change({ padding: amount() }));
    this.listen(this.same.input, "change", () => this.change({ padding: this.same.input.checked ? "same" : amount() }));
    this.listen(this.two.input, "change", () => {
      const { sizes, kernels, selected } = this.read();
      const two = this.two.input.checked;
      this.write({ size: two ? [sizes[0], sizes[0]] : sizes[1], kernel_size: two ? kernels[0] : kernels[1],
        selected: selected && (two ? [selected[0], selected[0]] : selected[1]) });
    });
    this.choosing("outputGrid", this.output, (row, column) => [row, column]);
    this.choosing("inputGrid", this.input, (row) => (this.read().flat && row ? [0, row - 1] : null));
  }

  choosing(name, { box, stage }, find) {
    const choose = (cell) => {
      const found = find(...this[name].position(this[name].cells.indexOf(cell)));
      if (!found) return;
      if (this.playing) this.play(false);
      this.select(...found.slice(-this.read().axes.length));
    };
    this.pointAt(box, choose);
    this.listen(stage, "focusin", (event) => choose(event.target));
  }

  draw() {
    const state = this.read();
    const drawn = JSON.stringify([state.sizes, state.kernels, state.strides, state.padding, state.dilation_rate]);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.note.textContent = state.strides > 1 && state.dilation_rate > 1
        ? "Keras’s layers take a stride above 1 or a dilation above 1, but not both at once." : "";
      this.drawControls(state);
      this.drawFormula(state);
      this.drawGrids(state);
    }
    this.drawSelection(state);
  }

  drawControls({ states, sizes, kernels, strides, padding, dilation_rate, axes, flat }) {
    const { rows, columns, kernelRows, kernelColumns } = this.sliders;
    const { choices } = states;
    for (const [{ box }, name] of [[columns, "Input"], [kernelColumns, "Kernel"]])
      box.querySelector(".name").textContent = flat ? name : `${name} columns`;
    rows.box.hidden = kernelRows.box.hidden = flat;
    rows.draw(sizes[0], choices.size.at(-1), "pixels");
    columns.draw(sizes.at(-1), choices.size.at(-1), "pixels");
    const reach = ({ reach }) => (dilation_rate > 1 ? `reaches over ${reach}` : "elements");
    kernelRows.draw(kernels[0], choices.kernel_size.at(-1), reach(axes[0]));
    kernelColumns.draw(kernels.at(-1), choices.kernel_size.at(-1), reach(axes.at(-1)));
    this.sliders.strides.draw(strides, choices.strides.at(-1), `${count(strides, "pixel")} per step`);
    this.sliders.dilation_rate.draw(dilation_rate, choices.dilation_rate.at(-1),
      dilation_rate === 1 ? "no gaps" : `${count(dilation_rate - 1, "pixel")} skipped`);
    const amounts = axes.map(({ before, after }) => `${before} before, ${after} after`);
    this.sliders.padding.draw(padding === "same" ? Math.min(axes[0].before, 4) : Number(padding) || 0, 4,
      amounts[0] === (amounts[1] ?? amounts[0]) ? amounts[0] : `rows: ${amounts[0]}; columns: ${amounts[1]}`, padding);
    this.same.input.checked = padding === "same";
    this.two.input.checked = !flat;
  }

  /** The formula in words, then with numbers, step by step. */
  drawFormula({ axes, padding, flat }) {
    const lines = axes.map(({ size, kernel_size, strides, dilation_rate, before, after, padded, reach, free, steps,
      positions, need }, i) => [
      make("b", {}, flat ? "" : ["Rows", "Columns"][i]),
      `reach = dilation × (kernel − 1) + 1 = ${dilation_rate} × (${kernel_size} − 1) + 1 = ${reach}`,
      padding === "same"
        ? `“same”: ⌈input / stride⌉ = ⌈${size} / ${strides}⌉ = ${positions} outputs need (${positions} − 1) × ${strides} + ` +
          `${reach} = ${need} cells; there are ${size}, so ${before} before and ${after} after`
        : `padded = ${before} + ${size} + ${after} = ${padded}`,
      make("b", {}, `output = ⌊(${padded} − ${reach}) / ${strides}⌋ + 1 = ⌊${free} / ${strides}⌋ + 1 = ${steps} + 1 = ` +
        `${positions}`),
    ]);
    this.formula.replaceChildren(...lines.map((axis) => make("div", {}, ...axis.map((line) => make("div", {}, line)))));
  }

  drawGrids({ axes, flat, states, sizes }) {
    const [down, across] = [flat ? null : axes[0], axes.at(-1)];
    const rows = flat ? 1 + across.positions : down.padded;
    this.root.classList.toggle("flat", flat);
    const uses = (axis, place) => {
      const inside = place >= axis.before && place < axis.before + axis.size;
      return inside ? Number(axis.covered[place] ?? 0) : null;
    };
    this.fit("inputGrid", this.input, rows, across.padded, (cell, row, column) => {
      const isWindow = flat && row > 0;
      const [one, other] = [flat ? 1 : uses(down, row), uses(across, column)];
      const padding = one === null || other === null;
      const text = isWindow || padding ? "" : states.uses.text[one][other];
      fill(cell, text, isWindow || padding ? "4" : states.uses.level[one][other]);
      cell.className = padding ? "padding" : !isWindow && text === "0" ? "unseen" : "";
      cell.setAttribute("aria-label", isWindow ? `window of output[${row - 1}]` : padding ? "padding"
        : `pixel[${[row - (down?.before ?? 0), column - across.before].slice(flat ? 1 : 0).join(", ")}], ` +
          (text === "0" ? "never seen" : `used ${count(text, "time")}`));
    });
    this.window = [];
    if (flat)
      for (let place = 0; place < across.positions; place++)
        for (const column of covered(across, place)) {
          const cell = this.inputGrid.cells[(place + 1) * this.inputGrid.columns + column];
          fill(cell, "●", "5");
          cell.setAttribute("aria-label", `window of output[${place}], covered`);
        }
    this.fit("outputGrid", this.output, down?.positions ?? 1, across.positions, (cell, row, column) => {
      cell.className = "";
      cell.textContent = flat ? column : "";
      cell.setAttribute("aria-label", `output[${flat ? column : `${row}, ${column}`}]`);
    });
    const padded = size(axes.map((axis) => axis.padded));
    this.input.size.textContent = size(sizes) + (padded === size(sizes) ? "" : `, with padding ${padded}`) +
      (flat ? "; below, the window of each output" : "");
    this.output.size.textContent = size(axes.map(({ positions }) => positions));
    const unseen = this.inputGrid.table.querySelectorAll("tr:not(.off) .unseen:not(.off)").length;
    this.key.textContent = "Number: how many windows use the pixel. " +
      (unseen ? `Crossed out: never seen, ${count(unseen, "pixel")}. ` : "Every pixel is seen. ") +
      (padded === size(sizes) ? "" : "Hatched: padding. ");
  }

  /** Show so many rows and columns, and draw their cells. A grid only grows, so that it is seldom built. */
  fit(name, panel, rows, columns, drawCell) {
    let grid = this[name];
    if (!grid || grid.rows.length < rows || grid.columns < columns)
      grid = this[name] = new Grid(this, panel, name === "inputGrid" ? "Input: how often each pixel is used" : "Output",
        Math.max(grid?.rows.length ?? 8, rows), Math.max(grid?.columns ?? 8, columns));
    grid.shrink(rows, columns, 2);
    for (const [row, element] of grid.rows.entries()) element.classList.toggle("off", row >= rows);
    for (const [index, cell] of grid.cells.entries()) {
      const [row, column] = grid.position(index);
      if (row < rows && column < columns) drawCell(cell, row, column);
      else cell.className = "off";
    }
    grid.keepCurrent(0);
  }

  drawSelection({ selected, axes, flat }) {
    for (const cell of this.window) cell.classList.remove("window");
    this.chosen?.classList.remove("chosen");
    this.chosen?.removeAttribute("aria-selected");
    this.window = [];
    if (!selected || selected.some((place, i) => place >= axes[i].positions)) return;
    const places = axes.map((axis, i) => covered(axis, selected[i]));
    const rows = flat ? [0, selected[0] + 1] : places[0];
    const { cells, columns } = this.inputGrid;
    for (const row of rows) for (const column of places.at(-1)) this.window.push(cells[row * columns + column]);
    for (const cell of this.window) cell.classList.add("window");
    const index = (flat ? 0 : selected[0] * this.outputGrid.columns) + selected.at(-1);
    this.chosen = this.outputGrid.cells[index];
    this.chosen.classList.add("chosen");
    this.chosen.setAttribute("aria-selected", "true");
    this.outputGrid.setCurrent(index);
    const seen = places.map((along, i) => along.map((place) => place - axes[i].before).join(", "));
    this.say(`Output ${size(axes.map(({ positions }) => positions))}. output[${selected.join(", ")}] looks at ` +
      (flat ? `pixels ${seen[0]}.` : `rows ${seen[0]} and columns ${seen[1]}.`));
  }
}

const covered = ({ strides, dilation_rate, kernel_size }, place) =>
  Array.from({ length: kernel_size }, (_, i) => place * strides + i * dilation_rate);
const plain = (numbers) => (numbers.length === 1 ? numbers[0] : numbers);
const count = (number, word) => `${number} ${word}${String(number) === "1" ? "" : "s"}`;

export default explorer(GeometryView);
