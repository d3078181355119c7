// Where the device is with the user: headline, track, what goes on now, progress, figures.

import { byId, element, say } from "./elements.js";
import { count, duration, percent, rightOf, times } from "./words.js";

const PHASES = ["observe", "prune", "verify", "watch"];

// `state`: as GET /users/{id} tells it, null for a user who is not known yet; `events`: what is known to have happened.
export function showLearning(state, events) {
  say("headline", state ? headline(state) : "Show it an image: learning begins with the first one.");
  say("now", state ? now(state) : "The generic network answers, and what the user meets is counted. Nothing leaves this device.");
  showTrack(state);
  showWork(state, events);
  showFacts(state, events);
  for (const id of ["pause", "generic", "delete"]) byId(id).disabled = !state;
  say("pause", state?.paused ? "Resume learning" : "Pause learning");
}

const own = (state) => state.networks.find((one) => one.serving && "generic_ms" in one.figures);

function headline(state) {
  const serves = own(state);
  if (state.paused) return `Learning is paused; ${serves ? serves.name : "the generic network"} answers.`;
  switch (state.phase) {
    case "prune": return `A network for ${classes(state)} is being made.`;
    case "verify": return "The user's new network is on trial.";
    case "watch": return `The user's own network answers, made for ${count(state.labels.length, "class", "classes")}.`;
    default: return "Learning which classes the user meets.";
  }
}

const classes = (state) => (state.labels.length ? `the user's ${count(state.labels.length, "class", "classes")}` : "the user");

function now(state) {
  if (state.paused) {
    const answered = own(state) ? "The user's network goes on answering" : "The generic network answers";
    return `${answered}; nothing is learned and nothing is swapped until learning is resumed.`;
  }
  switch (state.phase) {
    case "prune":
      return "A process beside the service makes it out of what inference left behind. The generic network answers meanwhile.";
    case "verify":
      return "The generic network answers, and the new one answers beside it unseen. It is let in when it is sure to lose no more accuracy than allowed.";
    case "watch":
      return "What it does not know, the generic network answers at once. Some answers are audited, so that a change of the user is noticed.";
    default:
      return observing(state);
  }
}

function observing(state) {
  if (state.wait > 0) return `Learning goes on after ${count(state.wait, "more image")}; then what the user meets is looked at again.`;
  if (state.outside_at_most >= 1) return "It looks for the classes that come again and again. That takes some hundreds of images.";
  return "Classes were found. They are tried on what comes now, until few images of others are sure to come.";
}

function showTrack(state) {
  const at = state ? PHASES.indexOf(state.phase) : -1;
  [...byId("track").children].forEach((step, place) => {
    step.className = place < at ? "past" : place === at ? (state.paused ? "present paused" : "present") : "";
    if (place === at) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  });
}

function showWork(state, events) {
  const progress = state?.progress;
  byId("work").hidden = state?.phase !== "prune";
  if (byId("work").hidden) return;
  const begun = events.findLast((one) => one.kind === "learned");
  const since = begun ? `begun ${ago(begun)} ago` : "";
  say("work-what", progress ? progress.what : "starting");
  say("work-count", [progress ? `${progress.done} of ${progress.total}` : "", since].filter(Boolean).join(", "));
  byId("work-bar").max = progress?.total || 1;
  if (progress) byId("work-bar").value = progress.done;
  else byId("work-bar").removeAttribute("value");
}

const ago = (event) => duration(Math.max(0, Date.now() / 1000 - event.unix_s));

function showFacts(state, events) {
  const facts = state ? factsOf(state, events) : [];
  const told = JSON.stringify(facts);
  if (byId("learning-facts").dataset.told === told) return;
  byId("learning-facts").dataset.told = told;
  byId("learning-facts").replaceChildren(...facts.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]));
}

function factsOf(state, events) {
  const facts = [];
  const serves = own(state);
  if (serves) {
    const { ms, generic_ms: generic } = serves.figures;
    facts.push(["Speed", `${times(generic / ms)} the generic network's`]);
  }
  if (state.phase === "verify" && state.verdict) facts.push(["Trial", sentence(state.verdict)]);
  const trial = serves && trialOf(serves.name, events);
  if (trial) facts.push(["Trial", sentence(trial)]);
  const accuracy = state.feedback.find((one) => one.model === state.serving);
  if (accuracy) facts.push(["Accuracy", rightOf(accuracy)]);
  if (state.phase !== "watch") facts.push(["Seen", `${count(state.seen, "image")} since ${sinceWhat(events)}`]);
  if (state.phase === "observe" && state.outside_at_most < 1) {
    facts.push(["Others", `at most ${percent(state.outside_at_most)} of the images are of other classes`]);
  }
  if (state.images_kept) facts.push(["Images", `${count(state.images_kept, "image")} kept in memory until a network is made`]);
  if (state.labels.length) facts.push(["Classes", state.labels.join(", ")]);
  const made = state.networks.filter((one) => one.figures.seconds > 0);
  if (made.length) {
    const seconds = made.reduce((sum, one) => sum + one.figures.seconds, 0);
    facts.push(["Cost so far", `${duration(seconds)} of work for ${count(made.length, "network")}`]);
  }
  return facts;
}

// What the guard had seen when it let a network in.
function trialOf(name, events) {
  const swap = events.findLast((one) => one.kind === "swapped" && one.values.network === name);
  return swap?.text.replace(`${name} serves: `, "");
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function sinceWhat(events) {
  const change = events.findLast((one) => one.kind === "alarm" || one.kind === "generic");
  return { alarm: "the user changed", generic: "the generic network was chosen" }[change?.kind] ?? "learning began";
}
