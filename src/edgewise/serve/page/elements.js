// Elements of the page and of drawings. Text is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

// An element with attributes; children are elements or text.
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Sets a text only where it differs, so that screen readers hear of changes alone.
export function say(id, text) {
  const place = byId(id);
  if (place.textContent !== text) place.textContent = text;
}

// A row of a table of bars, whose head cell is its label.
export function barRow(label) {
  const bar = element("i");
  const figure = element("td", { class: "figure" });
  const head = element("th", { scope: "row" }, label);
  const row = element("tr", {}, head, element("td", {}, bar), figure);
  return { row, head, set(share, text) {
    bar.style.width = `${100 * share}%`;
    if (figure.textContent !== text) figure.textContent = text;
  } };
}
