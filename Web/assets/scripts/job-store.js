// The jobs that the page knows, kept true by the server's events.
import { cancelJob, fetchJob, listJobs, submitJob } from "./api.js";
import { follow } from "./event-stream.js";
import { readEvent, readJob, readList } from "./wire.js";

const pageSize = 60;
// Of how many waiting jobs the place in the line is asked for.
const mostPositions = 20;

/** States in which nothing more happens. */
export const isOver = (job) => !["queued", "running"].includes(job.state);

/** Jobs by their names; tells those who listen to "change" of each, and to "connection" whether events come. */
export class JobStore extends EventTarget {
  #jobs = new Map();
  #hasOlder = false;
  #isMoving = false;

  /** Newest first. */
  get all() { return [...this.#jobs.values()].sort((a, b) => b.submitted - a.submitted || (a.id < b.id ? 1 : -1)); }
  /** Waiting and running, in the order in which they will be done. */
  get active() {
    return this.all.filter((job) => !isOver(job)).reverse()
      .sort((a, b) => (a.state === "running" ? 0 : 1) - (b.state === "running" ? 0 : 1) || (a.position ?? 0) - (b.position ?? 0));
  }
  /** Whether the server has older ones. */
  get hasOlder() { return this.#hasOlder; }
  /** Every picture there is, newest job first, as `{ job, image, index }`. */
  get pictures() {
    return this.all.flatMap((job) => job.images.map((image, index) => ({ job, image, index })));
  }

  get(id) { return this.#jobs.get(id); }

  /** Reads what there is and follows what happens. */
  async start() {
    await follow("/v1/events", {
      onevent: (type, data) => this.#hear(type, data),
      onstate: (state) => {
        this.dispatchEvent(new CustomEvent("connection", { detail: state }));
        // What happened while nobody listened is in the list.
        if (state === "open") this.refresh().catch((error) => console.debug("jobs:", error.message));
      },
    });
  }

  async refresh() { this.#take(await listJobs({ limit: pageSize })); }

  async loadOlder() {
    const oldest = this.all.at(-1);
    if (oldest) this.#take(await listJobs({ limit: pageSize, before: oldest.id }));
  }

  async submit(request) {
    const job = readJob(await submitJob(request));
    this.#keep(job);
    return job;
  }

  async cancel(id) {
    const job = this.get(id);
    if (job && !isOver(job)) this.#keep({ ...job, cancelRequested: true });
    this.#keep(readJob(await cancelJob(id)));
  }

  #take(list) {
    const { jobs, hasOlder } = readList(list);
    // The newest page says nothing of what lies before older ones that are here already.
    const reachesBack = this.#jobs.size === 0 || jobs.at(-1)?.submitted <= this.all.at(-1).submitted;
    if (reachesBack) this.#hasOlder = hasOlder;
    for (const job of jobs) this.#keep(job, { quietly: true });
    this.#tell(null);
  }

  #hear(type, data) {
    const event = readEvent(type, data);
    if (!event) return;
    const known = this.get(event.id);
    if (event.progress) {
      if (!known || isOver(known)) return;
      const preview = event.progress.preview ?? known.progress?.preview ?? null;
      return this.#keep({ ...known, state: "running", progress: { ...event.progress, preview, heard: performance.now() } });
    }
    this.#keep(event.job);
  }

  #keep(job, { quietly = false } = {}) {
    const known = this.get(job.id);
    // A list that was asked for before a job ended may arrive after the event that says so.
    if (known && isOver(known) && !isOver(job)) return;
    if (known) {
      job = { ...job, progress: job.progress ?? known.progress, position: job.position ?? known.position };
      if (isOver(job)) job.progress = null;
    }
    this.#jobs.set(job.id, job);
    if (quietly) return;
    this.#tell(job, known);
    if (job.state === "queued" ? job.position === null : known?.state === "queued") this.#moveUp();
  }

  /** Only a job's own address says where in the line it is: asks for those that wait, once for many that move up at once. */
  #moveUp() {
    if (this.#isMoving || !this.active.some(({ state }) => state === "queued")) return;
    this.#isMoving = true;
    setTimeout(async () => {
      this.#isMoving = false;
      const waiting = this.active.filter(({ state }) => state === "queued").slice(0, mostPositions);
      for (const { id } of waiting) await fetchJob(id).then((json) => this.#keep(readJob(json)), (error) => console.debug("job:", error.message));
    }, 300);
  }

  #tell(job, before = null) { this.dispatchEvent(new CustomEvent("change", { detail: { job, before } })); }
}
