// The page: which user, what is asked when, and who shows it.

import { announce, hideAnswer, showAnswer } from "./answer.js";
import { hearCamera } from "./camera.js";
import { byId, element, say } from "./elements.js";
import { dismiss, hearFeedback, hideFeedback, offerFeedback, settled, withdraw } from "./feedback.js";
import { showEvents } from "./happened.js";
import { showHistogram } from "./histogram.js";
import { hear, preview, Queue } from "./images.js";
import { showLearning } from "./learning.js";
import { showNetworks } from "./networks.js";
import * as service from "./service.js";
import { showRows, showTimes } from "./times.js";
import { count } from "./words.js";

const POLL_MS = 1000;
const READY_EVERY = 5; // polls
const MOST_KEPT = 1000;
const USER = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;
const REMEMBERED = "edgewise user";

const seen = new Map(); // user -> answers that this page has seen
let user = "", state = null, events = [];
let generic = ""; // the name of the generic network, once it is known
let announced = ""; // the last answer's label
let following = null; // AbortController of the stream of events
let polls = 0, timer = 0, drawing = 0;

// --- which user

function named() {
  const hash = new URLSearchParams(location.hash.slice(1)).get("user");
  return [hash, localStorage.getItem(REMEMBERED)].find((one) => one && USER.test(one)) ?? "me";
}

function choose(wanted) {
  if (!USER.test(wanted)) {
    say("user-problem", "Use 1 to 64 of A-Z, a-z, 0-9, hyphen, underscore and dot, not beginning with a dot.");
    byId("user").setAttribute("aria-invalid", "true");
    return;
  }
  say("user-problem", "");
  byId("user").removeAttribute("aria-invalid");
  byId("user").value = wanted;
  if (wanted === user) return;
  user = wanted;
  localStorage.setItem(REMEMBERED, user);
  history.replaceState(null, "", `#user=${encodeURIComponent(user)}`);
  unfollow();
  queue.clear();
  [state, events] = [null, []];
  hideAnswer();
  hideFeedback();
  for (const id of ["learning-problem", "learning-done", "image-problem", "announced"]) say(id, "");
  poll();
}

// --- asking about images

async function answer(image) {
  const asked = user;
  await settled();
  if (asked !== user) return;
  preview(image);
  withdraw();
  const told = await service.predict(asked, image).catch((problem) => {
    hideFeedback();
    throw problem;
  });
  const answers = seen.get(asked) ?? [];
  answers.push({ at: Date.now(), ms: told.infer_ms, label: told.label, model: told.model, by: by(told) });
  seen.set(asked, answers.slice(-MOST_KEPT));
  if (asked !== user) return;
  say("learning-done", "");
  showAnswer(told);
  offerFeedback(told);
  if (queue.all < 2 && !(byId("keep-taking").checked && told.label === announced)) announce(told);
  announced = told.label;
  redraw();
  if (!state) poll();
}

function by(told) {
  if (generic && told.model !== generic) return "own";
  return told.phase === "watch" ? "turned" : "generic";
}

const queue = new Queue(answer, (answered) => {
  if (answered > 1) say("announced", `${count(answered, "image")} answered.`);
  poll();
});

// --- what the service tells

async function poll() {
  clearTimeout(timer);
  if (!document.hidden) {
    const asked = user;
    try {
      const known = await service.users();
      const told = known.includes(asked) ? await service.userState(asked) : null;
      polls += 1;
      if (asked === user) heard(told, known);
      await unhindered();
    } catch (problem) {
      hindered(problem);
      if (problem.status === 401) return;
    }
  }
  clearTimeout(timer);
  timer = setTimeout(poll, POLL_MS);
}

function heard(told, known) {
  state = told;
  byId("users").replaceChildren(...known.map((one) => element("option", { value: one })));
  if (told) {
    generic = told.networks[0].name;
    say("device", `${generic}, on this device alone`);
  }
  showNetworks(told ? told.networks : [], told ? told.feedback : []);
  if (state && !following) follow();
  if (!state) {
    unfollow();
    events = [];
  }
  redraw();
}

