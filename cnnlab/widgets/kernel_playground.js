// The page of KernelPlayground. Python computes the result, the histogram and the sum; here they are painted.

const OPENED = 192; // pixels of an opened image, at most, in each direction

class PlaygroundView extends View {
  static kind = "Playground";
  static first = "Point at the result: where does its gray come from?";
  static watched = ["_image", "_shown", "_sum", "preset", "kernel_size", "source", "pen", "negative", "mark_clipped",
    "pointed"];

  build() {
    [this.image, this.window, this.kernel, this.products, this.result, this.histogram] =
      ["Image", "Window", "Kernel", "Products", "Result", "Histogram"].map(panel);
    this.picture = new Picture(this, this.image, "The image", (...at) => this.touch(...at));
    this.outcome = new Picture(this, this.result, "The result", (row, column) => this.point([row, column]));
    this.listen(this.picture.frame, "keydown", (event) =>
      event.key === " " && this.touch(...this.picture.current, event));

    const lists = {
      source: ["Image", ["photo", "scene", "blank", "yours"]],
      pen: ["Pen", ["off", "white", "black"]],
      preset: ["Preset", ["identity", "box blur", "gaussian blur", "sharpen", "sobel x", "sobel y", "laplacian",
        "emboss", "custom"]],
      kernel_size: ["Size", [[3, "3 × 3"], [5, "5 × 5"]]],
      negative: ["Negative values", [["clip", "clip to black"], ["offset", "offset: 0 is gray"],
        ["absolute", "absolute: no signs"]]],
    };
    this.lists = Object.fromEntries(Object.entries(lists).map(([name, [title, options]]) => [name,
      this.choice(title, options, (value) => this.ask({ [name]: name === "kernel_size" ? Number(value) : value }))]));
    const { source, pen, preset, kernel_size, negative } = this.lists;
    this.clipping = this.checkbox("Mark what is clipped", (mark_clipped) => this.ask({ mark_clipped }));
    const file = make("input", { type: "file", accept: "image/*" });
    this.listen(file, "change", () => this.open(file));
    const { stop } = this;
    window.addEventListener("pointerup", () => (this.last = null), { signal: stop.signal }); // the pen is lifted

    this.bars = make("div.bars-of", { role: "img" });
    this.histogram.stage.append(this.bars);
    [this.range, this.clipped, this.weights, this.total] = ["range", "clipped", "weights", "total"].map((name) =>
      make(`div.${name}`, " "));
    this.histogram.box.append(make("div.facts", this.range, this.clipped));
    this.image.box.append(make("div.tools", source.box, pen.box, make("label.file", "Open an image", file)));
    this.result.box.append(make("div.tools", negative.box, this.clipping.label));
    this.answer = make("span.answer");
    this.sum = make("div.sum", { role: "group", "aria-label": "The sum" }, this.answer, this.total);
    const sign = (name, text) => make(`span.sign.${name}`, { "aria-hidden": "true" }, text);
    this.middle = make("div.middle", make("div.tools", preset.box, kernel_size.box, this.weights),
      this.window.box, sign("times", "×"), this.kernel.box, sign("equals", "="), this.products.box, sign("sigma", "Σ"), this.sum);
    this.scene = make("div.scene", this.image.box, this.middle, this.result.box);
    this.links = new Links(this, this.scene);
    return [this.notes, this.scene, this.histogram.box];
  }

  /** The pointer, or a key, is on a pixel of the image: draw with the pen; else show where the window is. */
  touch(row, column, event) {
    const pressed = event && (event.type !== "pointermove" || event.buttons);
    if (this.model.get("pen") !== "off" && pressed) {
      // From where the pen was: a quick pointer leaves out the pixels between.
      const stroke = [...(event.type === "pointermove" ? this.last ?? [] : []), row, column];
      this.last = [row, column];
      return this.ask({ _strokes: [...(this.pending._strokes ?? []), stroke] });
    }
    const reach = (this.model.get("kernel_size") - 1) / 2;
    this.point([row - reach, column - reach]); // the window around this pixel
  }

  point(cell) {
    this.begun();
    const pointed = cell.map((place, axis) => within(place, 0, this.outcome.size[axis]));
    this.drawMarks(pointed);
    if (!equal(pointed, this.pending.pointed ?? this.model.get("pointed"))) this.ask({ pointed });
  }

  async open(file) {
    try {
      const picture = await createImageBitmap(file.files[0]);
      const scale = Math.min(1, OPENED / Math.max(picture.width, picture.height));
      const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d");
      context.drawImage(picture, 0, 0, width, height);
      const bytes = context.getImageData(0, 0, width, height).data;
      let letters = "";
      for (const byte of bytes) letters += String.fromCharCode(byte);
      this.ask({ _opened: { size: [height, width], pixels: btoa(letters) } });
    } catch {
      this.note.textContent = "This file is not an image that the browser can read.";
    }
    file.value = "";
  }

