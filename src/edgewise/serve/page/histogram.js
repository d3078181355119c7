// How often each class was answered.

import { barRow, byId, say } from "./elements.js";
import { count } from "./words.js";

const SHOWN = 12;
let rows = new Map();

export function showHistogram(state) {
  const counts = Object.entries(state?.histogram ?? {});
  const known = new Set(state?.labels ?? []);
  const most = Math.max(1, ...counts.map(([, many]) => many));
  const kept = new Map();
  for (const [label, many] of counts.slice(0, SHOWN)) {
    const one = rows.get(label) ?? barRow(label);
    one.row.classList.toggle("known", known.has(label));
    one.set(many / most, many.toLocaleString("en"));
    kept.set(label, one);
  }
  rows = kept;
  const wanted = [...rows.values()].map((one) => one.row);
  const present = [...byId("histogram").children];
  if (wanted.length !== present.length || wanted.some((row, place) => row !== present[place])) {
    byId("histogram").replaceChildren(...wanted);
  }
  say("histogram-words", words(counts, known));
}

function words(counts, known) {
  if (!counts.length) return "Each answer is counted here.";
  const all = counts.reduce((sum, [, many]) => sum + many, 0);
  const rest = counts.slice(SHOWN);
  const said = [`${all === 1000 ? "The latest 1,000 answers" : count(all, "answer")}, by class.`];
  if (known.size) said.push("The user's classes, as last learned, are in bold.");
  if (rest.length) {
    const others = rest.reduce((sum, [, many]) => sum + many, 0);
    said.push(`${count(rest.length, "more class", "more classes")} with ${count(others, "answer")} are not shown.`);
  }
  return said.join(" ");
}
