import { byId, make } from "./element.js";

// Sides by their proportion, of about as many pixels as the model's own square.
const shapes = [
  { name: "Square", ratio: [1, 1] },
  { name: "Portrait", ratio: [2, 3] },
  { name: "Tall", ratio: [9, 16] },
  { name: "Landscape", ratio: [3, 2] },
  { name: "Wide", ratio: [16, 9] },
];

/** Buttons that fill in width and height for a model that draws squares of `side` pixels. */
export class SizePresets {
  #width = byId("width");
  #height = byId("height");
  #buttons = [];
  #side = 512;

  constructor() {
    this.#buttons = shapes.map(({ name, ratio }) => {
      const glyph = make("span", { class: "ratio", "aria-hidden": "true" });
      const scale = 16 / Math.max(...ratio);
      glyph.style.setProperty("--w", `${ratio[0] * scale}px`);
      glyph.style.setProperty("--h", `${ratio[1] * scale}px`);
      const button = make("button", { type: "button", "aria-label": name, "aria-pressed": "false" }, glyph, ratio.join(":"));
      button.addEventListener("click", () => this.#choose(ratio));
      return button;
    });
    byId("size-presets").append(...this.#buttons);
    byId("swap-sides").addEventListener("click", () => {
      const [width, height] = this.#current;
      this.#set(height, width);
    });
    for (const field of [this.#width, this.#height]) field.addEventListener("input", () => this.show());
  }

  /** Takes the model's own size, which is drawn where the fields are empty. */
  setModel({ width, height }) {
    this.#side = Math.sqrt(width * height);
    this.#width.placeholder = width;
    this.#height.placeholder = height;
    this.show();
  }

  get #current() { return [this.#width, this.#height].map((field) => Number(field.value || field.placeholder)); }

  #choose(ratio) { this.#set(...sides(ratio, this.#side)); }

  #set(width, height) {
    const isModels = width === Number(this.#width.placeholder) && height === Number(this.#height.placeholder);
    this.#width.value = isModels ? "" : width;
    this.#height.value = isModels ? "" : height;
    this.#width.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** Marks the preset that the fields come to. */
  show() {
    const [width, height] = this.#current;
    shapes.forEach(({ name, ratio }, index) => {
      const preset = sides(ratio, this.#side);
      const button = this.#buttons[index];
      button.setAttribute("aria-pressed", preset[0] === width && preset[1] === height);
      button.title = `${name}, ${preset[0]} × ${preset[1]}`;
    });
  }
}

/** Sides of the proportion `ratio` and about `side`² pixels, multiples of 64, or of 8 where that is coarse. */
export function sides(ratio, side) {
  const unit = side < 256 ? 8 : 64;
  const round = (x) => Math.max(unit, Math.round(x / unit) * unit);
  const share = Math.sqrt(ratio[0] / ratio[1]);
  return [round(side * share), round(side / share)];
}
