import { byId, icon, make } from "./element.js";
import { notify } from "./notices.js";
import { showAddress } from "./pictures.js";
import { shortWords } from "./progress-words.js";

/** What waits and runs, each with a button that ends it. */
export class Queue {
  #store;
  #selection;
  #list = byId("queue");
  #rows = new Map();

  constructor(store, selection) {
    this.#store = store;
    this.#selection = selection;
    store.addEventListener("change", () => this.#show());
    byId("cancel").addEventListener("click", () => this.cancelCurrent());
    setInterval(() => this.#showWords(), 1000);
  }

  /** Ends the job on the stage if it has not ended, else the one that runs; false where there is none. */
  cancelCurrent() {
    const { active } = this.#store;
    const job = active.find(({ id }) => id === this.#selection.job?.id) ?? active[0];
    if (!job) return false;
    this.#cancel(job.id);
    return true;
  }

  #show() {
    const { active } = this.#store;
    byId("queue-section").hidden = active.length === 0;
    byId("queue-count").textContent = active.length || "";
    byId("cancel").hidden = active.length === 0;
    const ids = new Set(active.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      // Whoever was about to press a button here goes on at the next.
      if (row.contains(document.activeElement)) (row.nextElementSibling ?? row.previousElementSibling)?.querySelector(".end")?.focus();
      row.remove();
      this.#rows.delete(id);
    }
    active.forEach((job, index) => {
      if (!this.#rows.has(job.id)) this.#rows.set(job.id, this.#row(job));
      const row = this.#rows.get(job.id);
      if (this.#list.children[index] !== row) this.#list.insertBefore(row, this.#list.children[index] ?? null);
      const bar = row.querySelector("progress");
      bar.hidden = job.state !== "running";
      bar.value = job.progress?.fraction ?? 0;
      this.#showPreview(row.querySelector(".show"), job, index);
    });
    this.#showWords();
  }

  #row(job) {
    const prompt = job.request?.prompt || "No prompt";
    return make(
      "li", { "data-job": job.id },
      make("button", { type: "button", class: "show", "aria-label": `Show: ${prompt}`, onclick: () => this.#selection.show(job.id) }),
      make("div", { class: "words" }, make("p", { title: prompt }, prompt), make("p", { class: "stand" })),
      make("button", { type: "button", class: "quiet icon-only end", "aria-label": `Cancel: ${prompt}`, title: "Cancel", onclick: () => this.#cancel(job.id) }, icon("close")),
      make("progress", { max: 1, value: 0, "aria-hidden": "true" }));
  }

  #showPreview(button, job, index) {
    const preview = job.progress?.preview;
    if (!preview) return void (button.textContent = index + 1);
    if (!(button.firstElementChild instanceof HTMLImageElement)) button.replaceChildren(make("img", { alt: "" }));
    showAddress(button.firstElementChild, preview);
  }

  #showWords() {
    for (const job of this.#store.active) {
      const place = this.#rows.get(job.id)?.querySelector(".stand");
      if (place) place.textContent = shortWords(job);
    }
  }

  #cancel(id) { this.#store.cancel(id).catch((problem) => notify(problem.message)); }
}
