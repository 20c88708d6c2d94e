/**
 * What the stage shows: a job, and which of its pictures. While it follows, it goes on to whatever was handed in last.
 */
export class Selection extends EventTarget {
  #store;
  #job = null;
  #index = 0;

  constructor(store) {
    super();
    this.#store = store;
  }

  get job() { return this.#job === null ? null : this.#store.get(this.#job) ?? null; }
  get index() { return this.#index; }
  /** The picture shown; null where the job has none (yet). */
  get picture() {
    const { job } = this;
    const image = job?.images[this.#index];
    return image ? { job, image, index: this.#index } : null;
  }

  show(job, index = 0) {
    this.#job = job;
    this.#index = index;
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** Goes `by` pictures on in the contact sheet, which has the newest first; false where there is none. */
  step(by) {
    const { pictures } = this.#store;
    const here = pictures.findIndex(({ job, index }) => job.id === this.#job && index === this.#index);
    const next = here < 0 ? pictures[0] : pictures[here + by];
    if (!next) return false;
    this.show(next.job.id, next.index);
    return true;
  }
}
