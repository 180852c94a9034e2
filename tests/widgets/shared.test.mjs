// The parts of the page that need no browser, under Node's own test runner.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const source = readFileSync(new URL("../../cnnlab/widgets/shared.js", import.meta.url), "utf8");
const names = "View, NUMBER, leavesText, unpack, factor, longest, size";
const module = `data:text/javascript,${encodeURIComponent(`${source}\nexport { ${names} };`)}`;
const { View, NUMBER, leavesText, unpack, factor, longest, size } = await import(module);

test("what counts as a number", () => {
  for (const text of ["0", "-2.5", "+1", ".5", "5.", "1e-3", "1E5"]) assert.match(text, NUMBER);
  for (const text of ["", "-", ".", "1e", "0,5", "0x10", "NaN", "Infinity", "1 2"]) assert.doesNotMatch(text, NUMBER);
});

test("an arrow key leads out of a text from its end, or when all of it is selected", () => {
  const text = (selectionStart, selectionEnd) => ({ selectionStart, selectionEnd, value: "1.5" });
  assert.deepEqual([leavesText(text(0, 3), 1), leavesText(text(0, 3), -1)], [true, true]);
  assert.deepEqual([leavesText(text(3, 3), 1), leavesText(text(0, 0), -1)], [true, true]);
  assert.deepEqual([leavesText(text(1, 1), 1), leavesText(text(0, 0), 1), leavesText(text(0, 1), 1)], [false, false, false]);
});

test("packed numbers are unpacked, and written", () => {
  assert.deepEqual(unpack({ text: "1 −2 0.5", level: "840" }), { text: ["1", "−2", "0.5"], level: "840" });
  assert.deepEqual([factor("−2"), factor("2"), longest(["1", "−20"]), size([3, 4])], ["(−2)", "2", 3, "3 × 4"]);
});

/** A view without a page, and a model that remembers what Python was told. */
function asking() {
  const state = { _asked: 0, _answered: 0 };
  const told = [];
  const view = Object.assign(Object.create(View.prototype), { pending: {}, asked: null, timers: new Map(), drawBusy() {} });
  let unsaved = {};
  view.model = {
    get: (name) => state[name],
    set: (name, value) => (unsaved[name] = state[name] = value),
    save_changes: () => (told.push(unsaved), (unsaved = {})),
  };
  const answer = () => ((state._answered = state._asked), view.hear());
  return { view, told, answer };
}

test("while Python works, only the newest wish is kept", () => {
  const { view, told, answer } = asking();
  for (let i = 1; i <= 1000; i++) view.ask({ x: i });
  assert.deepEqual(told, [{ x: 1, _asked: 1 }]);
  view.ask({ y: 2 });
  answer();
  assert.deepEqual(told[1], { x: 1000, y: 2, _asked: 2 });
  answer();
  assert.equal(told.length, 2);
  view.ask({ x: 5 });
  assert.deepEqual(told[2], { x: 5, _asked: 3 });
  view.cancel("slow");
});

test("an old answer does not count as an answer", () => {
  const { view, told } = asking();
  view.ask({ x: 1 });
  view.ask({ x: 2 });
  view.hear();
  assert.equal(told.length, 1);
  view.cancel("slow");
});
