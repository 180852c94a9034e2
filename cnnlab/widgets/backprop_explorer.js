// The page of BackpropExplorer. Python sends every number after each step (`_states`); here they are
// looked up, and written as the sums that the gradients are.

const QUANTITIES = { image: "Image", kernel: "Kernel", output: "Output", target: "Target" };

class BackpropView extends View {
  static kind = "Backprop";
  static watched = ["_states", "learning_rate", "steps", "selected"];

  go(steps) {
    const wanted = within(steps, 0, this.states.most + 1);
    if (wanted !== this.wanted) this.ask({ steps: wanted });
    return wanted === this.states.most;
  }

  /** How many steps there will be once Python has answered. */
  get wanted() {
    return this.pending.steps ?? this.read().steps;
  }

  build() {
    this.panels = {};
    const columns = Object.entries(QUANTITIES).map(([name, title]) => {
      this.panels[name] = panel(title);
      if (name === "target") return make("div.column", this.panels[name].box);
      this.panels[`d_${name}`] = panel(`∂loss/∂${name}`);
      return make("div.column", this.panels[name].box, this.panels[`d_${name}`].box);
    });
    this.sum = make("div.sum", { role: "group", "aria-label": "The sum" });
    this.loss = panel("Loss");
    this.chart = new Chart(this, this.loss, "The loss after each step", { x: "step", y: "loss" });
    this.result = make("div.said");
    this.fields = new Fields(this, 1, {
      typed: (_, text) => this.write({ learning_rate: Number(text) }),
      now: () => String(this.read().learning_rate),
    });
    const [rate] = this.fields.inputs;
    rate.setAttribute("aria-label", "Learning rate");
    const forth = () => this.go(this.wanted + 1);
    const acts = { "◀ Undo": () => this.go(this.wanted - 1), "Step ▶": forth, Reset: () => this.go(0) };
    this.buttons = Object.entries(acts).map(([name, action]) => this.act(name, () => (this.pause(), action())));
    const [undo, step, reset] = this.buttons;
    const steps = make("div.steps", make("label", make("span.name", "Learning rate"), " ", rate), undo, step,
      this.buildPlay(forth), reset);
    const learn = make("div.learn", steps, this.fields.message, this.loss.box, this.result, this.note);
    return [make("div.panels", ...columns, this.sum, learn)];
  }

  buildGrids({ shapes }) {
    this.grids = {};
    for (const [name, box] of Object.entries(this.panels)) {
      const which = quantity(name);
      this.grids[name] = new Grid(this, box, box.title.textContent, ...shapes[which],
        { choose: (row, column) => this.write({ selected: [which, row, column] }) });
      box.size.textContent = name.startsWith("d_") ? "" : size(shapes[which]);
    }
  }

  draw() {
    const { _states, steps, selected } = this.read();
    if (_states !== this.given) {
      this.given = _states;
      const before = JSON.stringify(this.states?.shapes);
      this.states = { ..._states, grids: Object.fromEntries(
        Object.entries(_states.grids).map(([name, numbers]) => [name, unpack(numbers)])) };
      if (JSON.stringify(_states.shapes) !== before) this.buildGrids(_states);
      for (const [name, { text, level }] of Object.entries(this.states.grids)) {
        const grid = this.grids[name];
        const given = name === "image" || name === "target"; // the others change, so leave them room
        grid.setWidth(Math.max(given ? 1 : 6, longest(text)));
        for (const [i, cell] of grid.cells.entries()) fill(cell, text[i], level[i]);
      }
      this.loss.size.textContent = `the mean of (output − target)²: ${_states.loss}`;
      this.result.textContent = _states.note;
      this.chart.names.y = _states.chart.name;
      this.chart.draw(_states.chart);
    }
    this.buttons[0].disabled = this.buttons[2].disabled = steps === 0;
    this.fields.draw(0);
    this.loss.title.textContent = `Loss after ${count(steps, "step")}`;
    this.drawSelection(selected);
  }

  at(name, row, column) {
    const columns = this.states.shapes[quantity(name)][1];
    return row * columns + column;
  }

  /** `first × second` for two cells, which are outlined. */
  term(one, other) {
    return [one, other].map(([name, row, column]) => {
      const place = this.at(name, row, column);
      this.grids[name].cells[place].classList.add("window");
      return factor(this.states.grids[name].text[place]);
    }).join("×");
  }

  drawSelection(selected) {
    for (const cell of this.root.querySelectorAll("td.window, td.chosen")) cell.classList.remove("window", "chosen");
    if (!selected) {
      this.sum.textContent = "Point at a number to see where it comes from.";
      return;
    }
    const [which, row, column] = selected;
    const { shapes, signs, error_signs, grids } = this.states;
    const [rows, columns] = shapes[which === "kernel" ? "output" : "kernel"];
    const terms = [];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        if (which === "kernel") terms.push(this.term(["d_output", i, j], ["image", row + i, column + j]));
        else if (which === "output") terms.push(this.term(["image", row + i, column + j], ["kernel", i, j]));
        else if (row >= i && column >= j && row - i < shapes.output[0] && column - j < shapes.output[1])
          terms.push(this.term(["d_output", row - i, column - j], ["kernel", i, j]));
      }
    }
    const place = this.at(which, row, column);
    const chosen = which === "output" ? ["output", "target", "d_output"] : [which, `d_${which}`];
    for (const name of chosen) this.grids[name].cells[place].classList.add("chosen");
    for (const name of chosen) this.grids[name].setCurrent(place);

    const here = `${which}[${row}, ${column}]`;
    const text = (name) => grids[name].text[place];
    const outputs = terms.length === 1 ? "1 output" : `${terms.length} outputs`;
    const sums = which === "output"
      ? [[`${here} =`, terms, signs.output[place], text("output")],
        [`∂loss/∂${here} =`, [`2×(${text("output")} − ${factor(text("target"))}) / ${grids.output.text.length}`],
          error_signs[place], text("d_output")]]
      : [[`∂loss/∂${here} =`, terms, signs[which][place], text(`d_${which}`)]];
    const why = {
      kernel: `This weight touched ${outputs}. For each: the output’s gradient × the pixel that the weight met there.`,
      image: `This pixel touched ${outputs}. For each: the output’s gradient × the weight that met the pixel there.`,
      output: "The output, and how the loss changes with it: the derivative of the mean of (output − target)².",
    }[which];
    this.sum.replaceChildren(make("div.size", why), ...sums.map(([name, terms, sign, total]) =>
      make("div", make("b", name), " ", ...terms.flatMap((term, i) => [i ? " + " : "", make("span", term)]),
        ` ${sign} `, make("b.total", total))));
    this.say(`${sums.at(-1)[0]} ${sums.at(-1)[3]}. ${why} Loss ${this.states.loss}. ${this.states.note}`);
  }
}

/** Whose places a table has: "d_kernel" those of the kernel. */
const quantity = (name) => (name === "target" ? "output" : name.replace("d_", ""));

export default explorer(BackpropView);
