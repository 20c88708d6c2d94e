// Calls of the server. Every failure is a Problem with a sentence for people.
import { parse, stringify } from "./exact-json.js";
import { accessHeaders, askForKey, currentKey } from "./access.js";

/** What a server says when it refuses (RFC 9457), or that it cannot be reached. */
export class Problem extends Error {
  constructor(message, { status = 0, field = null, retryAfter = null } = {}) {
    super(message);
    this.status = status;
    this.field = field;
    this.retryAfter = retryAfter;
  }
}

async function problem(response) {
  let body = {};
  if (/\bjson\b/.test(response.headers.get("Content-Type") ?? "")) body = await response.json().catch(() => ({}));
  const retryAfter = Number(response.headers.get("Retry-After")) || null;
  let message = body.detail ?? body.title ?? `The server answered ${response.status}.`;
  if (retryAfter) message += ` Try again in ${retryAfter} s.`;
  return new Problem(message, { status: response.status, field: body.field ?? null, retryAfter });
}

/** Sends a request, asking for a key where one is wanted, and returns the response if it is a success. */
export async function send(path, { method = "GET", headers = {}, body, signal } = {}) {
  for (;;) {
    const key = currentKey();
    let response;
    try {
      response = await fetch(path, { method, body, signal, headers: { ...headers, ...accessHeaders() } });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem("The server cannot be reached.");
    }
    if (response.ok) return response;
    if (response.status !== 401) throw await problem(response);
    // Another call may have asked while this one was under way.
    if (key === currentKey()) await askForKey(key ? "The server does not take that key." : "This server wants to know who draws.");
  }
}

const json = async (path, options) => parse(await (await send(path, options)).text());

const post = (path, value) =>
  json(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: stringify(value) });

const segment = encodeURIComponent;

/** Hands in a request; resolves to the job. */
export const submitJob = (request) => post("/v1/jobs", request);
/** Jobs, newest first; those older than the job `before` if given. */
export const listJobs = ({ limit, before }) =>
  json(`/v1/jobs?limit=${limit}${before ? `&before=${segment(before)}` : ""}`);
/** One job. */
export const fetchJob = (id) => json(`/v1/jobs/${segment(id)}`);
/** Asks for a job to be ended; resolves to it. */
export const cancelJob = (id) => json(`/v1/jobs/${segment(id)}/cancel`, { method: "POST" });
/** Keeps a picture on the server for requests to name; resolves to `{ upload, width, height }`. */
export const upload = (blob) =>
  json("/v1/uploads", { method: "PUT", headers: { "Content-Type": blob.type || "application/octet-stream" }, body: blob });
/** Models, adapters and the names of samplers. */
export const fetchModels = () => json("/v1/models");
export const fetchAdapters = () => json("/v1/adapters");
export const fetchOptions = () => json("/v1/options");
