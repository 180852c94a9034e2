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

  step(direction) {
    const { selected, axes } = this.read();
    const shape = [axes.at(-2)?.positions ?? 1, axes.at(-1).positions];
    const { cell, isLast } = following(selected && [0, ...selected].slice(-2), direction, shape);
    this.write({ selected: plain(cell.slice(-axes.length)) });
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
    const sliders = [...pair("size", "Input", "rows", "columns"),
      ...pair("kernel_size", "Kernel", "kernelRows", "kernelColumns"),
      ...this.buildGeometry((changes) => this.change(changes))];
    this.two = this.checkbox("Two dimensions", (two) => {
      const { sizes, kernels, selected } = this.read();
      this.write({ size: two ? [sizes[0], sizes[0]] : sizes[1], kernel_size: two ? kernels[0] : kernels[1],
        selected: selected && (two ? [selected[0], selected[0]] : selected[1]) });
    });
    this.formula = make("div.axes");
    [this.input, this.output] = ["Input", "Output"].map(panel);
    this.key = make("div.key");
    this.window = [];
    this.margin = [4, 4];
    return [make("div.controls", ...sliders,
      make("div.control", this.two.label, this.buildSteps((direction) => this.step(direction)))), this.note,
    make("div.worked", { role: "group", "aria-label": "Size of the output" },
      "output = ⌊(padded − reach) / stride⌋ + 1, where ⌊ ⌋ rounds down", this.formula),
    make("div.panels", this.input.box, this.output.box), this.key];
  }

  draw() {
    const state = this.read();
    const drawn = JSON.stringify([state.sizes, state.kernels, state.strides, state.padding, state.dilation_rate]);
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
    this.two.input.checked = !flat;
  }

  /** The formula in words, then with numbers, step by step. */
  drawFormula({ axes, padding, flat }) {
    const lines = axes.map(({ size, kernel_size, strides, dilation_rate, before, after, padded, reach, free, steps,
      positions, need }, i) => [
      make("b", flat ? "" : ["Rows", "Columns"][i]),
      `reach = dilation × (kernel − 1) + 1 = ${dilation_rate} × (${kernel_size} − 1) + 1 = ${reach}`,
      padding === "same"
        ? `“same”: ⌈input / stride⌉ = ⌈${size} / ${strides}⌉ = ${positions} outputs need ` +
          `(${positions} − 1) × ${strides} + ${reach} = ${need} cells; ` +
          `there are ${size}, so ${before} before and ${after} after`
        : `padded = ${before} + ${size} + ${after} = ${padded}`,
      make("b", `output = ⌊(${padded} − ${reach}) / ${strides}⌋ + 1 = ` +
        `⌊${free} / ${strides}⌋ + 1 = ${steps} + 1 = ${positions}`),
    ]);
    this.formula.replaceChildren(...lines.map((axis) => make("div", ...axis.map((line) => make("div", line)))));
  }

  drawGrids({ axes, flat, states, sizes }) {
    const [down, across] = [flat ? null : axes[0], axes.at(-1)];
    this.root.classList.toggle("flat", flat);
    // A pixel keeps its cell when the padding changes: fewer cells change.
    this.margin = this.margin.map((most, i) => Math.max(most, axes.at(i - 2)?.before ?? 0));
    const uses = (axis, place) =>
      place >= axis.before && place < axis.before + axis.size ? Number(axis.covered[place] ?? 0) : null;
    const windows = Array.from({ length: flat ? across.positions : 0 }, (_, place) => covered(across, place));
    const corner = this.corner(axes);
    this.fit("input", corner, flat ? 1 + across.positions : down.padded, across.padded, (row, column) => {
      const [one, other] = [flat ? 1 : uses(down, row), uses(across, column)];
      const isPadding = one === null || other === null;
      if (flat && row) {
        const text = windows[row - 1].includes(column) ? "●" : "";
        const label = `window of output[${row - 1}]${text && ", covered"}`;
        return { text, level: text ? "5" : "4", isPadding, label };
      }
      if (isPadding) return { isPadding, label: "padding" };
      const text = states.uses.text[one][other];
      const place = flat ? [column - across.before] : [row - down.before, column - across.before];
      return { text, level: states.uses.level[one][other], isUnseen: text === "0",
        label: `pixel[${place.join(", ")}], ${text === "0" ? "never seen" : `used ${count(text, "time")}`}` };
    });
    this.fit("output", [0, 0], down?.positions ?? 1, across.positions, (row, column) =>
      ({ text: flat ? String(column) : "", label: `output[${flat ? column : `${row}, ${column}`}]` }));
    const padded = size(axes.map((axis) => axis.padded));
    this.input.size.textContent = size(sizes) + (padded === size(sizes) ? "" : `, with padding ${padded}`) +
      (flat ? "; below, the window of each output" : "");
    this.output.size.textContent = size(axes.map(({ positions }) => positions));
    const unseen = this.input.grid.table.querySelectorAll(".unseen:not(.off)").length;
    this.key.textContent = "Number: how many windows use the pixel. " +
      (unseen ? `Crossed out: never seen, ${count(unseen, "pixel")}. ` : "Every pixel is seen. ") +
      (padded === size(sizes) ? "" : "Hatched: padding. ");
  }

  /** The cell of the input's grid in which the padded input begins. */
  corner(axes) {
    const [top, left] = this.margin.map((most, i) => most - (axes.at(i - 2)?.before ?? 0));
    return [axes.length === 1 ? 0 : top, left];
  }

  /** Show so many rows and columns, as `say` describes their cells. A grid only grows, so that it is seldom built. */
  fit(name, [top, left], rows, columns, say) {
    const box = this[name];
    const roomy = (needed, now = 0) => Math.max(now, 8 * Math.ceil(needed / 8));
    const [most, widest] = [roomy(top + rows, box.grid?.rows.length), roomy(left + columns, box.grid?.columns)];
    if (most !== box.grid?.rows.length || widest !== box.grid.columns)
      box.grid = new Grid(this, box, name === "input" ? "Input: how often each pixel is used" : "Output",
        most, widest, { choose: (...cell) => this.choose(name, ...cell) });
    box.grid.shrink(columns, 2);
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

  /** An output is chosen by its cell, or in one dimension by the row of its window. */
  choose(name, row, column) {
    const { flat } = this.read();
    if (name === "input" && !(flat && row)) return;
    this.pause();
    this.write({ selected: !flat ? [row, column] : name === "input" ? row - 1 : column });
  }

  drawSelection({ selected, axes, flat }) {
    for (const cell of this.window.splice(0)) cell.classList.remove("window");
    const isThere = selected && selected.every((place, i) => place < axes[i].positions);
    const { grid } = this.output;
    grid.choose(isThere ? (flat ? 0 : selected[0] * grid.columns) + selected.at(-1) : undefined);
    if (!isThere) return;
    const places = axes.map((axis, i) => covered(axis, selected[i]));
    const { cells, columns } = this.input.grid;
    const [top, left] = this.corner(axes);
    for (const row of flat ? [0, selected[0] + 1] : places[0])
      for (const column of places.at(-1)) this.window.push(cells[(top + row) * columns + left + column]);
    for (const cell of this.window) cell.classList.add("window");
    const seen = places.map((along, i) => along.map((place) => place - axes[i].before).join(", "));
    this.say(`Output ${size(axes.map(({ positions }) => positions))}. output[${selected.join(", ")}] looks at ` +
      (flat ? `pixels ${seen[0]}.` : `rows ${seen[0]} and columns ${seen[1]}.`));
  }
}

const covered = ({ strides, dilation_rate, kernel_size }, place) =>
  Array.from({ length: kernel_size }, (_, i) => place * strides + i * dilation_rate);
const plain = (numbers) => (numbers.length === 1 ? numbers[0] : numbers);

export default explorer(GeometryView);
