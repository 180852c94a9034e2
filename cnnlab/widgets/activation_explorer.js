// The page of ActivationExplorer. Python has computed the function that is shown at every place where the point
// can stand (`_states`), and the softmax of the logits (`_softmax`); other functions and logits are asked for.

// share of i = e^((z of i + c) / T) / the sum of that over all classes
const POWER = (index) => `<msup><mi>e</mi><mrow><mo>(</mo><msub><mi>z</mi><mi>${index}</mi></msub>` +
  "<mo>+</mo><mi>c</mi><mo>)</mo><mo>/</mo><mi>T</mi></mrow></msup>";
const SOFTMAX = `<math display="inline"><msub><mtext>share</mtext><mi>i</mi></msub><mo>=</mo>` +
  `<mfrac displaystyle="true"><mrow>${POWER("i")}</mrow><mrow><munder><mo>∑</mo><mi>j</mi></munder>${POWER("j")}</mrow></mfrac></math>`;
const TEMPERATURES = [0.1, 0.2, 0.5, 1, 2, 5, 10];

class ActivationView extends View {
  static kind = "Activation";
  static first = "Drag along the curve.";
  static watched = ["name", "x", "negative_slope", "alpha", "logits", "temperature", "constant", "_states", "_softmax"];

  build() {
    this.name = this.choice("Function", ["relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "silu", "gelu",
      "softmax"], (name) => this.ask({ name }));
    this.parameter = this.slider("Parameter", 0, (value) => this.ask({ [this.states.parameter.name]: value }));
    this.formula = make("div.formula");
    [this.curve, this.derivative] = ["Function", "Slope"].map(panel);
    const choose = (index) => (this.begun(), this.write({ x: this.states.stops[index] }));
    this.chart = new Chart(this, this.curve, "x", { x: "x", choose });
    this.slopes = new Chart(this, this.derivative, "x, on the slope", { x: "x", choose, first: 1 });
    this.curve.size.textContent = "with its tangent";
    this.derivative.size.textContent = "the derivative: how steep";
    this.pushed = panel("Pushed through");
    this.histogram = new Chart(this, this.pushed, "Histogram of 2000 normal random numbers, before and after",
      { x: "value", y: "share, %" });
    this.pushed.size.textContent = "2000 normal random numbers";
    this.told = make("div.told");
    this.sentence = make("div.worked");
    this.plots = make("div.scene", this.curve.box, this.derivative.box, this.sentence, this.pushed.box, this.told);
    this.links = new Links(this, this.plots);
    return [make("div.controls.strip", this.name.box, this.parameter.box, this.formula), this.notes, this.plots,
      this.buildSoftmax()];
  }

  buildSoftmax() {
    this.temperature = this.slider("Temperature", 0, (place) => this.ask({ temperature: TEMPERATURES[place] }));
    this.constant = this.slider("Constant c", -100, (constant) => this.ask({ constant }));
    const less = this.act("−", () => this.setLogits((logits) => logits.slice(0, Math.max(3, logits.length - 1))),
      { "aria-label": "One class less" });
    const more = this.act("+", () => this.setLogits((logits) => [...logits, 0].slice(0, 6)),
      { "aria-label": "One class more" });
    this.bars = Array.from({ length: 6 }, (_, i) => {
      const input = make("input", { type: "range", min: -10, max: 10, step: 0.1, "aria-label": `Logit of class ${i}` });
      this.listen(input, "input", () =>
        this.setLogits((logits) => logits.map((logit, k) => (k === i ? Number(input.value) : logit))));
      const cells = ["logit", "raised", "powers", "probabilities"].map((name) => [name, make("td")]);
      const bar = make("span.bar");
      const row = make("tr", make("th", { scope: "row" }, String(i)), make("td", input),
        ...cells.map(([, cell]) => cell), make("td.track", bar));
      return { input, row, bar, cells: Object.fromEntries(cells) };
    });
    this.totals = [make("td"), make("td")];
    const heads = ["class", "logit", "z", "(z+c)/T", "power", "share"];
    const table = make("table.softmax",
      make("thead", make("tr", ...heads.map((head) => make("th", { scope: "col" }, head)), make("td"))),
      make("tbody", ...this.bars.map(({ row }) => row)),
      make("tfoot", make("tr", make("th", { scope: "row" }, "sum"), make("td"), make("td"), make("td"),
        ...this.totals, make("td"))));
    this.proof = make("div.worked");
    this.softmax = make("div", make("div.controls", this.temperature.box, this.constant.box,
      make("div.control", make("span.name", "Classes"),
        make("div.steps", less, more))),
      make("div.scroll", table), this.proof);
    return this.softmax;
  }

