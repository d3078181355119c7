// Images into the service, one after the other: chosen, dropped, pasted or taken.

import { byId, say } from "./elements.js";
import { Problem } from "./service.js";
import { count } from "./words.js";

// `answer(image)` asks for one; `ended(answered)` is called when none waits any more.
export class Queue {
  constructor(answer, ended) {
    this.answer = answer;
    this.ended = ended;
    this.waiting = [];
    this.done = this.all = 0;
    this.running = false;
    this.ending = Promise.resolve();
    byId("queue-stop").addEventListener("click", () => { this.clear(); byId("choose").focus(); });
  }

  add(images) {
    if (!this.running) this.done = this.all = 0;
    this.waiting.push(...images);
    this.all += images.length;
    if (images.length) say("image-problem", "");
    if (!this.running) this.ending = this.run();
    return this.ending;
  }

  // Until none is under way; those that wait are let go.
  async stop() {
    this.clear();
    await this.ending;
  }

  clear() {
    this.all -= this.waiting.length;
    this.waiting = [];
  }

  async run() {
    this.running = true;
    const failed = [];
    let answered = 0;
    while (this.waiting.length) {
      this.show();
      const image = this.waiting.shift();
      try {
        await this.patiently(image);
        answered += 1;
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        failed.push([image.name || "the image", problem]);
        if (problem.status === 0 || problem.status === 401) this.clear();
      }
      this.done += 1;
    }
    this.running = false;
    this.show();
    if (failed.length) say("image-problem", failedWords(failed));
    this.ended(answered);
  }

  // A service that is busy is asked again when it says.
  async patiently(image) {
    for (let turn = 0; ; turn += 1) {
      try {
        return await this.answer(image);
      } catch (problem) {
        if (problem.status !== 429 || turn === 9) throw problem;
        await new Promise((resolve) => setTimeout(resolve, 1000 * (problem.retrySeconds || 1)));
      }
    }
  }

  show() {
    byId("queue").hidden = !this.running || this.all < 2;
    byId("queue-bar").max = Math.max(this.all, 1);
    byId("queue-bar").value = this.done;
    say("queue-words", `${this.done} of ${this.all}`);
  }
}

function failedWords(failed) {
  const [name, problem] = failed[0];
  const words = `${name}: ${problem.message.replace(/^the image: /, "")}`;
  if (failed.length === 1) return words;
  return `${count(failed.length, "image")} could not be answered. The first, ${words}`;
}

// Chosen, dropped anywhere on the page, and pasted images go to `take`.
export function hear(take) {
  byId("choose").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", () => {
    take([...byId("file").files]);
    byId("file").value = "";
  });
  document.addEventListener("paste", (event) => {
    const images = [...event.clipboardData.files];
    if (images.length) take(images);
  });
  const over = (is) => byId("drop").classList.toggle("over", is);
  document.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false); });
  document.addEventListener("drop", async (event) => {
    over(false);
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take(await dropped(event.dataTransfer));
  });
}

// Files, and of dropped folders the images within.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = [];
  for (const entry of entries) await gather(entry, found);
  return found.filter((file) => file.type.startsWith("image/"));
}

async function gather(entry, found) {
  if (entry.isFile) {
    found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await gather(one, found);
  }
}

let previewed = "";

// Shows the image that is asked about, as far as the browser can.
export function preview(image) {
  const shown = byId("preview");
  if (previewed) URL.revokeObjectURL(previewed);
  previewed = URL.createObjectURL(image);
  shown.onload = () => { byId("shown").hidden = false; };
  shown.onerror = () => { byId("shown").hidden = true; };
  shown.alt = image.name || "The image that was answered";
  shown.src = previewed;
}
