// Server-sent events over fetch, since EventSource sends no Authorization header: reads, and begins anew where it broke off.
import { send } from "./api.js";
import { parse } from "./exact-json.js";

const firstDelay = 1000;
const longestDelay = 15000;

/**
 * Reads the events of `path` for as long as the page lives.
 *
 * `onevent(type, data)` is given each, its data read as JSON; `onstate` is given "open" whenever events come (again) and "lost"
 * when they no longer do.
 */
export async function follow(path, { onevent, onstate }) {
  let lastID = null;
  for (let delay = firstDelay; ; delay = Math.min(delay * 2, longestDelay)) {
    try {
      const headers = { Accept: "text/event-stream", ...(lastID ? { "Last-Event-ID": lastID } : {}) };
      const response = await send(path, { headers });
      onstate("open");
      delay = firstDelay / 2;
      for await (const event of events(response.body)) {
        if (event.id !== null) lastID = event.id;
        if (event.data) onevent(event.type, parse(event.data));
      }
    } catch (error) {
      console.debug("events:", error.message);
    }
    onstate("lost");
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}

/** The events in a body, by the rules of https://html.spec.whatwg.org/#event-stream-interpretation. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = { type: "message", data: "", id: null };
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (event.data) yield { ...event, data: event.data.slice(0, -1) };
          event = { type: "message", data: "", id: null };
          continue;
        }
        const [, field, text] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
        if (field === "event") event.type = text ?? "";
        else if (field === "data") event.data += (text ?? "") + "\n";
        else if (field === "id") event.id = text ?? "";
      }
    }
  } finally {
    // Lets go of the connection where the reader of these events stops early.
    reader.cancel().catch(() => {});
  }
}
