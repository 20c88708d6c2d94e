import { byId } from "./element.js";
import { MaskStrokes, drawStroke } from "./mask-strokes.js";

const cover = "#f0883e";
const coverOpacity = 0.6;

/** Draws a mask over a picture, with mouse, pen or finger. */
export class MaskEditor {
  #dialog = byId("mask-editor");
  #surface = byId("mask-surface");
  #size = byId("mask-size");
  #strokes = new MaskStrokes();
  #picture = null;
  // What is covered, in the picture's own pixels; the surface shows it over the picture.
  #layer = null;
  #stroke = null;
  #erases = false;
  #pointer = null;
  #finish = null;

  constructor() {
    const on = (id, run) => byId(id).addEventListener("click", run);
    on("mask-brush", () => this.#take(false));
    on("mask-eraser", () => this.#take(true));
    on("mask-undo", () => this.#change((strokes) => strokes.undo()));
    on("mask-redo", () => this.#change((strokes) => strokes.redo()));
    on("mask-fill", () => this.#change((strokes) => strokes.add({ fills: true })));
    on("mask-clear", () => this.#change((strokes) => strokes.add({ clears: true })));
    on("mask-cancel", () => this.#dialog.close());
    on("mask-done", () => { this.#finish?.(this.#strokes.list); this.#finish = null; this.#dialog.close(); });
    this.#dialog.addEventListener("close", () => { this.#finish?.(null); this.#finish = null; });
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    this.#surface.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#surface.addEventListener("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"]) this.#surface.addEventListener(type, () => this.#end());
    this.#surface.addEventListener("pointerleave", () => { this.#pointer = null; this.#paint(); });
    new ResizeObserver(() => this.#fit()).observe(this.#surface.parentElement);
  }

  /** Opens over the picture in `blob`; resolves to the strokes, or to null if nothing is to change. */
  async edit(blob, strokes) {
    this.#picture = await createImageBitmap(blob);
    this.#layer = new OffscreenCanvas(this.#picture.width, this.#picture.height);
    this.#strokes = new MaskStrokes(strokes);
    this.#take(false);
    this.#dialog.showModal();
    this.#fit();
    this.#change(() => {});
    this.#surface.focus();
    return new Promise((resolve) => { this.#finish = resolve; });
  }

  #take(erases) {
    this.#erases = erases;
    byId("mask-brush").setAttribute("aria-pressed", !erases);
    byId("mask-eraser").setAttribute("aria-pressed", erases);
  }

  #change(change) {
    change(this.#strokes);
    this.#strokes.draw(this.#layer.getContext("2d"), cover);
    byId("mask-undo").disabled = !this.#strokes.canUndo;
    byId("mask-redo").disabled = !this.#strokes.canRedo;
    this.#paint();
  }

  /** Makes the surface as large as its place lets it be, in the picture's proportions. */
  #fit() {
    if (!this.#picture || !this.#dialog.open) return;
    const place = this.#surface.parentElement;
    const { width, height } = this.#picture;
    const scale = Math.min((place.clientWidth - 32) / width, (place.clientHeight - 32) / height);
    if (scale <= 0) return;
    const dots = devicePixelRatio || 1;
    this.#surface.style.width = `${Math.round(width * scale)}px`;
    this.#surface.style.height = `${Math.round(height * scale)}px`;
    this.#surface.width = Math.round(width * scale * dots);
    this.#surface.height = Math.round(height * scale * dots);
    this.#paint();
  }

  #paint() {
    if (!this.#layer) return;
    const context = this.#surface.getContext("2d");
    const { width, height } = this.#surface;
    context.globalAlpha = 1;
    context.drawImage(this.#picture, 0, 0, width, height);
    context.globalAlpha = coverOpacity;
    context.drawImage(this.#layer, 0, 0, width, height);
    context.globalAlpha = 1;
    if (this.#pointer) this.#paintPointer(context);
  }

  #paintPointer(context) {
    const scale = this.#surface.width / this.#picture.width;
    const [x, y] = this.#pointer;
    for (const [colour, extra] of [["#000", 1], ["#fff", 0]]) {
      context.beginPath();
      context.arc(x * scale, y * scale, Math.max(1, this.#radius * scale) + extra, 0, 2 * Math.PI);
      context.lineWidth = 1;
      context.strokeStyle = colour;
      context.stroke();
    }
  }

  /** Of the brush, in the picture's pixels; the slider says it in percents of a quarter of the larger side. */
  get #radius() { return (Number(this.#size.value) / 100) * Math.max(this.#picture.width, this.#picture.height) / 4; }

  #point(event) {
    const place = this.#surface.getBoundingClientRect();
    const scale = this.#picture.width / place.width;
    return [(event.clientX - place.left) * scale, (event.clientY - place.top) * scale];
  }

  #begin(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#surface.setPointerCapture(event.pointerId);
    this.#stroke = { erases: this.#erases, radius: this.#radius, points: [this.#point(event)] };
    this.#extend();
  }

  #move(event) {
    this.#pointer = event.pointerType === "touch" ? null : this.#point(event);
    if (this.#stroke) {
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const step of passed.length > 0 ? passed : [event]) this.#stroke.points.push(this.#point(step));
      this.#extend();
    } else {
      this.#paint();
    }
  }

  #extend() {
    drawStroke(this.#layer.getContext("2d"), this.#stroke, cover);
    this.#paint();
  }

  #end() {
    if (!this.#stroke) return;
    const stroke = this.#stroke;
    this.#stroke = null;
    this.#change((strokes) => strokes.add(stroke));
  }

  #key(event) {
    const key = event.key.toLowerCase();
    const withControl = event.ctrlKey || event.metaKey;
    if (withControl && key === "z") this.#change((strokes) => (event.shiftKey ? strokes.redo() : strokes.undo()));
    else if (withControl && key === "y") this.#change((strokes) => strokes.redo());
    else if (withControl && key === "enter") byId("mask-done").click();
    else if (withControl || event.altKey) return;
    else if (key === "b") this.#take(false);
    else if (key === "e") this.#take(true);
    else if (key === "[") this.#size.value = Number(this.#size.value) - 4;
    else if (key === "]") this.#size.value = Number(this.#size.value) + 4;
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.#paint();
  }
}
