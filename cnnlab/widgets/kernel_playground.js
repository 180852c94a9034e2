// The page of KernelPlayground. Python computes the result, the histogram and the sum; here they are painted.

const OPENED = 192; // pixels of an opened image, at most, in each direction

class PlaygroundView extends View {
  static kind = "Playground";
  static watched = ["_image", "_shown", "_sum", "preset", "kernel_size", "source", "pen", "negative", "mark_clipped",
    "pointed"];

  build() {
    this.image = panel("Image");
    this.kernel = panel("Kernel");
    this.result = panel("Result");
    this.histogram = panel("Histogram");
    this.picture = new Picture(this, this.image, "The image", (...at) => this.touch(...at));
    this.outcome = new Picture(this, this.result, "The result", (row, column) => this.point([row, column]));
    this.listen(this.picture.frame, "keydown", (event) => {
      if (event.key === " ") this.touch(...this.picture.current, event);
    });

    this.source = choice("Image", ["photo", "scene", "blank", "yours"]);
    this.pen = choice("Pen", ["off", "white", "black"]);
    this.preset = choice("Preset", ["identity", "box blur", "gaussian blur", "sharpen", "sobel x", "sobel y",
      "laplacian", "emboss", "custom"]);
    this.size = choice("Size", [[3, "3 × 3"], [5, "5 × 5"]]);
    this.negative = choice("Negative values", [["clip", "clip to black"], ["offset", "offset: 0 is gray"],
      ["absolute", "absolute: no signs"]]);
    this.mark = checkbox("Mark what is clipped");
    const file = make("input", { type: "file", accept: "image/*" });
    const open = make("label", { class: "file" }, "Open an image", file);
    for (const [name, element, value] of [
      ["source", this.source.select], ["pen", this.pen.select], ["preset", this.preset.select],
      ["negative", this.negative.select], ["kernel_size", this.size.select, Number]])
      this.listen(element, "input", () => this.ask({ [name]: (value ?? String)(element.value) }));
    this.listen(this.mark.input, "input", () => this.ask({ mark_clipped: this.mark.input.checked }));
    this.listen(file, "change", () => this.open(file));

    this.bars = make("div", { class: "bars-of", role: "img" });
    this.histogram.stage.append(this.bars);
    this.range = make("div");
    this.clipped = make("div");
    this.weights = make("div");
    this.sum = make("div", { class: "sum", role: "group", "aria-label": "The sum" });
    this.image.box.append(make("div", { class: "controls" }, this.source.box, this.pen.box, open));
    this.result.box.append(make("div", { class: "controls" }, this.negative.box, this.mark.label), this.clipped);
    this.root.append(make("div", { class: "panels" }, this.image.box,
      make("div", { class: "middle" }, make("div", { class: "controls" }, this.preset.box, this.size.box),
        this.kernel.box), this.result.box,
      make("div", { class: "middle sums" }, this.histogram.box, this.range, this.sum)), this.note, this.live);
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
    const pointed = cell.map((place, axis) => Math.max(0, Math.min(place, this.outcome.size[axis] - 1)));
    this.drawMarks(pointed);
    if (`${pointed}` !== `${this.pending.pointed ?? this.model.get("pointed")}`) this.ask({ pointed });
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
      this.grid = new Grid(this, this.kernel, "Kernel", length, length, this.fields.inputs);
      this.kernel.box.append(this.weights, this.fields.message);
    }
    this.kernel.size.textContent = `${this.grid.columns} × ${this.grid.columns}, type to change`;
    this.grid.setWidth(longest(_shown.kernel) + 1);
    for (const [place, cell] of this.grid.cells.entries()) {
      this.fields.draw(place, `kernel[${this.grid.position(place).join(", ")}]`);
      cell.dataset.level = _shown.levels[place];
    }
    for (const [name, control] of [["source", this.source], ["pen", this.pen], ["preset", this.preset],
      ["negative", this.negative], ["kernel_size", this.size]]) control.select.value = state[name];
    this.mark.input.checked = state.mark_clipped;

    if (_image !== this.painted) this.picture.paint((this.painted = _image));
    if (_shown !== this.given) {
      this.given = _shown;
      this.outcome.paint(_shown.result);
      const { bars, marks, said } = _shown.histogram;
      this.bars.setAttribute("aria-label", `Histogram of the result. ${said}`);
      this.range.textContent = said;
      this.bars.replaceChildren(...bars.map(([height, clipped]) => {
        const bar = make("i", clipped ? { class: "clipped" } : {});
        bar.style.height = `${height}%`;
        return bar;
      }), ...marks.map(([left, text]) => {
        const mark = make("span", {}, text);
        mark.style.left = `${left}%`;
        return mark;
      }));
      [this.image.size.textContent, this.result.size.textContent] = _shown.sizes;
      this.clipped.textContent = _shown.clipped;
      this.weights.textContent = _shown.weights;
    }
    this.drawMarks(pointed);
    const { target = "Point at a pixel of the result to see its sum.", lines = [], total = "" } = _sum;
    this.sum.replaceChildren(...[target, ...lines.map((line, at) => (at ? `+ ${line}` : line)), total].map((text) =>
      make("div", {}, text)));
    this.sum.lastChild.className = "total";
    this.say(pointed ? `${target} ${total.slice(2)}. ${_shown.clipped}` : _shown.clipped);
  }

  drawMarks(pointed) {
    const size = this.model.get("kernel_size");
    this.picture.mark("window", pointed, [size, size]);
    this.outcome.mark("pixel", pointed);
    if (pointed) this.outcome.current = pointed;
  }

  drawBusy() {
    this.fields.drawMessage();
    if (this.asked === null) this.schedule(); // what was typed can be shown as Python has it
  }
}

export default explorer(PlaygroundView);
