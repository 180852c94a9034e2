// The page of TrainingMonitor. Python sends the curves a few times a second, while `fit` runs.

class TrainingView extends View {
  static kind = "Training";
  static watched = ["_progress", "_charts", "state", "selected", "_run"];

  build() {
    this.title = make("b");
    this.bar = make("progress", { max: "1", "aria-label": "Training progress" });
    this.text = make("span.text");
    this.stopButton = this.act("■ Stop", () => this.stopTraining(), { class: "stop" });
    this.charts = [];
    this.said = ""; // so that the end is heard, although it is shown by a new view
    this.panels = make("div.panels");
    return [this.title, make("div.going", this.stopButton, this.bar, this.text), this.panels, this.note];
  }

  /**
   * While `fit` runs, Python reads no messages from the page: what it hears is an interrupt of the kernel, which
   * TrainingMonitor takes as a wish to stop. Where a notebook gives its widgets no way to the kernel, the
   * message may still arrive, and the notebook's own button does the same.
   */
  stopTraining() {
    this.wish = this.model.get("_run");
    this.drawButton();
    this.write({ _stop: this.wish });
    this.after("slow", 4 * SLOW, () => this.drawButton());
    this.model.widget_manager?.kernel?.interrupt?.();
  }

  draw() {
    const { _progress, _charts, selected } = this.read();
    this.title.textContent = _progress.title;
    this.title.hidden = !_progress.title;
    this.bar.value = _progress.done;
    this.text.textContent = _progress.text;
    this.drawButton();
    if (_charts !== this.given) this.drawCharts(_charts);
    for (const [i, { stops, at, texts }] of _charts.entries()) {
      const index = selected ? stops.indexOf(selected) : stops.length - 1;
      if (index < 0) continue;
      this.charts[i].mark(index, at[index], texts[index], this.spoken(_charts[i], index));
      this.panelOf[i].size.textContent = `after epoch ${stops[index]}`;
    }
    this.say(_progress.heard);
  }

  spoken({ lines, stops, texts }, index) {
    const numbers = lines.map(({ name }, i) => texts[index][i] && `${name} ${texts[index][i]}`).filter(Boolean);
    return `epoch ${stops[index]}: ${numbers.join(", ")}`;
  }

  drawCharts(charts) {
    this.given = charts;
    const names = charts.map(({ name }) => name).join();
    if (names !== this.names) {
      this.names = names;
      this.panelOf = charts.map(({ name }) => panel(name));
      this.panels.replaceChildren(...this.panelOf.map(({ box }) => box));
      this.charts = charts.map(({ name }, i) => new Chart(this, this.panelOf[i], `${name} by epoch`,
        { x: "epochs", choose: (index) => this.choose(i, index) }));
      for (const { plot } of this.charts)
        for (const part of ["min", "max", "now"]) plot.setAttribute(`aria-value${part}`, 0);
    }
    for (const [i, chart] of charts.entries()) this.charts[i].draw(chart);
  }

  choose(chart, index) {
    const selected = this.given[chart].stops[index];
    if (selected) this.write({ selected });
  }

  drawButton() {
    const { state, _run } = this.read();
    const stopping = state === "stopping" || this.wish === _run;
    const running = ["training", "stopping"].includes(state);
    this.stopButton.hidden = this.bar.hidden = !running;
    this.stopButton.disabled = stopping;
    this.stopButton.textContent = stopping ? "Stopping …" : "■ Stop";
    this.note.textContent = running && stopping && !this.timers.has("slow")
      ? "It ends after this batch and the validation. The notebook’s own ■ does the same."
      : "";
  }
}

export default explorer(TrainingView);
