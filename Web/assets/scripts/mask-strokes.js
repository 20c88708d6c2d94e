// A mask as what was drawn, one stroke after another, so that each can be taken back.

/** `{ erases, radius, points: [[x, y], …] }` in pixels of the picture, or `{ fills: true }`, or `{ clears: true }`. */
export class MaskStrokes {
  #done = [];
  #undone = [];

  constructor(strokes = []) { this.#done = [...strokes]; }

  get list() { return [...this.#done]; }
  get canUndo() { return this.#done.length > 0; }
  get canRedo() { return this.#undone.length > 0; }

  add(stroke) {
    this.#done.push(stroke);
    this.#undone = [];
  }
  undo() { if (this.canUndo) this.#undone.push(this.#done.pop()); }
  redo() { if (this.canRedo) this.#done.push(this.#undone.pop()); }

  /** Whether nothing is covered, whatever was drawn before. */
  get isEmpty() {
    const cleared = this.#done.findLastIndex((stroke) => stroke.clears);
    return this.#done.slice(cleared + 1).every((stroke) => stroke.erases);
  }

  /** Draws all of it in `colour` on the context of a transparent canvas of the picture's size. */
  draw(context, colour) {
    const { width, height } = context.canvas;
    context.clearRect(0, 0, width, height);
    for (const stroke of this.#done) drawStroke(context, stroke, colour);
    context.globalCompositeOperation = "source-over";
  }

  /** A PNG of `width` × `height` pixels: white where something is covered, else black. */
  async picture(width, height) {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    this.draw(context, "#fff");
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    return canvas.convertToBlob({ type: "image/png" });
  }
}

/** Draws one stroke over what is there. */
export function drawStroke(context, stroke, colour) {
  const { width, height } = context.canvas;
  if (stroke.clears) return context.clearRect(0, 0, width, height);
  context.globalCompositeOperation = stroke.erases ? "destination-out" : "source-over";
  context.fillStyle = context.strokeStyle = colour;
  if (stroke.fills) return context.fillRect(0, 0, width, height);
  context.lineWidth = stroke.radius * 2;
  context.lineCap = context.lineJoin = "round";
  const [first, ...rest] = stroke.points;
  // A tap is a dot, and a line of no length would not be drawn.
  context.beginPath();
  context.arc(...first, stroke.radius, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  context.moveTo(...first);
  for (const point of rest) context.lineTo(...point);
  context.stroke();
}
