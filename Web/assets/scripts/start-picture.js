import { upload } from "./api.js";
import { byId, make } from "./element.js";
import { MaskEditor } from "./mask-editor.js";
import { MaskStrokes } from "./mask-strokes.js";
import { PictureInput } from "./picture-input.js";
import { pictureAddress, pictureBlob } from "./pictures.js";

/** The picture to begin with, and the mask over it. */
export class StartPicture {
  #input;
  #editor = new MaskEditor();
  // A mask is drawn here, or lies on the server since an earlier job.
  #strokes = [];
  #stored = null;
  #cover = make("div", { class: "cover", hidden: true });
  // Of the mask as it is shown, while it is drawn here.
  #address = null;
  #onchange;

  constructor(onchange) {
    this.#onchange = onchange;
    this.#input = new PictureInput({
      label: "Picture to begin with", hint: "Drop, paste or choose a PNG, JPEG or WebP",
      onchange: (value) => { this.#forgetMask(); this.#show(value); },
    });
    byId("start-picture").append(this.#input.element);
    this.#input.thumb.append(this.#cover);
    byId("edit-mask").addEventListener("click", () => this.#edit());
    byId("drop-mask").addEventListener("click", () => { this.#forgetMask(); this.#show(this.#input.value); byId("edit-mask").focus(); });
  }

  get hasPicture() { return this.#input.value !== null; }
  get hasMask() { return this.#stored !== null || !new MaskStrokes(this.#strokes).isEmpty; }
  /** Pixels of the picture; null where there is none. */
  get size() { return this.#input.value; }

  /** Takes a file. */
  take(blob, name) { this.#open(); return this.#input.take(blob, name); }

  /** Takes a picture that the server has, and what an earlier job covered of it. */
  async takeStored(digest, name, mask = null) {
    this.#open();
    await this.#input.takeStored(digest, name);
    this.#stored = mask;
    this.#show(this.#input.value);
  }

  remove() { this.#input.value = null; }

  /** Hands the mask to the server, and gives `{ upload, mask }` as a request names them; null where there is no picture. */
  async digests() {
    const { value } = this.#input;
    if (!value) return null;
    if (this.hasMask && !this.#stored) {
      const kept = await upload(await new MaskStrokes(this.#strokes).picture(value.width, value.height));
      this.#stored = kept.upload;
    }
    return { upload: value.digest, mask: this.#stored };
  }

  #open() { byId("image-fold").open = true; }

  async #edit() {
    const { value } = this.#input;
    if (!value) return;
    const strokes = await this.#editor.edit(await pictureBlob(value.digest), this.#strokes);
    if (strokes === null) return;
    this.#strokes = strokes;
    this.#stored = null;
    this.#show(value);
    byId("edit-mask").focus();
  }

  #forgetMask() {
    this.#strokes = [];
    this.#stored = null;
  }

  #show(value) {
    const { hasMask } = this;
    byId("image-settings").hidden = value === null;
    byId("mask-settings").hidden = !hasMask;
    byId("drop-mask").hidden = !hasMask;
    byId("edit-mask").querySelector("span").textContent = hasMask ? "Change the mask" : "Draw a mask";
    byId("image-digest").value = value === null ? "" : hasMask ? "with a mask" : "on";
    this.#cover.hidden = !hasMask;
    if (hasMask) this.#showCover(value);
    this.#onchange();
  }

  async #showCover({ width, height }) {
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = this.#stored ? null : URL.createObjectURL(await new MaskStrokes(this.#strokes).picture(width, height));
    const address = this.#address ?? await pictureAddress(this.#stored);
    this.#cover.style.setProperty("mask-image", `url("${address}")`);
  }
}
