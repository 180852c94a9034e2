// The page of DrawDigit. It holds the sheet; Python says what the network sees, and its scores.

const BLANK = 112; // pixels along a side of an empty sheet
const NETWORK = 28;
const KEPT = 50; // drawings that can be brought back

class DrawView extends View {
  static kind = "Draw";
  static watched = ["image", "centered", "brush", "_seen"];

  build() {
    this.drawings = [];
    this.pen = { row: NETWORK / 2, column: NETWORK / 2, down: false };
    this.sheet = panel("Draw here");
    this.paper = new Picture(this, this.sheet, "Your drawing");
    this.paper.canvas.setAttribute("aria-hidden", "true");
    this.frame = this.paper.frame;
    set(this.frame, { tabindex: "0", role: "application", "aria-roledescription": "sheet",
      "aria-label": "Sheet to draw on: arrow keys move the pen, the space bar puts it down and lifts it" });
    this.listenToPointer();
    this.listen(this.frame, "keydown", (event) => this.key(event));
    this.undoButton = this.act("Undo", () => this.undo());
    this.penButton = this.act("Pen down", () => this.putPen(!this.pen.down), { "aria-pressed": "false" });
    this.thickness = this.slider("Brush", 1, (brush) => this.write({ brush }));
    const help = "Mouse or finger; or keys: arrows move the pen, space puts it down and lifts it.";
    this.sheet.box.append(make("div.hint", help),
      make("div.steps", this.undoButton, this.act("Clear", () => this.clear()), this.penButton), this.thickness.box);

    this.network = panel("The network sees");
    this.network.size.textContent = "28 × 28";
    this.sees = new Picture(this, this.network, "What the network sees");
    this.center = this.checkbox("Center it as MNIST does", (centered) => this.ask({ centered }));
    this.steps = make("div.how");
    this.swapped = make("span");
    this.invert = make("div.swapped", this.swapped, " ",
      this.act("Invert", () => this.ask({ _inverted: this.model.get("_inverted") + 1 })));
    this.network.box.append(this.center.label, this.steps, this.invert);

    this.result = panel("Scores");
    this.bars = new Bars(this.result, "Scores");
    return [make("div.panels", this.sheet.box, this.network.box, this.result.box), this.note];
  }

  // Drawing

  listenToPointer() {
    this.listen(this.frame, "pointerdown", (event) => {
      if (event.button !== 0) return;
      this.frame.setPointerCapture(event.pointerId);
      this.keep();
      this.last = this.paper.at(event);
      this.line(this.last, this.last);
    });
    this.listen(this.frame, "pointermove", (event) => {
      if (!this.last) return;
      const here = this.paper.at(event);
      this.line(this.last, here);
      this.last = here;
    });
    this.listen(this.frame, "pointerup pointercancel", () => (this.last = null));
  }

  key(event) {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const [down, right] = ARROWS[event.key] ?? [0, 0];
    if (event.key === " ") this.putPen(!this.pen.down);
    else if (down || right) this.movePen(down, right);
    else return;
    event.preventDefault();
  }

  putPen(down) {
    this.pen.down = down;
    if (down) {
      this.keep();
      this.line(this.penAt(), this.penAt());
    }
    this.drawPen();
  }

  movePen(down, right) {
    const before = this.penAt();
    const inside = (place) => within(place, 0.5, NETWORK + 0.5);
    this.pen.row = inside(this.pen.row + down);
    this.pen.column = inside(this.pen.column + right);
    if (this.pen.down) this.line(before, this.penAt());
    this.drawPen();
  }

  penAt() {
    const [rows, columns] = this.paper.size;
    return [(this.pen.row * rows) / NETWORK, (this.pen.column * columns) / NETWORK];
  }

  line([fromRow, fromColumn], [row, column]) {
    const context = this.paper.canvas.getContext("2d");
    Object.assign(context, { strokeStyle: "white", lineCap: "round",
      lineWidth: (this.model.get("brush") * Math.max(...this.paper.size)) / NETWORK });
    context.beginPath();
    context.moveTo(fromColumn, fromRow);
    context.lineTo(column + 0.01, row); // a line of no length would leave no dot
    context.stroke();
    if (!this.timers.has("send")) this.after("send", 0, () => this.send(this.drawing()));
  }

  /** The drawing, as Python wants it. */
  drawing() {
    const [rows, columns] = this.paper.size;
    const { data } = this.paper.canvas.getContext("2d").getImageData(0, 0, columns, rows);
    let letters = "";
    for (let place = 0; place < data.length; place += 4) letters += String.fromCharCode(data[place]);
    return { size: [rows, columns], pixels: btoa(letters) };
  }

  send(image) {
    this.mine = image.pixels;
    this.ask({ image });
  }

  keep() {
    this.drawings.push(this.drawing());
    if (this.drawings.length > KEPT) this.drawings.shift();
    this.undoButton.disabled = false;
  }

  undo() {
    const before = this.drawings.pop();
    this.undoButton.disabled = !this.drawings.length;
    if (before) this.show(before);
  }

  clear() {
    this.keep();
    this.show({ size: [BLANK, BLANK], pixels: btoa("\0".repeat(BLANK * BLANK)) });
  }

  show(image) {
    this.cancel("send");
    this.paper.paint(image);
    this.send(image);
  }

  // The picture

  draw() {
    const { image, centered, brush, _seen } = this.read();
    if (image.pixels !== this.known) {
      this.known = image.pixels;
      if (image.pixels !== this.mine) {
        if (this.mine !== undefined) this.keep(); // Python has put another drawing here
        this.paper.paint(image);
        this.mine = image.pixels;
      }
    }
    this.undoButton.disabled = !this.drawings.length;
    this.thickness.draw(brush, 6, `${brush} of 28 pixels wide`);
    this.center.input.checked = centered;
    this.sees.paint(_seen.picture);
    this.steps.textContent = _seen.steps;
    this.swapped.textContent = _seen.swapped;
    this.invert.hidden = !_seen.swapped;
    this.paper.mark("cut", _seen.cut, _seen.cut?.slice(2));
    this.sees.mark("box", _seen.box, _seen.box?.slice(2));
    this.sees.mark("middle", _seen.box && [13.5, 13.5]);
    this.bars.draw(_seen.bars);
    this.drawPen();
  }

  drawPen() {
    const size = this.model.get("brush");
    const [rows, columns] = this.paper.size;
    const thick = (size * Math.max(rows, columns)) / NETWORK;
    const [row, column] = this.penAt();
    this.paper.mark("pen", [row - thick / 2, column - thick / 2], [thick, thick]);
    this.penButton.setAttribute("aria-pressed", this.pen.down);
    this.frame.classList.toggle("down", this.pen.down);
    const { row: y, column: x, down } = this.pen;
    const where = `Pen ${down ? "down" : "up"} at row ${y}, column ${x} of ${NETWORK}. `;
    this.say((document.activeElement === this.frame ? where : "") + this.model.get("_seen").said);
  }
}

export default explorer(DrawView);
