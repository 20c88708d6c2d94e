import { byId, make } from "./element.js";
import { isOver } from "./job-store.js";
import { showAddress, showPicture } from "./pictures.js";
import { endWords, stageWords, timeLeft } from "./progress-words.js";

const mostEnlarged = 4;

/** The picture that is looked at or being drawn. */
export class Stage {
  #selection;
  #easel = byId("easel");
  #plate = byId("plate");
  #picture = byId("picture");
  #siblings = byId("siblings");

  constructor(selection) {
    this.#selection = selection;
    selection.addEventListener("change", () => this.show());
    new ResizeObserver(() => this.#fit()).observe(this.#easel);
    setInterval(() => this.#showTime(), 500);
  }

  /** Shows how the selected job stands. */
  show() {
    const { job, picture } = this.#selection;
    const isLive = job !== null && !isOver(job);
    const words = job && !picture && !isLive ? endWords(job) : "";
    byId("welcome").hidden = job !== null;
    byId("trouble").hidden = words === "";
    byId("trouble-text").textContent = words;
    this.#plate.hidden = !(picture || isLive);
    this.#plate.classList.toggle("live", isLive);
    byId("pending").hidden = !isLive;
    byId("enlarge").disabled = isLive;
    if (picture) {
      showPicture(this.#picture, picture.image.digest);
      this.#picture.alt = job.request?.prompt ?? "";
    } else if (isLive) {
      this.#showPreview(job);
    }
    this.#fit();
    this.#showProgress(isLive ? job : null);
    this.#showSiblings(job);
  }

  #showPreview(job) {
    const preview = job.progress?.preview;
    this.#picture.alt = preview ? `Preview: ${job.request?.prompt ?? ""}` : "";
    if (preview) showAddress(this.#picture, preview);
    else {
      delete this.#picture.dataset.digest;
      this.#picture.removeAttribute("src");
    }
  }

  #showProgress(job) {
    byId("progress").hidden = job === null;
    if (!job) return;
    const bar = byId("progress-bar");
    if (job.state === "running" && job.progress?.stage !== "loading") bar.value = job.progress?.fraction ?? 0;
    else bar.value = 0;
    byId("progress-stage").textContent = stageWords(job);
    this.#showTime();
  }

  #showTime() {
    const { job } = this.#selection;
    if (job && !isOver(job)) byId("progress-left").textContent = timeLeft(job);
  }

  #showSiblings(job) {
    const images = job?.images ?? [];
    this.#siblings.hidden = images.length < 2;
    while (this.#siblings.children.length > images.length) this.#siblings.lastElementChild.remove();
    while (this.#siblings.children.length < images.length) {
      const index = this.#siblings.children.length;
      this.#siblings.append(make("button", { type: "button", onclick: () => this.#selection.show(this.#selection.job.id, index) }, make("img", { alt: "" })));
    }
    images.forEach((image, index) => {
      const button = this.#siblings.children[index];
      showPicture(button.firstElementChild, image.digest);
      button.setAttribute("aria-label", image.isMap ? "What the control was shown" : `Picture ${index + 1}, seed ${image.seed}`);
      button.setAttribute("aria-pressed", index === this.#selection.index);
    });
  }

  /** Gives the plate the picture's proportions, as large as there is room, small pictures at most four times their size. */
  #fit() {
    const { job, picture } = this.#selection;
    if (!job) return;
    const size = picture?.image ?? expectedSize(job);
    const style = getComputedStyle(this.#easel);
    const room = (side) => parseFloat(style[side]);
    const width = this.#easel.clientWidth - room("paddingLeft") - room("paddingRight");
    const isPhone = matchMedia("(max-width: 760px)").matches;
    const height = isPhone ? innerHeight * 0.42 : this.#easel.clientHeight - room("paddingTop") - room("paddingBottom");
    const scale = Math.min(width / size.width, height / size.height, mostEnlarged);
    this.#plate.style.setProperty("--shown-width", `${Math.floor(size.width * scale)}px`);
    this.#plate.style.setProperty("--shown-height", `${Math.floor(size.height * scale)}px`);
  }
}

// Of a picture that is not there yet.
function expectedSize(job) {
  const width = job.request?.width ?? (Number(byId("width").placeholder) || 512);
  const height = job.request?.height ?? (Number(byId("height").placeholder) || 512);
  return { width, height };
}
