// The page of NetworkExplorer: a picture of every layer, and one number of one of them taken apart. Python
// has run the network, and explains the number that is asked for.

class NetworkView extends View {
  static kind = "Network";
  static watched = ["layer", "channel", "pixel", "_overview", "_scores", "_out", "_in", "_trace"];

  /** Show another number; without a pixel, the largest of that map. */
  go(layer, channel, pixel = null) {
    const now = this.read();
    if (this.asked === null && equal([layer, channel, pixel], [now.layer, now.channel, now.pixel])) return;
    this.ask({ layer, channel, pixel, input_channel: null });
  }

  /** Where a reader has pointed, in a picture that `_picture` made. */
  at({ layer, channel, axes }, row, column, columns) {
    this.go(layer, channel, axes === 2 ? [row, column] : [row * columns + column]);
  }

  build() {
    this.grids = [];
    this.overview = make("div.overview", { role: "group", "aria-label": "All layers" });
    this.layers = this.choice("Layer", [], (layer) => this.go(Number(layer), 0));
    this.maps = this.slider("Map", 0, (map) => this.go(this.read().layer, map));
    this.pictures = ["_in", "_out"].map((side) => {
      const box = panel(side === "_in" ? "What goes in" : "What comes out");
      const picture = new Picture(this, box, box.title.textContent, (row, column) => {
        const given = this.read()[side];
        const [rows, columns] = picture.size;
        if (row * columns + column < (given.axes ? rows * columns : given.count)) this.at(given, row, column, columns);
      }, { hover: false });
      return Object.assign(picture, { side, box });
    });
    this.sum = make("div.sum", { role: "group", "aria-label": "The arithmetic" });
    this.details = make("div.panels");
    this.scores = panel("Scores");
    this.bars = new Bars(this.scores, "Scores");
    const follow = (event) => {
      const go = event.target.closest("td")?.go;
      if (!go || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      if (go[0] === "source") this.ask({ input_channel: go[1] });
      else this.go(this.read().layer - 1, go[1], go[2]);
    };
    this.listen(this.details, "click keydown", follow);
    const link = (event) => {
      const place = event.target.closest("td")?.place;
      for (const { grid, given } of this.grids)
        for (const [i, cell] of grid.cells.entries()) cell.classList.toggle("linked", given.linked && i === place);
    };
    this.listen(this.details, "pointerover focusin pointerleave", link);
    return [this.note, make("div.sides", make("div", this.overview, this.scores.box),
      make("div.detail", make("div.controls", this.layers.box, this.maps.box),
        make("div.panels", ...this.pictures.map((picture) => picture.box.box)), this.sum, this.details))];
  }

  draw() {
    const state = this.read();
    const { layer, channel, pixel, _overview, _scores, _out, _in, _trace } = state;
    if (!_trace.of) return;
    if (_overview !== this.given) this.drawOverview(_overview);
    this.bars.draw(_scores);
    this.scores.box.hidden = !_scores.length;
    this.layers.select.value = layer;
    const { maps } = _overview[layer];
    this.maps.box.hidden = !(maps > 1);
    this.maps.draw(channel, (maps ?? 1) - 1, `of ${maps}`);
    for (const [i, { picture }] of this.sheets.entries()) {
      const columns = picture.size[1], tile = _overview[i].maps ? channel : pixel?.[0] ?? 0;
      picture.current = [Math.floor(tile / columns), tile % columns];
      picture.mark("chosen", i === layer && tile < _overview[i].count ? picture.current : null);
    }
    if (`${_trace.of}` !== `${[layer, channel]}`) return; // Python is about to explain another map
    this.sheets[0].picture.mark("field", ..._trace.field ?? [null]);
    for (const picture of this.pictures) {
      const given = state[picture.side];
      picture.box.box.hidden = !given.picture;
      if (!given.picture) continue;
      if (given !== picture.given) picture.paint(given.picture);
      picture.given = given;
      picture.box.size.textContent = given.says;
      if (picture.side === "_in") picture.mark("window", ..._trace.window ?? [null]);
      else if (pixel) {
        const columns = picture.size[1];
        picture.current = given.axes === 2 ? pixel : [Math.floor(pixel[0] / columns), pixel[0] % columns];
        picture.mark("chosen", picture.current);
      }
    }
    this.sum.replaceChildren(make("b", _trace.title), ..._trace.lines.map((line) => make("div", line)),
      make("div.size", _trace.hint));
    this.drawGrids(_trace.grids);
    this.say(`${_trace.title}. ${_trace.lines.join(" ")}`);
  }

  drawOverview(overview) {
    this.given = overview;
    this.layers.fillWith(overview.map(({ name }, i) => [i, name]));
    if (this.sheets?.length !== overview.length) {
      this.sheets = overview.map(({ name }, i) => {
        const box = panel(name);
        const picture = new Picture(this, box, `${name}: choose a map`, (row, column) => {
          const { maps, count } = this.given[i], tile = row * picture.size[1] + column;
          if (tile < count) this.go(i, maps ? tile : 0, maps ? null : [tile]);
        }, { hover: false });
        return { box, picture };
      });
      this.overview.replaceChildren(...this.sheets.map(({ box }) => box.box));
    }
    for (const [i, { box, picture }] of this.sheets.entries()) {
      box.size.textContent = overview[i].says;
      picture.paint(overview[i].sheet);
      picture.size = overview[i].tiles; // a reader moves from map to map, not from pixel to pixel
      box.stage.style.setProperty("--width", `${overview[i].width}em`);
    }
  }

  drawGrids(grids) {
    const layout = JSON.stringify(grids.map(({ columns, text }) => [columns, text.length]));
    if (layout !== this.layout) {
      const focused = this.details.contains(document.activeElement);
      this.layout = layout;
      this.grids = grids.map((given) => {
        const box = panel(given.name);
        const grid = new Grid(this, box, given.name, Math.ceil(given.text.length / given.columns), given.columns);
        for (const cell of grid.cells.slice(given.text.length)) cell.classList.add("off");
        return { box, grid, given };
      });
      this.details.replaceChildren(...this.grids.map(({ box }) => box.box));
      if (focused) this.grids[0]?.grid.cells[this.grids[0].grid.current].focus();
    }
    for (const [i, { box, grid }] of this.grids.entries()) {
      const given = (this.grids[i].given = grids[i]);
      box.title.textContent = given.name;
      box.box.classList.toggle("whole", !given.linked);
      grid.table.setAttribute("aria-label", given.name);
      grid.setWidth(longest(given.text) + (given.labels ? longest(given.labels) + 2 : 0));
      for (const [k, text] of given.text.entries()) {
        const cell = grid.cells[k];
        fill(cell, given.labels ? `${given.labels[k]}: ${text}` : text, given.level[k]);
        Object.assign(cell, { go: given.go[k], place: k });
        cell.classList.toggle("go", Boolean(given.go[k]));
        cell.classList.toggle("padding", given.padding.includes(k));
        cell.classList.toggle("chosen", given.chosen === k);
      }
    }
  }
}

export default explorer(NetworkView);
