// What the owner says of the answer that is shown: that it is right, or which class it is.

import { byId, element, say } from "./elements.js";
import * as service from "./service.js";

let answered = null; // the answer that is shown; null while there is none, or the next one comes
let choosing = Promise.resolve(); // until no class is being chosen
let chosen = () => {};

// Waits while a class is being chosen, so that the answer and its image stay.
export const settled = () => choosing;

export function offerFeedback(told) {
  answered = told;
  byId("feedback").hidden = false;
  say("feedback-problem", "");
  mark(null);
}

// The next image is asked about: nothing can be said of the last one any more.
export const withdraw = () => { answered = null; };

export function hideFeedback() {
  withdraw();
  dismiss();
  byId("feedback").hidden = true;
}

// Choosing ends without a choice.
export function dismiss() {
  byId("truth-form").hidden = true;
  byId("wrong").setAttribute("aria-expanded", "false");
  chosen();
}

// `heard` is called when the service has taken what was said.
export function hearFeedback(heard) {
  const give = (label) => { if (answered) tell(answered, label, heard); };
  byId("right").addEventListener("click", () => { dismiss(); give(answered?.top[0].index); });
  byId("wrong").addEventListener("click", () => (byId("truth-form").hidden ? choose(give) : dismiss()));
  byId("truth-form").addEventListener("submit", (event) => {
    event.preventDefault();
    give(byId("truth").value.trim());
  });
  byId("truth-form").addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });
  byId("truth-no").addEventListener("click", leave);
}

function leave() {
  dismiss();
  byId("wrong").focus();
}

function choose(give) {
  if (!answered) return;
  choosing = new Promise((resolve) => { chosen = resolve; });
  say("feedback-problem", "");
  byId("truth").value = "";
  byId("truth-likely").replaceChildren(...answered.top.slice(1).map((guess) => {
    const button = element("button", { type: "button" }, guess.label);
    button.addEventListener("click", () => give(guess.index));
    return button;
  }));
  byId("truth-form").hidden = false;
  byId("wrong").setAttribute("aria-expanded", "true");
  byId("truth").focus();
  if (!byId("truth-classes").children.length) listClasses();
}

async function listClasses() {
  try {
    const names = await service.classes();
    byId("truth-classes").replaceChildren(...names.map((name) => element("option", { value: name })));
  } catch (problem) {
    if (!(problem instanceof service.Problem)) throw problem; // a class can be written without the list
  }
}

async function tell(answer, label, heard) {
  say("feedback-problem", "");
  try {
    const kept = await service.tell(answer.id, label);
    if (answered === answer) mark(kept);
  } catch (problem) {
    if (!(problem instanceof service.Problem)) throw problem;
    if (answered === answer) say("feedback-problem", problem.message);
  }
  heard();
}

function mark(kept) {
  const focused = byId("truth-form").contains(document.activeElement);
  dismiss();
  if (focused) byId("wrong").focus();
  byId("right").setAttribute("aria-pressed", String(kept?.right === true));
  byId("wrong").setAttribute("aria-pressed", String(kept?.right === false));
  say("feedback-done", !kept ? "" : kept.right ? "Noted." : `Noted: ${kept.label}.`);
}
