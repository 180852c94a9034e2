// The page of NetworkBuilder. Python has built the layers and says what they cost; here they are listed,
// changed, moved, added and taken away. Every change is a wish: the whole network, as it should be.

const FACTS = ["output", "parameters", "multiply-adds", "memory", "receptive field"];

class NetworkBuilderView extends View {
  static kind = "NetworkBuilder";
  static watched = ["input_shape", "layers", "framework", "selected", "_rows", "_totals", "_code", "_refused"];

  get wish() {
    const { input_shape, layers, selected } = this.read();
    return this.pending._wish ?? (this.asked === null ? { input_shape, layers, selected } : this.model.get("_wish"));
  }

  change(changes, field = "") {
    this.wishes = (this.wishes ?? 0) + 1; // the same wish twice is two wishes
    this.ask({ _wish: { ...this.wish, ...changes, field, number: this.wishes } });
  }

  edit(row, name, value) {
    if (row === this.input) {
      const { input_shape } = this.wish;
      return this.change({ input_shape: input_shape.with([...row.fields.keys()].indexOf(name), value) }, name);
    }
    const place = this.rows.indexOf(row), { layers } = this.wish;
    this.change({ layers: layers.with(place, { ...layers[place], [name]: value }) }, `${place} ${name}`);
  }

  add() {
    const { layers, selected } = this.wish;
    const settings = { type: this.kinds.select.value, ...this.model.get("_kinds").start[this.kinds.select.value] };
    const place = (selected ?? layers.length - 1) + 1;
    this.rows.splice(place, 0, this.buildRow(settings));
    this.list.children[place].after(this.rows[place].element); // the first child is the input
    this.change({ layers: layers.toSpliced(place, 0, settings), selected: place });
  }

  drop(row) {
    const place = this.rows.indexOf(row), layers = this.wish.layers.toSpliced(place, 1);
    this.rows.splice(place, 1);
    row.element.remove();
    ((this.rows[place] ?? this.rows.at(-1))?.buttons[2] ?? this.kinds.select).focus();
    this.change({ layers, selected: layers.length ? Math.min(place, layers.length - 1) : null });
  }

  move(row, to) {
    const from = this.rows.indexOf(row), layers = [...this.wish.layers];
    if (to < 0 || to >= this.rows.length || to === from) return;
    // The others step aside: an element that is moved itself would lose the focus.
    if (to < from) row.element.after(...this.rows.slice(to, from).map((other) => other.element));
    else row.element.before(...this.rows.slice(from + 1, to + 1).map((other) => other.element));
    for (const list of [this.rows, layers]) list.splice(to, 0, ...list.splice(from, 1));
    this.change({ layers, selected: to });
  }

  // The parts

  build() {
    this.rows = [];
    this.input = this.buildRow({ type: "Input", height: 1, width: 1, channels: 1 });
    this.total = this.buildRow({ type: "All together" });
    this.list = make("ol.layers", { "aria-label": "Layers" }, this.input.element);
    this.kinds = this.choice("Add a layer", Object.keys(this.model.get("_kinds").start));
    this.frameworks = ["keras", "cnnlab"].map((name) =>
      this.act(name === "keras" ? "Keras" : name, () => this.write({ framework: name }), { value: name }));
    this.code = make("pre", { tabindex: "0", role: "region", "aria-label": "Code" });
    const controls = (...parts) => make("div.controls", ...parts);
    return [this.list, controls(this.kinds.box, this.act("Add", () => this.add())), this.total.element, this.note,
      controls(make("b", "As code"), ...this.frameworks, this.act("Copy", () => this.copy())), this.code];
  }

  buildRow({ type, ...settings }) {
    const row = { type, fields: new Map(), facts: {}, slab: make("span"), title: make("b.title"),
      said: make("div.said") };
    const fields = Object.keys(settings).map((name) => this.buildField(row, name));
    const facts = FACTS.map((name) => {
      row.facts[name] = make("span.number");
      return make("div.fact", make("span.size", name), row.facts[name]);
    });
    row.group = make("div.layer", { role: "group" },
      make("span.volume", { "aria-hidden": "true" }, row.slab),
      make("div.settings", row.title, ...fields), make("div.facts", ...facts));
    row.element = make(type === "All together" ? "div" : "li", { class: "row" }, row.group, row.said);
    if (!(type in this.model.get("_kinds").start)) return row;

    row.grip = make("span.grip", { "aria-hidden": "true", title: "Drag" }, "⠿");
    const move = (by) => () => this.move(row, this.rows.indexOf(row) + by);
    row.buttons = [this.act("↑", move(-1)), this.act("↓", move(+1)), this.act("×", () => this.drop(row))];
    row.group.prepend(row.grip);
    row.group.append(make("div.steps", ...row.buttons));
    const select = () => this.asked === null && this.write({ selected: this.rows.indexOf(row) });
    this.listen(row.element, "focusin pointerdown", select);
    this.letDrag(row);
    return row;
  }