  typed(place, text) {
    const kernel = (this.pending.kernel ?? this.model.get("kernel")).map((row) => [...row]);
    const [row, column] = this.grid.position(place);
    if (Number(kernel[row][column]) === Number(text)) return;
    kernel[row][column] = text;
    this.ask({ kernel });
  }

  draw() {
    const { _image, _shown, _sum, pointed, ...state } = this.read();
    if (this.fields?.inputs.length !== _shown.kernel.length) {
      const length = Math.sqrt(_shown.kernel.length);
      this.fields?.message.remove();
      this.fields = new Fields(this, _shown.kernel.length, {
        typed: (place, text) => this.typed(place, text),
        now: (place) => this.model.get("_shown").kernel[place],
      });
      [this.windowGrid, this.productGrid] = [this.window, this.products].map((box, i) =>
        new Grid(this, box, ["Window", "Products"][i], length, length));
      for (const cell of this.productGrid.cells) cell.append(make("span.factors"), make("span.product"));
      this.grid = new Grid(this, this.kernel, "Kernel", length, length, { inputs: this.fields.inputs });
      this.weights.append(this.fields.message);
      for (const [grid, wide] of [[this.windowGrid, 108], [this.grid, 112], [this.productGrid, 176]])
        grid.stage.style.setProperty("--width", `${wide}px`);
    }
    const room = { high: 114 / this.grid.columns, wide: 60 };
    this.windowGrid.shrink(this.grid.columns, 5, room);
    this.grid.shrink(this.grid.columns, Math.max(3, longest(_shown.kernel) + 1), room);
    this.productGrid.shrink(this.grid.columns, 10, room);
    for (const [place, cell] of this.grid.cells.entries()) {
      this.fields.draw(place, `kernel[${this.grid.position(place).join(", ")}]`);
      cell.dataset.level = _shown.levels[place];
    }
    for (const [name, { select }] of Object.entries(this.lists)) select.value = state[name];
    this.clipping.input.checked = state.mark_clipped;

    if (_image !== this.painted) this.picture.paint((this.painted = _image));
    if (_shown !== this.given) {
      this.given = _shown;
      this.outcome.paint(_shown.result);
      const { bars, marks, said } = _shown.histogram;
      this.bars.setAttribute("aria-label", `Histogram of the result. ${said}`);
      this.range.textContent = said;
      this.bars.replaceChildren(
        ...bars.map(([height, clipped]) => make("i", { class: clipped ? "clipped" : "", style: `height: ${height}%` })),
        ...marks.map(([left, text]) => make("span", { style: `left: ${left}%` }, text)));
      [this.image.size.textContent, this.result.size.textContent] = _shown.sizes;
      this.kernel.size.textContent = "type here";
      this.clipped.textContent = _shown.clipped;
      this.weights.firstChild.data = _shown.weights;
    }
    this.drawMarks(pointed);
    this.drawSum(_sum);
    this.say(pointed && _sum.target ? `${_sum.target} ${_sum.total}. ${_shown.clipped}` : _shown.clipped);
  }

  /** The window magnified, times the kernel: the products, and their sum. */
  drawSum({ target = "", pixels = [], tones = [], factors = [], products, sum = "", tone = "", total = "" }) {
    if (pixels.length && pixels.length !== this.grid.cells.length) return; // Python is about to send it
    const gray = (element, tone) => {
      element.style.background = tone === undefined ? "" : `rgb(${tone}, ${tone}, ${tone})`;
      element.style.color = tone === undefined ? "" : tone > 127 ? "black" : "white";
    };
    for (const [place, cell] of this.windowGrid.cells.entries()) {
      fill(cell, pixels[place] ?? "", "4");
      gray(cell, tones[place]);
    }
    const { text, level } = products ? unpack(products) : { text: [], level: [] };
    for (const [place, cell] of this.productGrid.cells.entries()) {
      cell.firstChild.textContent = factors[place] ?? "";
      cell.lastChild.textContent = text[place] ?? "";
      cell.dataset.level = level[place] ?? "4";
    }
    this.answer.textContent = sum;
    gray(this.answer, tone === "" ? undefined : tone);
    this.total.textContent = target && `${target} ${total}`;
  }

  drawMarks(pointed) {
    const size = this.model.get("kernel_size");
    this.picture.mark("window", pointed, [size, size]);
    this.outcome.mark("pixel", pointed);
    if (!pointed) return this.links.draw([]);
    this.outcome.current = pointed;
    const [{ window }, { pixel }] = [this.picture.marks, this.outcome.marks];
    const { cells } = this.windowGrid;
    this.links.draw([[[window, window], [cells[0], cells.at(-1)]], [[this.answer, this.answer], [pixel, pixel]]]);
  }
}

export default explorer(PlaygroundView);
