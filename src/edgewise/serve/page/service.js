// Requests to the service. What fails is a `Problem`, with words for a person.

const TOKEN = "edgewise token";

export class Problem extends Error {
  // status: 0 where the service cannot be reached
  constructor(words, status, retrySeconds = 0) {
    super(words);
    this.status = status;
    this.retrySeconds = retrySeconds;
  }
}

export const keepToken = (token) => sessionStorage.setItem(TOKEN, token);
export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;

export const users = () => json("/users");
export const ready = () => json("/readyz");
export const userState = (user) => json(`/users/${encodeURIComponent(user)}`);
export const forget = (user) => request(`/users/${encodeURIComponent(user)}`, { method: "DELETE" });

export function setLearning(user, mode) {
  const headers = { "Content-Type": "application/json" };
  return json(`/users/${encodeURIComponent(user)}/learning`, { method: "PUT", headers, body: JSON.stringify({ mode }) });
}

export const classes = () => json("/classes");

export function tell(id, label) {
  const headers = { "Content-Type": "application/json" };
  return json("/feedback", { method: "POST", headers, body: JSON.stringify({ id, label }) });
}

export function predict(user, image) {
  const headers = { "Content-Type": image.type.startsWith("image/") ? image.type : "application/octet-stream" };
  return json(`/predict?user=${encodeURIComponent(user)}`, { method: "POST", headers, body: image });
}

// The events of a user after `after`, as they come. Read as a stream: an EventSource cannot send the token.
export async function* events(user, after, signal) {
  const reply = await request(`/events?user=${encodeURIComponent(user)}&after=${after}`, { signal });
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = "", read = await reader.read(); !read.done; read = await reader.read()) {
    const blocks = (rest + read.value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (data) yield JSON.parse(data);
    }
  }
}

async function json(path, options) {
  return (await request(path, options)).json();
}

async function request(path, options = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const headers = { ...options.headers, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) };
  let reply;
  try {
    reply = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("The service does not answer.", 0);
  }
  if (reply.ok) return reply;
  throw new Problem(await wordsOf(reply), reply.status, Number(reply.headers.get("Retry-After")) || 0);
}

async function wordsOf(reply) {
  const otherwise = `The service refused this (${reply.status}).`;
  try {
    const { detail } = await reply.json();
    if (Array.isArray(detail)) return detail.map((one) => one.msg).join(". ") || otherwise;
    return detail || otherwise;
  } catch {
    return otherwise;
  }
}