  setLogits(change) {
    this.begun();
    this.ask({ logits: change(this.pending.logits ?? this.model.get("logits")) });
  }

  draw() {
    const state = this.read();
    this.states = state._states;
    const isSoftmax = state.name === "softmax";
    if (this.asked === null) this.name.select.value = state.name;
    this.plots.hidden = isSoftmax;
    this.softmax.hidden = !isSoftmax;
    if (isSoftmax) this.drawSoftmax(state);
    else this.drawPoint(state);
  }

  drawPoint(state) {
    if (this.states.of?.[0] !== state.name) return; // Python is about to send it
    const { stops, parameter } = this.states;
    if (this.states !== this.given) {
      this.given = this.states;
      this.chart.draw(this.states.chart);
      this.slopes.draw(this.states.slopes);
      this.tangent = svg("path.tangent");
      this.chart.area.append(this.tangent);
      this.histogram.draw(this.states.histogram);
      this.told.textContent = this.states.pushed;
      this.formula.textContent = this.states.formula;
      this.isTypeset = false;
    }
    this.parameter.box.hidden = !parameter;
    if (parameter && this.asked === null) {
      this.parameter.called.textContent = parameter.name;
      this.parameter.input.min = parameter.ends[0];
      this.parameter.input.step = 0.05;
      this.parameter.draw(state[parameter.name], parameter.ends[1], "for x below 0");
    }
    const index = stops.indexOf(state.x);
    if (index < 0) return; // Python is about to send it
    const [x, value, slope] = ["x", "value", "slope"].map((name) => this.states[name][index]);
    const said = `x = ${x}: ${state.name}(x) = ${value}, slope ${slope}.`;
    const [height, steepness] = this.states.y.map((numbers) => numbers[index]);
    this.chart.mark(index, [height], [value], said);
    this.slopes.mark(index, [steepness], [slope], said);
    this.links.draw([[[this.chart.dots[0], this.chart.dots[0]], [this.slopes.dots[0], this.slopes.dots[0]]]]);
    const [from, to] = this.states.tangent[index];
    const at = (moved, y) => `${this.chart.place("x", state.x + moved)} ${this.chart.place("y", y)}`;
    this.tangent.setAttribute("d", `M${at(-1, from)}L${at(1, to)}`);
    this.sentence.textContent = said + (stops[index] === 0 ? ` ${this.states.kink}` : "");
    this.say(this.sentence.textContent);
  }

  drawSoftmax({ logits, temperature, constant, _softmax: shown }) {
    if (!this.isTypeset) this.formula.innerHTML = SOFTMAX;
    this.isTypeset = true;
    this.given = null;
    this.links.draw([]);
    this.parameter.box.hidden = true;
    for (const [i, { input, row, bar, cells }] of this.bars.entries()) {
      row.hidden = i >= logits.length;
      if (row.hidden) continue;
      if (this.asked === null) input.value = logits[i];
      input.setAttribute("aria-valuetext", `${shown.logits[i]}, probability ${shown.probabilities[i]}`);
      cells.logit.textContent = shown.logits[i];
      for (const name of ["raised", "powers", "probabilities"]) cells[name].textContent = shown[name][i];
      bar.style.width = `${shown.percents[i]}%`;
    }
    this.totals[0].textContent = shown.total;
    this.totals[1].textContent = shown.sum;
    if (this.asked === null) {
      const near = TEMPERATURES.findIndex((one) => one >= temperature);
      this.temperature.draw(near, TEMPERATURES.length - 1, temperature < 1 ? "sharper" : temperature > 1 ? "more even"
        : "divides by 1", String(temperature));
      this.constant.draw(constant, 100, "added to each logit");
    }
    this.proof.textContent = constant === 0 ? "Add a constant to every logit: which probabilities change?"
      : shown.unchanged ? "The constant changes no probability: in e^(z + c) = e^z · e^c, e^c cancels."
      : "The constant has changed a probability.";
    this.say(`Probabilities ${logits.map((_, i) => shown.probabilities[i]).join(", ")}.`);
  }
}

export default explorer(ActivationView);
