// The page of ConfusionExplorer. Python has counted (`_table`), and sends the images of the chosen cell (`_cell`).

const ACROSS = 5; // images side by side

class ConfusionView extends View {
  static kind = "Confusion";
  static watched = ["_table", "_cell", "selected", "page", "example", "view", "order"];

  build() {
    const { names, per_page } = (this.table = this.model.get("_table"));
    this.view = this.choice("Numbers", [["counts", "counts"], ["percent", "% of the true class"]],
      (view) => this.write({ view }));
    this.order = this.choice("Classes", [["given", "as numbered"], ["mistakes", "most mistakes first"]],
      (order) => this.write({ order }));
    this.rank = make("div.hint");
    const steps = make("div.steps", ...this.buildArrows("mistake", (direction) => this.step(direction)));

    this.matrix = panel("Confusion matrix");
    this.matrix.size.textContent = "rows: true class, columns: predicted";
    this.grid = new Grid(this, this.matrix, "Confusion matrix", names.length, names.length);
    this.matrix.stage.classList.add("dense");
    this.tops = names.map((name) => make("th", { scope: "col" }, make("span", name)));
    this.sides = names.map((name) => make("th", { scope: "row" }, name));
    for (const [i, row] of this.grid.rows.entries()) row.prepend(this.sides[i]);
    this.grid.table.prepend(make("thead", make("tr", make("th.corner", "true ↓"), ...this.tops)));
    this.matrix.stage.classList.toggle("turned", longest(names) > 2);
    this.reading = make("div.reading");
    this.matrix.box.append(this.reading,
      make("div.hint", "Blue: right. Orange: mistakes. The stronger, the more."));
    this.listen(this.grid.table, "focusin", (event) => this.choose(event.target.closest("td")));
    this.listen(this.grid.table, "pointerover", (event) => this.read_out(event.target.closest("td")));
    this.listen(this.grid.table, "pointerleave", () => this.read_out(null));

    this.images = panel("Images");
    this.gallery = new Grid(this, this.images, "Images of this cell", per_page / ACROSS, ACROSS,
      { choose: (row, column, index) => this.items[index] && this.write({ example: this.items[index].index }) });
    this.pictures = this.gallery.cells.map((cell) => new Picture(this, { stage: cell }, ""));
    this.pager = make("span");
    this.pages = make("div.steps", ...this.buildArrows("page", (direction) => this.turn(direction)));
    this.images.box.append(make("div.pager", this.pager, this.pages));

    this.scores = panel("Scores");
    const [large, bars] = [make("div"), make("div")];
    this.scores.stage.append(large, bars);
    this.large = new Picture(this, { stage: large }, "");
    this.bars = new Bars({ stage: bars }, "Highest scores of this image");

    return [make("div.controls", this.view.box, this.order.box,
      make("div.control", make("span.name", "Mistakes by count"), steps, this.rank)),
    make("div.panels", this.matrix.box, this.images.box, this.scores.box), this.note];
  }

  // The state

  choose(cell) {
    const selected = this.classes(this.grid.cells.indexOf(cell));
    if (!equal(selected, this.model.get("selected"))) this.ask({ selected });
  }

  /** The true and the predicted class of a cell: where it lies, in the order shown. */
  classes(index) {
    const order = this.table.orders[this.model.get("order")];
    return this.grid.position(index).map((place) => order[place]);
  }

  step(direction) {
    const { ranked } = this.table;
    const now = this.rankOf(this.model.get("selected"));
    const next = now < 0 ? 0 : (now + direction + ranked.length) % ranked.length;
    if (ranked.length) this.ask({ selected: ranked[next] });
  }

  rankOf(selected) {
    return this.table.ranked.findIndex((cell) => equal(cell, selected));
  }

  turn(direction) {
    const { page, _cell } = this.read();
    const next = page + direction;
    if (next >= 0 && next < _cell.pages) this.ask({ page: next });
  }

