// The list of events, the latest first.

import { byId, element } from "./elements.js";
import { clock } from "./words.js";

const SHOWN = 100;
const GOOD = new Set(["swapped", "returned", "learned", "made"]);
const BAD = new Set(["alarm", "failed", "turned down"]);

export function showEvents(events) {
  const place = byId("events");
  const latest = events.slice(-SHOWN).reverse();
  const told = `${latest.length} ${latest[0]?.seq}`;
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  place.replaceChildren(...(latest.length ? latest.map(item) : [element("li", { class: "soft" }, "Nothing has happened yet.")]));
}

function item(event) {
  const at = new Date(1000 * event.unix_s);
  const kind = GOOD.has(event.kind) ? "good" : BAD.has(event.kind) ? "bad" : "other";
  return element("li", { class: kind },
    element("time", { datetime: at.toISOString() }, clock(at)),
    element("div", {}, element("b", {}, event.kind), element("p", {}, event.text)));
}
