// One answer: label, probabilities, which network, why, and how long it took.

import { barRow, byId, say } from "./elements.js";
import { milliseconds, percent } from "./words.js";

export function showAnswer(told) {
  byId("answer").hidden = false;
  say("answer-label", told.label);
  say("answer-chance", percent(told.top[0].probability));
  byId("answer-bars").tBodies[0].replaceChildren(...told.top.map((guess) => {
    const { row, set } = barRow(guess.label);
    set(guess.probability, percent(guess.probability));
    return row;
  }));
  say("answer-model", told.model);
  say("answer-why", told.why);
  say("answer-time", timeWords(told));
  const total = told.decode_ms + told.infer_ms || 1;
  byId("answer-decode").style.width = `${(100 * told.decode_ms) / total}%`;
  byId("answer-infer").style.width = `${(100 * told.infer_ms) / total}%`;
  for (const id of ["answer-converted", "answer-converted-name"]) byId(id).hidden = told.converted.length === 0;
  say("answer-converted", told.converted.join(", "));
}

export const hideAnswer = () => { byId("answer").hidden = true; };

// For a screen reader: the whole answer in a breath.
export function announce(told) {
  say("announced", `${told.label}, ${percent(told.top[0].probability)}, by ${told.model} in ${milliseconds(told.infer_ms)}.`);
}

function timeWords(told) {
  const total = told.decode_ms + told.infer_ms;
  return `${milliseconds(total)}: decoding ${milliseconds(told.decode_ms)}, networks ${milliseconds(told.infer_ms)}`;
}
