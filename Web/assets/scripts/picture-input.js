import { pictureBlob, showPicture } from "./pictures.js";
import { upload } from "./api.js";
import { icon, make } from "./element.js";

/**
 * Takes a picture that is dropped on it, pasted while it has the focus, or chosen as a file, and hands it to the server.
 * `value` is `{ digest, width, height, name }`, or null.
 */
export class PictureInput {
  element;
  #drop;
  #held;
  #file;
  #image = make("img", { alt: "" });
  #text = make("p");
  #onchange;
  #value = null;
  #turn = 0;

  constructor({ label, hint, onchange }) {
    this.#onchange = onchange;
    this.#file = make("input", { type: "file", accept: "image/png,image/jpeg,image/webp", hidden: true, onchange: () => this.#takeFirst(this.#file.files) });
    const browse = () => this.#file.click();
    this.#drop = make("button", { type: "button", class: "drop", onclick: browse }, make("strong", {}, label), make("span", {}, hint));
    const thumb = make("div", { class: "thumb" }, this.#image);
    const remove = make("button", { type: "button", class: "quiet icon-only", "aria-label": "Remove the picture", title: "Remove", onclick: () => { this.value = null; this.#drop.focus(); } }, icon("close"));
    this.#held = make("div", { class: "held", hidden: true }, thumb, this.#text, remove);
    this.element = make("div", { class: "picture-input" }, this.#drop, this.#held, this.#file);
    this.element.addEventListener("dragover", (event) => this.#over(event, true));
    this.element.addEventListener("dragleave", (event) => this.#over(event, false));
    this.element.addEventListener("drop", (event) => { this.#over(event, false); this.#takeFirst(event.dataTransfer.files); });
    this.element.addEventListener("paste", (event) => { if (this.#takeFirst(event.clipboardData.files)) event.preventDefault(); });
  }

  get value() { return this.#value; }
  set value(value) {
    this.#turn += 1;
    this.#show(value);
  }

  /** Where something may be shown over the thumbnail, such as a mask. */
  get thumb() { return this.#held.firstElementChild; }

  #over(event, isOver) {
    event.preventDefault();
    this.element.classList.toggle("over", isOver);
  }

  #takeFirst(files) {
    const file = [...files].find(({ type }) => type.startsWith("image/"));
    this.#file.value = "";
    if (file) this.take(file, file.name);
    return Boolean(file);
  }

  /** Hands `blob` to the server and holds it. */
  async take(blob, name) {
    const turn = ++this.#turn;
    this.#text.replaceChildren(make("strong", {}, "Sending"));
    this.#image.removeAttribute("src");
    delete this.#image.dataset.digest;
    this.#drop.hidden = true;
    this.#held.hidden = false;
    try {
      const kept = await upload(blob);
      // Something else may have been chosen meanwhile.
      if (turn === this.#turn) this.#show({ digest: kept.upload, width: kept.width, height: kept.height, name });
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#show(null);
      this.element.dispatchEvent(new CustomEvent("trouble", { bubbles: true, detail: error.message }));
    }
  }

  /** Holds a picture of the server that a job began with or drew. */
  async takeStored(digest, name) {
    const turn = ++this.#turn;
    const blob = await pictureBlob(digest);
    const { width, height } = await createImageBitmap(blob);
    if (turn === this.#turn) this.#show({ digest, width, height, name });
  }

  #show(value) {
    this.#value = value;
    this.#drop.hidden = value !== null;
    this.#held.hidden = value === null;
    if (value) {
      showPicture(this.#image, value.digest);
      this.#text.replaceChildren(make("strong", {}, value.name), `${value.width} × ${value.height}`);
    }
    this.#onchange(value);
  }
}
