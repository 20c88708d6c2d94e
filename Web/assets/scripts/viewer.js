import { byId } from "./element.js";
import { showPicture } from "./pictures.js";

/** Shows a picture over the whole page. */
export class Viewer {
  #dialog = byId("viewer");
  #frame = this.#dialog.querySelector(".viewer-frame");
  #selection;
  #store;

  constructor(selection, store) {
    this.#selection = selection;
    this.#store = store;
    byId("enlarge").addEventListener("click", () => this.open());
    byId("viewer-close").addEventListener("click", () => this.#dialog.close());
    byId("viewer-previous").addEventListener("click", () => selection.step(-1));
    byId("viewer-next").addEventListener("click", () => selection.step(1));
    this.#frame.addEventListener("click", () => this.#frame.classList.toggle("actual"));
    selection.addEventListener("change", () => { if (this.isOpen) this.#show(); });
  }

  get isOpen() { return this.#dialog.open; }

  open() {
    if (!this.#selection.picture) return;
    this.#frame.classList.remove("actual");
    this.#dialog.showModal();
    this.#show();
  }

  close() { this.#dialog.close(); }

  #show() {
    const { picture } = this.#selection;
    if (!picture) return this.close();
    const image = byId("viewer-picture");
    showPicture(image, picture.image.digest);
    image.alt = picture.job.request?.prompt ?? "";
    const { pictures } = this.#store;
    const place = pictures.findIndex(({ job, index }) => job.id === picture.job.id && index === picture.index);
    byId("viewer-caption").textContent = `${place + 1} of ${pictures.length} · ${picture.job.request?.prompt ?? ""} · seed ${picture.image.seed}`;
    byId("viewer-previous").disabled = place <= 0;
    byId("viewer-next").disabled = place === pictures.length - 1;
  }
}