async function unhindered() {
  byId("token-form").hidden = true;
  say("token-problem", "");
  if (polls % READY_EVERY !== 1) return;
  const { trouble, moved_aside: aside } = await service.ready();
  const moved = aside ? ` What was remembered was damaged and lies in ${aside}.` : "";
  say("service-problem", `${trouble ? `Nothing can be learned now: ${trouble}` : ""}${moved}`.trim());
}

function hindered(problem) {
  if (!(problem instanceof service.Problem)) throw problem;
  if (problem.status === 401) {
    askForToken();
  } else if (problem.status !== 429 && problem.status !== 404) {
    say("service-problem", problem.status ? problem.message : `${problem.message} It is asked again.`);
    polls = 0;
  }
}

function askForToken() {
  if (byId("token-form").hidden) {
    byId("token-form").hidden = false;
    byId("token").focus();
  }
  say("headline", "This service is locked.");
  if (service.hasToken()) say("token-problem", "The service does not take this token.");
}

async function follow() {
  const mine = (following = new AbortController());
  const asked = user;
  try {
    for await (const event of service.events(asked, events.at(-1)?.seq ?? 0, mine.signal)) {
      if (following !== mine) return;
      events.push(event);
      redraw();
      soon();
    }
  } catch {
    // The next poll finds out what is the matter, and follows again.
  }
  if (following === mine) following = null;
}

function unfollow() {
  following?.abort();
  following = null;
}

// A poll after an event, however many come at once.
function soon() {
  clearTimeout(timer);
  timer = setTimeout(poll, 100);
}

function redraw() {
  if (drawing) return;
  drawing = requestAnimationFrame(() => {
    drawing = 0;
    showLearning(state, events);
    showHistogram(state);
    showTimes(seen.get(user) ?? [], events);
    showEvents(events);
  });
}

// --- what the owner wants

async function want(work, done) {
  for (const id of ["learning-problem", "learning-done"]) say(id, "");
  try {
    await work();
    say("learning-done", done);
  } catch (problem) {
    if (!(problem instanceof service.Problem)) throw problem;
    say("learning-problem", problem.message);
    if (problem.status === 401) askForToken();
  }
  poll();
}

function hearButtons() {
  byId("pause").addEventListener("click", () => {
    const paused = !state.paused;
    want(() => service.setLearning(user, paused ? "paused" : "on"), paused ? "Learning is paused." : "Learning goes on.");
  });
  byId("generic").addEventListener("click", () => {
    want(() => service.setLearning(user, "generic"), "The generic network answers; learning is paused.");
  });
  byId("delete").addEventListener("click", () => {
    say("sure-user", user);
    byId("sure").showModal();
  });
  byId("sure-no").addEventListener("click", () => byId("sure").close());
  byId("sure-yes").addEventListener("click", () => {
    byId("sure").close();
    byId("keep-taking").checked = false;
    dismiss();
    unfollow();
    want(async () => {
      const gone = user;
      await queue.stop(); // an answer after the deletion would begin the user anew
      await service.forget(gone);
      seen.delete(gone);
      [state, events] = [null, []];
      hideAnswer();
      hideFeedback();
      redraw();
      byId("choose").focus();
    }, `All that was kept of ${user} is deleted.`);
  });
}

function hearRest() {
  byId("user").addEventListener("change", () => choose(byId("user").value.trim()));
  byId("user-form").addEventListener("submit", (event) => {
    event.preventDefault();
    choose(byId("user").value.trim());
  });
  addEventListener("hashchange", () => choose(named()));
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    service.keepToken(byId("token").value);
    byId("token").value = "";
    poll();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) unfollow();
    else poll();
  });
  byId("take").addEventListener("click", dismiss);
  byId("times-details").addEventListener("toggle", () => showRows(seen.get(user) ?? []));
  new ResizeObserver(redraw).observe(byId("times"));
}

hear((images) => {
  dismiss();
  queue.add(images);
});
hearCamera((image) => queue.add([image]));
hearFeedback(poll);
hearButtons();
hearRest();
choose(named());
