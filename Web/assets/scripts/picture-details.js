import { byId, make } from "./element.js";
import { readInfotext } from "./infotext.js";
import { notify } from "./notices.js";
import { pictureBlob } from "./pictures.js";

const endings = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp" };

/** How the picture shown was made, and what can be done with it. */
export class PictureDetails {
  #selection;
  #composer;

  constructor(selection, composer) {
    this.#selection = selection;
    this.#composer = composer;
    selection.addEventListener("change", () => this.show());
    byId("use-settings").addEventListener("click", () => this.useSettings());
    byId("to-image").addEventListener("click", () => this.sendToImage());
    byId("download").addEventListener("click", () => this.#download());
    byId("copy-infotext").addEventListener("click", () => this.#copy());
    byId("reuse-seed").addEventListener("click", () => this.#reuseSeed());
  }

  show() {
    const { job, picture } = this.#selection;
    const isOver = job !== null && !["queued", "running"].includes(job.state);
    byId("details").hidden = !(picture || (isOver && job.request));
    for (const id of ["to-image", "download", "copy-infotext"]) byId(id).hidden = !picture;
    byId("reuse-seed").disabled = !picture;
    if (!job) return;
    const read = picture ? readInfotext(picture.image.infotext) : null;
    byId("detail-prompt").textContent = read?.prompt ?? job.request?.prompt ?? "";
    byId("detail-negative").textContent = read?.negative ?? job.request?.negative_prompt ?? "";
    const rows = [...(read?.settings ?? [])];
    if (picture?.image.safety === "blurred") rows.push(["Safety", "blurred"]);
    const seconds = job.started && job.finished ? (job.finished - job.started) / 1000 : null;
    if (seconds !== null && picture) rows.push(["Took", `${seconds.toFixed(1)} s`]);
    byId("detail-more").hidden = rows.length === 0;
    byId("detail-list").replaceChildren(...rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  }

  /** Fills the settings with what the job shown was asked for, its seed included. */
  async useSettings() {
    const { job, picture } = this.#selection;
    if (!job?.request) return;
    await this.#composer.use({ ...job.request, seed: job.request.seed ?? picture?.image.seed });
    notify("Settings taken from this picture.");
  }

  /** Takes the picture shown as the one to begin with. */
  async sendToImage() {
    const { picture } = this.#selection;
    if (!picture) return;
    try {
      await this.#composer.start.take(await pictureBlob(picture.image.digest), `Seed ${picture.image.seed}`);
      byId("image-fold").scrollIntoView({ block: "nearest", behavior: "smooth" });
    } catch (problem) {
      notify(problem.message);
    }
  }

  #reuseSeed() {
    const { picture } = this.#selection;
    if (picture) this.#composer.setSeed(String(picture.image.seed));
  }

  async #copy() {
    await navigator.clipboard.writeText(this.#selection.picture.image.infotext);
    notify("Copied.");
  }

  /** Fetches the file first: a link to the server would send no key, and take the server's name for it. */
  async #download() {
    const { image } = this.#selection.picture;
    try {
      const href = URL.createObjectURL(await pictureBlob(image.digest));
      make("a", { href, download: `daguerre-${image.seed}.${endings[image.mediaType] ?? "png"}` }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
    } catch (problem) {
      notify(problem.message);
    }
  }
}
