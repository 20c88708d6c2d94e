import { byId, icon, make } from "./element.js";
import { notify } from "./notices.js";
import { showPicture } from "./pictures.js";
import { endWords } from "./progress-words.js";

/** The contact sheet: every picture, newest first, and jobs that came to nothing. */
export class Gallery {
  #store;
  #selection;
  #list = byId("gallery");
  #cells = new Map();
  #isAsked = false;

  constructor(store, selection) {
    this.#store = store;
    this.#selection = selection;
    store.addEventListener("change", ({ detail }) => { if (!detail.job?.progress) this.#showSoon(); });
    selection.addEventListener("change", () => this.#mark());
    byId("older").addEventListener("click", () => store.loadOlder().catch((problem) => notify(problem.message)));
  }

  /** One drawing for however many changes come at once. */
  #showSoon() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => { this.#isAsked = false; this.#show(); });
  }

  #show() {
    const shown = new Map();
    let pictures = 0;
    for (const job of this.#store.all) {
      job.images.forEach((image, index) => {
        pictures += 1;
        shown.set(`${job.id}/${index}`, () => this.#picture(job, image, index));
      });
      if (job.images.length === 0 && ["failed", "blocked", "expired"].includes(job.state)) shown.set(`${job.id}/0`, () => this.#failure(job));
    }
    for (const [key, cell] of this.#cells) {
      if (shown.has(key)) continue;
      cell.remove();
      this.#cells.delete(key);
    }
    // Cells stay where they are; only new ones are made.
    let before = this.#list.firstElementChild;
    for (const [key, build] of shown) {
      if (!this.#cells.has(key)) this.#cells.set(key, build());
      const cell = this.#cells.get(key);
      if (cell === before) before = before.nextElementSibling;
      else this.#list.insertBefore(cell, before);
    }
    byId("picture-count").textContent = pictures > 0 ? `${pictures}${this.#store.hasOlder ? "+" : ""}` : "";
    byId("gallery-empty").hidden = shown.size > 0;
    byId("older").hidden = !this.#store.hasOlder;
    this.#mark();
  }

  #picture(job, image, index) {
    const picture = make("img", { alt: job.request?.prompt ?? "", loading: "lazy" });
    // What is far down is not asked for until it comes near.
    nearby.observe(picture);
    picture.wanted = image.digest;
    return this.#cell(job, index, image.isMap ? "map" : "", image.infotext, picture);
  }

  #failure(job) {
    const cell = this.#cell(job, 0, "failed", endWords(job), icon("warning"));
    cell.firstElementChild.setAttribute("aria-label", endWords(job));
    return cell;
  }

  #cell(job, index, kind, title, content) {
    const button = make("button", { type: "button", class: kind, title: title.slice(0, 400), onclick: () => this.#selection.show(job.id, index) }, content);
    return make("li", {}, button);
  }

  /** Scrolls the sheet to `cell`, and never the page. */
  #reveal(cell) {
    const strip = this.#list;
    const column = strip.closest(".roll");
    if (!cell) return;
    if (getComputedStyle(column).overflowY === "auto") return cell.scrollIntoView({ block: "nearest" });
    const left = cell.offsetLeft - strip.offsetLeft;
    if (left < strip.scrollLeft || left + cell.offsetWidth > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = left - 14;
  }

  #mark() {
    const { job, index } = this.#selection;
    const current = job ? `${job.id}/${index}` : "";
    for (const [key, cell] of this.#cells) {
      if (key === current) cell.firstElementChild.setAttribute("aria-current", "true");
      else cell.firstElementChild.removeAttribute("aria-current");
    }
    this.#reveal(this.#cells.get(current));
  }
}

const nearby = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    nearby.unobserve(target);
    showPicture(target, target.wanted);
  }
}, { rootMargin: "400px" });
