// The page of KernelPlayground. Python computes the result, the histogram and the sum; here they are painted.

const OPENED = 192; // pixels of an opened image, at most, in each direction

class PlaygroundView extends View {
  static kind = "Playground";
  static watched = ["_image", "_shown", "_sum", "preset", "kernel_size", "source", "pen", "negative", "mark_clipped",
    "pointed"];

  build() {
    [this.image, this.kernel, this.result, this.histogram] = ["Image", "Kernel", "Result", "Histogram"].map(panel);
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

    this.bars = make("div.bars-of", { role: "img" });
    this.histogram.stage.append(this.bars);
    [this.range, this.clipped, this.weights] = ["div", "div", "div"].map((kind) => make(kind));
    this.sum = make("div.sum", { role: "group", "aria-label": "The sum" });
    this.image.box.append(make("div.controls", source.box, pen.box, make("label.file", "Open an image", file)));
    this.result.box.append(make("div.controls", negative.box, this.clipping.label), this.clipped);
    return [make("div.panels", this.image.box,
      make("div.middle", make("div.controls", preset.box, kernel_size.box), this.kernel.box), this.result.box,
      make("div.middle.sums", this.histogram.box, this.range, this.sum)), this.note];
  }

  /** The pointer, or a key, is on a pixel of the image: draw with the pen; else show where the window is. */
  touch(row, column, event) {
    const pressed = event && (event.type !== "pointermove" || event.buttons);
    if (this.model.get("pen") !== "off" && pressed)
      return this.ask({ _strokes: [...(this.pending._strokes ?? []), [row, column]] });
    const reach = (this.model.get("kernel_size") - 1) / 2;
    this.point([row - reach, column - reach]); // the window around this pixel
  }

  point(cell) {
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
      this.grid = new Grid(this, this.kernel, "Kernel", length, length, { inputs: this.fields.inputs });
      this.kernel.box.append(this.weights, this.fields.message);
    }
    this.kernel.size.textContent = `${this.grid.columns} × ${this.grid.columns}, type to change`;
    this.grid.setWidth(longest(_shown.kernel) + 1);
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
      this.clipped.textContent = _shown.clipped;
      this.weights.textContent = _shown.weights;
    }
    this.drawMarks(pointed);
    const { target = "Point at a pixel of the result to see its sum.", lines = [], total = "" } = _sum;
    this.sum.replaceChildren(...[target, ...lines.map((line, at) => (at ? `+ ${line}` : line)), total].map((text) =>
      make("div", text)));
    this.sum.lastChild.className = "total";
    this.say(pointed ? `${target} ${total.slice(2)}. ${_shown.clipped}` : _shown.clipped);
  }

  drawMarks(pointed) {
    const size = this.model.get("kernel_size");
    this.picture.mark("window", pointed, [size, size]);
    this.outcome.mark("pixel", pointed);
    if (pointed) this.outcome.current = pointed;
  }
}

export default explorer(PlaygroundView);
