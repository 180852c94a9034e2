// The page of ConvolutionExplorer. Python has computed every number, as text, for every state that
// the sliders can reach (`_states`); here they are looked up, laid out and highlighted.

class ConvolutionView extends View {
  static kind = "Convolution";
  static watched = ["_states", "strides", "padding", "dilation_rate", "flip", "selected"];

  // The state

  read() {
    const state = super.read();
    const { strides, padding, dilation_rate } = state;
    return { ...state, geometry: state._states.geometry[`${strides} ${padding} ${dilation_rate}`] };
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

  /** Where in `kernel` the weight lies that is shown at a place: turned by 180° when flipped. */
  source(place) {
    return this.model.get("flip") ? this.fields.inputs.length - 1 - place : place;
  }

  typed(place, text) {
    const kernel = (this.pending.kernel ?? this.model.get("kernel")).map((numbers) => [...numbers]);
    const [row, column] = this.kernelGrid.position(this.source(place));
    if (Number(kernel[row][column]) === Number(text)) return;
    kernel[row][column] = text;
    this.ask({ kernel });
  }

  // The parts, built once

  build() {
    this.window = []; // the input cells under the kernel
    this.linked = null;
    this.sum = make("div", { class: "sum", role: "group", "aria-label": "The sum" });
    this.input = panel("Input");
    this.kernel = panel("Kernel");
    this.products = panel("Products");
    this.products.size.textContent = "pixel × weight";
    this.output = panel("Output");
    this.root.append(
      this.buildControls(),
      this.note,
      make("div", { class: "panels" }, this.input.box,
        make("div", { class: "middle" }, this.kernel.box, this.products.box), this.output.box, this.sum),
      this.live,
    );

    // Pixel, weight, product and term that belong together light up together.
    const link = (event) => this.link(event.target.closest("[data-term]")?.dataset.term ?? null);
    this.listen(this.root, "pointerover", link);
    this.listen(this.root, "focusin", link);
    this.listen(this.root, "pointerleave", () => this.link(null));

    this.pointAt(this.output.box, (cell) => this.choose(cell));
  }

  choose(cell) {
    if (this.playing) this.play(false);
    this.select(...this.outputGrid.position(this.outputGrid.cells.indexOf(cell)));
  }

  buildControls() {
    this.strides = slider("Stride", 1);
    this.padding = slider("Padding", 0);
    this.dilation = slider("Dilation", 1);
    this.same = checkbox("Keras’s “same”");
    this.flip = checkbox("Flip the kernel");
    this.padding.box.lastChild.before(this.same.label);
    const previous = button("◀", { "aria-label": "Previous output cell" });
    const next = button("▶", { "aria-label": "Next output cell" });

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

    return make("div", { class: "controls" }, this.strides.box, this.padding.box, this.dilation.box,
      make("div", { class: "control" }, this.flip.label, this.flip.hint,
        make("div", { class: "steps" }, previous, this.buildPlay(() => this.step(+1)), next)));
  }

  /** New tables for new shapes. They have room for the most padding, so that nothing moves later. */
  buildGrids() {
    const { image_shape, kernel_shape, room } = this.states;
    const [top, bottom, left, right, rows, columns] = room;
    this.inputGrid = new Grid(this, this.input, "Input", image_shape[0] + top + bottom, image_shape[1] + left + right);
    this.productGrid = new Grid(this, this.products, "Products", ...kernel_shape);
    this.outputGrid = new Grid(this, this.output, "Output", rows, columns);
    this.listen(this.outputGrid.table, "focusin", (event) => this.choose(event.target.closest("td")));

    this.fields?.message.remove();
    this.fields = new Fields(this, kernel_shape[0] * kernel_shape[1], {
      typed: (place, text) => this.typed(place, text),
      now: (place) => this.states.kernel.text[this.source(place)],
    });
    this.kernel.box.append(this.fields.message);
    this.kernelGrid = new Grid(this, this.kernel, "Kernel", ...kernel_shape, this.fields.inputs);
    for (const [place, cell] of this.kernelGrid.cells.entries()) cell.dataset.term = place;
    for (const [place, cell] of this.productGrid.cells.entries()) {
      cell.dataset.term = place;
      cell.append(make("span", { class: "factors" }), make("span", { class: "product" }));
    }
    this.target = make("span", { class: "target" });
    this.total = make("span", { class: "total" });
    this.terms = this.fields.inputs.map((_, place) => make("span", { class: "term", "data-term": place }));
    const lines = [];
    for (let place = 0; place < this.terms.length; place += kernel_shape[1]) {
      const line = make("span", { class: "line" });
      for (const [column, term] of this.terms.slice(place, place + kernel_shape[1]).entries())
        line.append(make("span", { class: "plus" }, place + column ? " + " : ""), term);
      lines.push(line);
    }
    this.sum.replaceChildren(this.target, make("span", { class: "lines" }, ...lines), this.total);
    this.window = [];
  }

  // The picture

  draw() {
    const state = this.read();
    if (!state.geometry) return; // Python is about to send the tables for it
    if (state._states !== this.given) this.drawStates(state._states);
    const drawn = this.constructor.watched.slice(1, 5).map((name) => state[name]).join(" ");
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
    if (layout(this.states) !== before) this.buildGrids();
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
    for (const [place, cell] of this.kernelGrid.cells.entries()) {
      const [row, column] = this.kernelGrid.position(this.source(place));
      this.fields.draw(place, `kernel[${row}, ${column}]`);
      cell.dataset.level = this.states.kernel.level[this.source(place)];
    }
  }

  drawBusy() {
    if (this.asked === null) this.drawn = null; // what was typed can be shown as Python has it
    this.fields.drawMessage();
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
    this.say(said);
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

function drawProduct(cell, term, product, level, padding) {
  cell.firstChild.textContent = term;
  cell.lastChild.textContent = product;
  cell.dataset.level = level;
  cell.classList.toggle("padding", padding);
}

const layout = ({ image_shape, kernel_shape, room }) => JSON.stringify([image_shape, kernel_shape, room]);
const count = (number) => (number === 1 ? "1 cell" : `${number} cells`);

export default explorer(ConvolutionView);