  // The picture

  draw() {
    const state = this.read();
    const { view, order, selected, _cell } = state;
    if (view + order !== this.drawn) this.drawMatrix(state);
    const { ranked, orders } = this.table;
    const [row, column] = (selected ?? []).map((name) => orders[order].indexOf(name));
    this.grid.choose(row * this.grid.columns + column);
    const rank = this.rankOf(selected);
    this.rank.textContent = ranked.length ? `${rank < 0 ? "–" : rank + 1} of ${ranked.length} kinds` : "none";
    this.read_out(null);
    if (_cell !== this.given) this.drawGallery(_cell);
    this.drawExample(state);
  }

  drawMatrix({ view, order }) {
    this.drawn = view + order;
    this.view.select.value = view;
    this.order.select.value = order;
    const { names, orders } = this.table;
    const table = this.table[view];
    this.grid.setWidth(longest(table.text));
    for (const [place, name] of orders[order].entries()) {
      this.tops[place].firstChild.textContent = this.sides[place].textContent = names[name];
    }
    for (const [index, cell] of this.grid.cells.entries()) {
      const [row, column] = this.classes(index);
      const place = row * names.length + column;
      fill(cell, table.text[place], table.level[place]);
      cell.classList.toggle("none", this.table.counts.text[place] === "0");
    }
  }

  called(row, column) {
    const { names } = this.table;
    return row === column ? `${names[row]} recognized` : `${names[row]} taken for ${names[column]}`;
  }

  sentence(row, column) {
    const { names, totals, counts, percent } = this.table;
    const place = row * names.length + column;
    return `${this.called(row, column)}: ${counts.text[place]} of ${totals[row]} (${percent.text[place]} %)`;
  }

  /** Say in words what the cell under the pointer, or the chosen one, counts. */
  read_out(cell) {
    const { selected } = this.read();
    const classes = cell ? this.classes(this.grid.cells.indexOf(cell)) : selected;
    this.reading.textContent = classes ? this.sentence(...classes) : "Choose a cell to see its images.";
  }

  drawGallery(cell) {
    this.given = cell;
    this.items = cell.items;
    this.gallery.draw((_, row, column, i) => {
      const item = this.items[i];
      if (!item) return false;
      this.pictures[i].paint(item.picture);
      this.pictures[i].canvas.setAttribute("aria-label", `Image ${item.index}`);
    });
    const { page } = this.read();
    const { counts, names, per_page } = this.table;
    const [row, column] = cell.of;
    this.images.size.textContent = this.items.length ? this.called(row, column) : "";
    const first = page * per_page;
    this.pager.textContent = this.items.length
      ? `${first + 1}–${first + this.items.length} of ${counts.text[row * names.length + column]}, surest first`
      : "no images here";
    this.pages.classList.toggle("off", cell.pages < 2);
  }

  drawExample({ example, selected }) {
    const at = this.items.findIndex((item) => item.index === example);
    for (const [i, cell] of this.gallery.cells.entries()) {
      cell.classList.toggle("chosen", i === at);
      cell.setAttribute("aria-selected", i === at);
    }
    this.scores.stage.classList.toggle("off", at < 0);
    this.scores.size.textContent = at < 0 ? "" : `of image ${example}`;
    if (at < 0) return this.say(selected ? `${this.sentence(...selected)}.` : "");
    const { picture, bars } = this.items[at];
    this.gallery.setCurrent(at);
    if (this.items[at] !== this.shown) {
      this.shown = this.items[at];
      this.large.paint(picture);
      this.large.canvas.setAttribute("aria-label", `Image ${example}, large`);
      this.bars.draw(bars);
    }
    this.say(`${selected ? this.sentence(...selected) : ""}. Image ${example}: ` +
      `${bars.map(([name, text, , mark]) => `${name} ${text}${mark && `, ${mark}`}`).join("; ")}.`);
  }
}

export default explorer(ConfusionView);
