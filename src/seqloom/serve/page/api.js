// Questions to the server that this page came from: with the key, and again after a while where it is busy.

import { askForKey } from "./key.js";
import { forNow } from "./keep.js";
import { say } from "./words.js";

const TRIES = 8;
const BUSY = [429, 503];

/** What went wrong, as one sentence for whoever asked. */
export class Problem extends Error {}

/** What is answered, as JSON. `busy(seconds)` is told when the question must wait. */
export async function ask(path, options = {}) {
  const response = await sent(path, options);
  return response.json();
}

/** What is answered bit by bit: each event's data. */
export async function* stream(path, options = {}) {
  const response = await sent(path, options);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let [rest, whole] = ["", false];
  try {
    for (;;) {
      const { value, done } = await reader.read().catch(interrupted);
      if (done && whole) return;
      if (done) throw new Problem(say("broken_off"));
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        const lines = block.split(/\r?\n/).filter((line) => line.startsWith("data:"));
        const data = lines.map((line) => line.slice(5).trim()).join("\n");
        whole ||= data === "[DONE]"; // The rest is read, too: who hangs up here looks like one who lost patience.
        if (!data || whole) continue;
        const event = JSON.parse(data);
        if (event.error) throw new Problem(event.error.message ?? event.error);
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function sent(path, { body, form, signal, busy } = {}) {
  for (let tries = 1; ; tries += 1) {
    const key = forNow.get("key");
    const headers = { ...(key && { Authorization: `Bearer ${key}` }), ...(body && { "Content-Type": "application/json" }) };
    const request = { method: body || form ? "POST" : "GET", headers, body: form ?? (body && JSON.stringify(body)), signal };
    const response = await fetch(new URL(path, document.baseURI), request).catch(interrupted);
    if (response.ok) return response;
    if (response.status === 401 && (await askForKey(key))) continue;
    if (BUSY.includes(response.status) && tries < TRIES) {
      const seconds = Number(response.headers.get("Retry-After")) || 1;
      busy?.(seconds);
      await pause(seconds * 1000, signal);
      busy?.(0);
      continue;
    }
    throw new Problem(await sentenceOf(response));
  }
}

function interrupted(error) {
  if (error.name === "AbortError") throw error;
  throw new Problem(say("no_server"));
}

async function sentenceOf(response) {
  const data = await response.json().catch(() => ({}));
  return data.error?.message ?? data.error ?? say("status", response.status);
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
