// The time of each answer that this page has seen, and what happened between them.

import { byId, drawn, element, say } from "./elements.js";
import { clock, count, median, milliseconds, times } from "./words.js";

const LEAST_APART = 2.4; // px, between two answers
const EARLIER = 3; // events before the first answer
const ROWS = 30;
const HEIGHT = 250;
const LANE = 17;
const LANES = 3;
const LEFT = 46;
const RIGHT = 14;
const BOTTOM = 24;
const LETTER = 7.2; // px, about
const MARKS = {
  swapped: (event) => [`${event.values.network ?? "a network"} serves`, "good"],
  returned: (event) => [`${event.values.network ?? "a network"} is back`, "good"],
  alarm: () => ["the user changed", "bad"],
  generic: () => ["generic chosen", "other"],
  failed: () => ["a network failed", "bad"],
};

// `answers`: {at, ms, label, model, by}, `by` one of generic, own, turned; `events` as the service tells them.
export function showTimes(answers, events) {
  const width = byId("times").clientWidth || 320;
  const shown = answers.slice(-Math.floor((width - LEFT - RIGHT) / LEAST_APART));
  const items = inOrder(shown, events);
  byId("times-legend").hidden = byId("times-details").hidden = !shown.length;
  say("times-words", words(shown, items));
  byId("times").replaceChildren(...(items.length ? [drawing(items, width)] : []));
  if (byId("times-details").open) showRows(shown);
}

function inOrder(answers, events) {
  const first = answers[0]?.at ?? Infinity;
  const marks = events.filter((one) => one.kind in MARKS).map((event) => {
    const [label, kind] = MARKS[event.kind](event);
    return { mark: true, at: 1000 * event.unix_s, label, kind, text: event.text };
  });
  const earlier = marks.filter((one) => one.at < first).slice(-EARLIER);
  return [...earlier, ...marks.filter((one) => one.at >= first), ...answers].sort((a, b) => a.at - b.at);
}

// The answers between one mark and the next.
function stretches(items) {
  const found = [{ begin: null, answers: [] }];
  for (const one of items) {
    if (one.mark) found.push({ begin: one, answers: [] });
    else found.at(-1).answers.push(one);
  }
  return found.filter((one) => one.answers.length);
}

function words(answers, items) {
  if (!answers.length) return "Each answer given here becomes a dot; each swap, alarm and return a line.";
  const parts = stretches(items);
  const last = parts.at(-1), before = parts.at(-2);
  const now = median(last.answers.map((one) => one.ms));
  const said = [`${count(answers.length, "answer")} here.`];
  const since = last.begin ? `Since "${last.begin.label}": ` : "";
  said.push(`${since}${since ? "m" : "M"}edian time of the networks ${milliseconds(now)}.`);
  if (before) {
    const then = median(before.answers.map((one) => one.ms));
    said.push(`Before: ${milliseconds(then)}, ${now <= then ? `so now ${times(then / now)} as fast` : `so now ${times(now / then)} as long`}.`);
  }
  return said.join(" ");
}

function drawing(items, width) {
  const ticks = axis(items.filter((one) => !one.mark).map((one) => one.ms));
  const highest = ticks.at(-1);
  byId("times-peak").hidden = !items.some((one) => one.ms > highest);
  const x = (place) => LEFT + ((place + 0.5) / Math.max(items.length, 12)) * (width - LEFT - RIGHT);
  const labels = labelled(items, x, width);
  const top = 10 + LANE * (1 + Math.max(-1, ...labels.map((one) => one.lane)));
  const y = (ms) => HEIGHT - BOTTOM - (Math.min(ms, highest) / highest) * (HEIGHT - BOTTOM - top);
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-labelledby": "times-title", "aria-describedby": "times-words" });
  for (const tick of ticks) {
    svg.append(
      drawn("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick) }),
      drawn("text", { class: "tick", x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, tick === highest ? `${tick} ms` : `${tick}`));
  }
  svg.append(drawn("text", { class: "tick", x: LEFT, y: HEIGHT - 6 }, "answers in their order"));
  svg.append(...lines(labels, top), ...dots(items, x, y, highest), ...medians(items, x, y));
  return svg;
}

// Round ticks from 0 to above nearly all values; the few far above are drawn at the top.
function axis(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const most = sorted.at(-1) ?? 1, usual = sorted[Math.floor(0.95 * (sorted.length - 1))] ?? 1;
  const reach = most > 2.5 * usual ? 1.6 * usual : most * 1.05;
  const rough = reach / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= rough) * power;
  return Array.from({ length: Math.ceil(reach / step) + 1 }, (_, place) => Number((place * step).toPrecision(6)));
}

function dots(items, x, y, highest) {
  return items.flatMap((one, place) => {
    if (one.mark) return [];
    const title = drawn("title", {}, `${one.label}, ${one.model}: ${milliseconds(one.ms)}`);
    const at = [x(place), y(one.ms)];
    if (one.ms <= highest) return [drawn("circle", { class: `dot ${one.by}`, cx: at[0], cy: at[1], r: items.length > 150 ? 2.7 : 3.4 }, title)];
    const path = `M${at[0] - 4} ${at[1] + 3}h8l-4 -7z`;
    return [drawn("path", { class: `dot ${one.by}`, d: path }, title)];
  });
}

function medians(items, x, y) {
  const found = [];
  for (const { answers } of stretches(items)) {
    if (answers.length < 3) continue;
    const middle = median(answers.map((one) => one.ms));
    const [begin, end] = [answers[0], answers.at(-1)].map((one) => x(items.indexOf(one)));
    found.push(drawn("line", { class: "median", x1: begin - 4, x2: end + 4, y1: y(middle), y2: y(middle) }));
    if (end - begin > 64) {
      found.push(drawn("text", { class: "said", x: end, y: y(middle) - 8, "text-anchor": "end" }, milliseconds(middle)));
    }
  }
  return found;
}

// Where the labels of marks go: each takes the first lane in which it meets no other; the latest choose first.
function labelled(items, x, width) {
  const taken = Array.from({ length: LANES }, () => Infinity);
  return [...items.entries()].reverse().filter(([, one]) => one.mark).map(([place, one]) => {
    const at = x(place), long = one.label.length * LETTER + 8;
    const before = at + long > width;
    const [from, to] = before ? [at - long, at] : [at, at + long];
    const lane = from < 0 ? -1 : taken.findIndex((edge) => to <= edge);
    if (lane >= 0) taken[lane] = from - 4;
    return { one, at, lane, before };
  });
}

function lines(labels, top) {
  const upright = labels.map(({ one, at, lane }) => {
    const reach = { y1: lane < 0 ? top : 2 + LANE * lane, y2: HEIGHT - BOTTOM };
    return drawn("line", { class: `mark ${one.kind}`, x1: at, x2: at, ...reach }, drawn("title", {}, one.text));
  });
  const said = labels.filter(({ lane }) => lane >= 0).map(({ one, at, lane, before }) => {
    const place = { x: at + (before ? -5 : 5), y: 12 + LANE * lane, "text-anchor": before ? "end" : "start" };
    return drawn("text", { class: `said ${one.kind}`, ...place }, one.label);
  });
  return [...upright, ...said];
}

export function showRows(answers) {
  byId("times-rows").replaceChildren(...answers.slice(-ROWS).reverse().map((one) => element("tr", {},
    element("td", { class: "text" }, clock(one.at)), element("td", { class: "text" }, one.label),
    element("td", { class: "text" }, one.by === "turned" ? `${one.model}, after one that was not sure` : one.model),
    element("td", {}, milliseconds(one.ms)))));
}
