/**
 * The model of a saved page. What Python would answer is looked up among the answers that were recorded: an answer is a
 * whole state, so that everything on the page belongs together.
 */
class SavedModel {
  constructor({ state, asked, kept, places, answers, values }, tell) {
    Object.assign(this, { state, asked, kept, places, values, tell, base: { ...state }, listeners: [], changes: {}, old: {} });
    this.answers = new Map(answers.map(([key, answer]) => [JSON.stringify(key), answer]));
  }
  get(name) { return this.state[name]; }
  set(name, value) {
    if (!(name in this.old)) this.old[name] = this.state[name];
    this.changes[name] = value;
    this.put({ [name]: value });
  }
  put(news) {
    const changed = Object.keys(news).filter((name) => JSON.stringify(news[name]) !== JSON.stringify(this.state[name]));
    Object.assign(this.state, news);
    for (const [event, heard] of [...this.listeners]) if (changed.some((name) => event === `change:${name}`)) heard();
  }
  on(event, heard) { this.listeners.push([event, heard]); }
  off(event, heard) { this.listeners = this.listeners.filter(([name, other]) => name !== event || other !== heard); }
  save_changes() {
    const { changes, old } = this;
    [this.changes, this.old] = [{}, {}];
    const { _asked, ...wish } = changes, names = Object.keys(wish);
    if (_asked === undefined && !names.some((name) => this.asked.includes(name))) return; // the page holds it itself
    setTimeout(() => {
      this.isNear = false;
      const found = names.every((name) => this.asked.includes(name)) ? this.look(wish) : undefined;
      if (found && _asked === undefined) return; // the page has it already
      const held = Object.fromEntries(this.kept.map((name) => [name, this.state[name]]));
      const { _asked: _, ...before } = old;
      const told = Object.fromEntries(Object.entries(found ?? {}).map(([name, place]) => [name, this.values[place]]));
      const now = found ? { ...this.base, ...held, ...told } : before;
      this.put({ ...now, _asked: this.state._asked, _answered: this.state._asked });
      this.tell(!found ? "needed" : this.isNear ? "near" : null);
    });
  }
  /** The answer to this wish, with all else as it is now, or as it was saved; of places, that to the nearest. */
  look(wish) {
    for (const rest of [this.state, { ...this.base, ...wish }]) {
      const key = this.asked.map((name) => rest[name]);
      const found = this.answers.get(JSON.stringify(key)) ?? this.nearest(key);
      if (found) return found;
    }
  }
  nearest(key) {
    const isPlace = this.asked.map((name) => this.places.includes(name));
    const rest = (key) => JSON.stringify(key.filter((_, i) => !isPlace[i]));
    let [best, least] = [undefined, Infinity];
    for (const [text, answer] of isPlace.includes(true) ? this.answers : []) {
      const other = JSON.parse(text);
      if (rest(other) !== rest(key)) continue;
      const away = key.reduce((sum, value, i) => sum + (isPlace[i] ? distance(value, other[i]) : 0), 0);
      if (away < least) [best, least, this.isNear] = [answer, away, true];
    }
    return best;
  }
}

const distance = (one, other) => !Array.isArray(one) || one.length !== other?.length ? (equal(one, other) ? 0 : Infinity)
  : Math.hypot(...one.map((place, i) => place - other[i]));

async function read(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

// The sentences stand in the page.
const sentences = [...document.querySelectorAll("#sentences > *")];
const model = new SavedModel(await read(document.getElementById("state").textContent.trim()), (which) => {
  for (const sentence of sentences) sentence.hidden = sentence.id !== which;
});
widget.render({ model, el: document.getElementById("explorer") });
document.getElementById("static").remove();