  buildField(row, name) {
    const { start, options, words } = this.model.get("_kinds");
    if (options[name]) {
      const { box, select } = this.choice(name, options[name].map((one) => [one ?? "", one ?? "none"]),
        (value) => this.edit(row, name, value || null));
      row.fields.set(name, select);
      return box;
    }
    const optional = start[row.type]?.[name] === null;
    const input = make("input", { type: "number", autocomplete: "off", placeholder: optional ? "= pool" : "",
      ...(name === "rate" ? { min: 0, max: 0.9, step: 0.1 } : { min: 1 }) });
    this.listen(input, "input", () => {
      const number = input.type === "text" ? input.value.split(/[^\d.-]+/).map(Number) : input.valueAsNumber;
      if (optional && input.value === "" && !input.validity.badInput) this.edit(row, name, null);
      else if (Number.isNaN(number)) this.refuse(row, name, "Not a number: what was there before stays.");
      else this.edit(row, name, number);
    });
    this.listen(input, "keydown", (event) => event.key === "Escape" && this.restore(row, input));
    this.listen(input, "blur", () => this.asked === null && this.draw()); // else the answer draws
    row.fields.set(name, input);
    return make("div.control", make("label", make("span.name", words[name] ?? name), input));
  }

  letDrag(row) {
    let from = null, to;
    this.listen(row.grip, "pointerdown", (event) => {
      event.preventDefault();
      row.grip.setPointerCapture(event.pointerId);
      [from, to] = [event.clientY, this.rows.indexOf(row)];
      row.element.classList.add("dragged");
    });
    this.listen(row.grip, "pointermove", ({ clientY }) => {
      if (from === null) return;
      row.element.style.transform = `translateY(${clientY - from}px)`;
      const others = this.rows.filter((other) => other !== row).map(({ element }) => element);
      const middle = ({ top, height }) => top + height / 2;
      to = others.filter((element) => middle(element.getBoundingClientRect()) < clientY).length;
      for (const [i, { classList }] of others.entries()) {
        classList.toggle("above", i === to);
        classList.toggle("below", i === to - 1 && to === others.length);
      }
    });
    this.listen(row.grip, "pointerup pointercancel", ({ type }) => {
      if (from !== null && type === "pointerup") this.move(row, to);
      from = null;
      row.element.style.transform = "";
      for (const { element } of this.rows) element.classList.remove("dragged", "above", "below");
    });
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.code.textContent);
      this.note.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(this.code);
      this.note.textContent = "The code is selected: copy it with Ctrl+C.";
    }
  }

  // The picture

  draw() {
    const { input_shape, layers, framework, selected, _rows, _totals, _code, _refused } = this.read();
    if (_rows.length !== layers.length) return; // the rest is on its way
    const fits = ({ type }, i) => this.rows[i]?.type === type;
    // While Python works, the page may already show rows that it does not know yet.
    if (this.asked !== null && !(layers.every(fits) && layers.length === this.rows.length)) return;
    for (const [i, settings] of layers.entries()) {
      if (fits(settings, i)) continue;
      const row = this.buildRow(settings);
      if (this.rows[i]) this.rows[i].element.replaceWith(row.element);
      else this.list.append(row.element);
      this.rows[i] = row;
    }
    for (const row of this.rows.splice(layers.length)) row.element.remove();

    if (_refused !== this.refused && _refused.field) {
      const [name, place] = _refused.field.split(" ").reverse();
      this.refuse(place ? this.rows[place] : this.input, name, _refused.why);
    }
    this.refused = _refused;
    const [height, width, channels] = input_shape;
    this.drawRow(this.input, { height, width, channels }, _totals.input, "Input");
    this.drawRow(this.total, {}, _totals, "All together");
    for (const [i, row] of this.rows.entries()) {
      const name = `Layer ${i + 1}, ${row.type}`;
      this.drawRow(row, layers[i], _rows[i], name);
      row.title.textContent = `${i + 1} ${row.type}`;
      row.element.classList.toggle("selected", i === selected);
      for (const [j, does] of [`Move ${name}, up`, `Move ${name}, down`, `Remove ${name}`].entries())
        row.buttons[j].setAttribute("aria-label", does);
    }
    for (const one of this.frameworks) one.setAttribute("aria-pressed", one.value === framework);
    if (this.code.textContent !== _code[framework]) this.code.textContent = _code[framework];
    this.say(_totals.said);
  }

  drawRow(row, settings, says, name) {
    row.group.setAttribute("aria-label", name);
    row.title.textContent = name;
    for (const [field, input] of row.fields) {
      const value = settings[field], pair = Array.isArray(value);
      if (isInvalid(input) && input.typed === input.value) continue;
      if (pair) input.type = "text";
      if (document.activeElement !== input || input.tagName === "SELECT")
        input.value = pair ? value.join(" × ") : value ?? "";
      input.removeAttribute("aria-invalid");
    }
    for (const [i, fact] of FACTS.entries()) {
      const element = row.facts[fact];
      element.textContent = says[fact];
      element.parentElement.hidden = !says[fact];
      element.style.setProperty("--share", `${says.shares?.[i - 1] ?? 0}%`);
    }
    const [height, width] = says.volume ?? [0, 0];
    Object.assign(row.slab.style, { height: `${height}%`, width: `${width}%` });
    row.element.classList.toggle("wrong", Boolean(says.error));
    row.said.textContent = [...row.fields.values()].some(isInvalid) ? row.refused
      : says.error ? `Does not fit: ${says.error}` : says.note ?? "";
  }

  refuse(row, name, why) {
    const input = row.fields.get(name);
    input.setAttribute("aria-invalid", "true");
    input.typed = input.value;
    row.refused = row.said.textContent = why;
    this.say(why);
  }

  restore(row, input) {
    input.removeAttribute("aria-invalid");
    input.blur(); // which draws the number in use
    input.focus();
  }
}

export default explorer(NetworkBuilderView);
