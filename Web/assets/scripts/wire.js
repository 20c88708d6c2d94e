// What the server's JSON becomes in the page; the only place that knows its spelling besides the names of the form's fields.

/** A job as the page has it. */
export function readJob(json) {
  return {
    id: json.id,
    state: json.state,
    request: json.request ?? null,
    position: json.position ?? null,
    submitted: moment(json.submitted_at),
    started: moment(json.started_at),
    finished: moment(json.finished_at),
    cancelRequested: json.cancel_requested ?? false,
    images: (json.images ?? []).map(readImage),
    failure: json.failure?.message ?? null,
    progress: json.progress ? { ...readProgress(json.progress), heard: performance.now() } : null,
  };
}

const readImage = (json) => ({
  digest: json.digest,
  isMap: json.role === "control_map",
  width: json.width,
  height: json.height,
  mediaType: json.media_type ?? "image/png",
  seed: json.seed,
  infotext: json.infotext ?? "",
  safety: json.safety?.action ?? null,
});

const readProgress = (json) => ({
  stage: json.stage,
  step: json.step ?? 0,
  steps: json.steps ?? 0,
  image: json.image ?? 0,
  secondsLeft: json.seconds_left ?? null,
  fraction: json.fraction ?? 0,
  // A `data:` address.
  preview: json.preview ?? null,
});

/** Milliseconds since 1970 of a date as RFC 3339 has it. */
const moment = (text) => (text ? Date.parse(text) : null);

/** A page of the list of jobs: `{ jobs, hasOlder }`. */
export const readList = (json) => ({ jobs: json.data.map(readJob), hasOlder: Boolean(json.next) });

/** An event of `/v1/events`: `{ id, progress }` or `{ id, job }`; null for kinds that this page does not know. */
export function readEvent(type, json) {
  if (type === "progress") return { id: json.job, progress: readProgress(json) };
  if (type === "state") return { id: json.id, job: readJob(json) };
  return null;
}
