import { ControlList } from "./control-list.js";
import { addSliders, followFields } from "./dial.js";
import { announce, byId, choose } from "./element.js";
import { FieldErrors } from "./field-errors.js";
import { readInfotext, requestOfInfotext } from "./infotext.js";
import { LoRAList } from "./lora-list.js";
import { notify } from "./notices.js";
import { readPNGText } from "./png-text.js";
import { parse, stringify } from "./exact-json.js";
import { at, fieldValue, put, setField, without } from "./request-fields.js";
import { SizePresets } from "./size-presets.js";
import { StartPicture } from "./start-picture.js";

const place = "daguerre.settings";
// Fields of what there may be several of; the lists read those themselves.
const lists = /^(loras|controls)\[/;
// What the page shows by something else than a field.
const shown = ["loras", "controls", "image.upload", "mask.upload", "previews"];

/** The settings: a form whose fields are called as the request's, and the lists and pictures beside them. */
export class Composer {
  #form = byId("composer");
  #errors = new FieldErrors(this.#form);
  #presets = new SizePresets();
  #loras = new LoRAList(() => this.#remember());
  #controls = new ControlList(() => this.#remember());
  #start = new StartPicture(() => this.#remember());
  #store;
  #defaultModel = "";
  // What a job was asked for that this page has no field for, such as a refiner: kept, so that its picture can be drawn again.
  #kept = {};
  #isReady = false;
  #isBusy = false;

  constructor(store) {
    this.#store = store;
    addSliders(this.#form);
    this.#form.addEventListener("submit", (event) => { event.preventDefault(); this.generate(); });
    this.#form.addEventListener("input", () => this.#remember());
    this.#form.addEventListener("trouble", ({ detail }) => this.#errors.showGeneral(detail));
    byId("hires").addEventListener("change", () => this.#showHires());
    byId("random-seed").addEventListener("click", () => this.setSeed(""));
    byId("reset").addEventListener("click", () => { this.use({}); notify("Settings are as they were at first."); });
    byId("drop-kept").addEventListener("click", () => this.#keep({}));
    byId("prompt").addEventListener("paste", (event) => {
      if (this.#useText(event.clipboardData.getData("text"))) event.preventDefault();
    });
    byId("prompt").addEventListener("drop", (event) => this.#dropPicture(event));
  }

  get start() { return this.#start; }
  get model() { return byId("model").value; }

  /** Takes what the server has to choose from. */
  setKnown({ loras, controls, preprocessors, defaultModel }) {
    this.#defaultModel = defaultModel;
    this.#loras.setKnown(loras);
    this.#controls.setKnown(controls, preprocessors);
  }

  /** Shows what the model draws by itself where nothing is chosen. */
  setDefaults({ width, height, steps, guidance }) {
    this.#presets.setModel({ width, height });
    byId("steps").placeholder = steps;
    byId("guidance").placeholder = guidance;
    followFields(this.#form);
  }

  /** Takes the settings of before the page was loaded anew. */
  restore() {
    const kept = sessionStorage.getItem(place);
    if (kept) this.use(parse(kept));
    this.#isReady = true;
  }

  setSeed(seed) {
    byId("seed").value = seed;
    byId("seed").dispatchEvent(new Event("input", { bubbles: true }));
  }

  setPrompt(prompt) {
    byId("prompt").value = prompt;
    byId("prompt").dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Shows `request` in the fields, those it says nothing of as at first; pictures are left out where they are no longer kept. */
  async use(request) {
    this.#errors.clear();
    for (const field of this.#fields) {
      const value = at(request, field.name);
      if (field.tagName === "SELECT") choose(field, String(value ?? field.dataset.default ?? ""));
      else setField(field, value);
    }
    if (!request.model) choose(byId("model"), this.#defaultModel);
    byId("model").dispatchEvent(new Event("change"));
    this.#keep(without(request, [...this.#fields.map(({ name }) => name), ...shown]));
    this.#loras.value = request.loras ?? [];
    this.#controls.value = request.controls ?? [];
    byId("hires").checked = Boolean(request.hires);
    byId("image-fold").open = Boolean(request.image);
    byId("hires-fold").open = Boolean(request.hires);
    byId("lora-fold").open = this.#loras.value.length > 0;
    byId("control-fold").open = this.#controls.value.length > 0;
    this.#showHires();
    followFields(this.#form);
    this.#presets.show();
    this.#start.remove();
    this.#remember();
    if (!request.image?.upload) return;
    try {
      await this.#start.takeStored(request.image.upload, "Of the job", request.mask?.upload ?? null);
    } catch {
      notify("The picture that it began with is no longer kept.");
    }
  }

  /** Hands in what the fields say. */
  async generate() {
    if (this.#isBusy) return;
    this.#isBusy = true;
    byId("generate").setAttribute("aria-busy", "true");
    this.#errors.clear();
    try {
      const job = await this.#store.submit(await this.#request());
      announce("Queued");
      this.#form.dispatchEvent(new CustomEvent("submitted", { detail: job }));
    } catch (problem) {
      this.#errors.show(problem.field, problem.message);
    } finally {
      this.#isBusy = false;
      byId("generate").removeAttribute("aria-busy");
    }
  }

  get #fields() {
    return [...this.#form.elements].filter(({ name }) => name && !lists.test(name));
  }

  /** What the fields say, without pictures. */
  get #settings() {
    const { image, mask, hires, ...request } = structuredClone(this.#kept);
    if (hires && byId("hires").checked) request.hires = hires;
    for (const field of this.#fields) {
      const group = field.name.split(".")[0];
      if ((group === "hires" && !byId("hires").checked) || group === "image" || group === "mask") continue;
      const value = fieldValue(field);
      if (value !== undefined) put(request, field.name, value);
    }
    request.prompt ??= "";
    if (this.#loras.value.length > 0) request.loras = this.#loras.value;
    if (this.#controls.value.length > 0) request.controls = this.#controls.value;
    return request;
  }

  async #request() {
    const request = { ...this.#settings, previews: true };
    const digests = await this.#start.digests();
    if (!digests) return request;
    if (this.#kept.image) request.image = structuredClone(this.#kept.image);
    if (this.#kept.mask && digests.mask) request.mask = structuredClone(this.#kept.mask);
    for (const field of this.#fields) {
      const group = field.name.split(".")[0];
      if (group !== "image" && (group !== "mask" || !digests.mask)) continue;
      const value = fieldValue(field);
      if (value !== undefined) put(request, field.name, value);
    }
    put(request, "image.upload", digests.upload);
    if (digests.mask) put(request, "mask.upload", digests.mask);
    return request;
  }

  #keep(kept) {
    this.#kept = kept;
    const names = Object.keys(kept);
    byId("kept").hidden = names.length === 0;
    byId("kept-names").textContent = names.map((name) => name.replaceAll("_", " ")).join(", ");
    if (names.length > 0) byId("more-fold").open = true;
    this.#remember();
  }

  #showHires() {
    const { checked } = byId("hires");
    byId("hires-settings").hidden = !checked;
    byId("hires-digest").value = checked ? `× ${byId("hires-scale").value}` : "";
    this.#remember();
  }

  #remember() {
    if (byId("hires").checked) byId("hires-digest").value = `× ${byId("hires-scale").value}`;
    if (this.#isReady) sessionStorage.setItem(place, stringify(this.#settings));
  }

  /** A picture dropped on the prompt is there for the text in it. */
  async #dropPicture(event) {
    const file = [...event.dataTransfer.files].find(({ type }) => type === "image/png");
    if (!file) return;
    event.preventDefault();
    const text = await readPNGText(file, "parameters");
    if (!this.#useText(text ?? "")) notify("That picture does not say how it was made.");
  }

  /** Text out of a picture is settings, not a prompt; false for other text. */
  #useText(text) {
    const read = readInfotext(text);
    if (!read) return false;
    const before = this.#settings;
    this.use(requestOfInfotext(read));
    notify("Settings taken from the text.", { label: "Undo", run: () => this.use(before) });
    return true;
  }
}
