import { make } from "./element.js";

/**
 * Gives number fields inside `root` a slider: `data-slider="least most step"`. The slider is for the pointer; keyboard and
 * screen readers have the field, whose arrow keys move by the slider's step.
 */
export function addSliders(root) {
  for (const field of root.querySelectorAll("input[data-slider]")) {
    const [min, max, step] = field.dataset.slider.split(" ");
    const slider = make("input", { type: "range", min, max, step, tabindex: -1, "aria-hidden": "true" });
    field.before(slider);
    slider.addEventListener("input", () => {
      field.value = slider.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.addEventListener("input", () => followField(field));
    field.addEventListener("keydown", (event) => {
      const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!direction) return;
      event.preventDefault();
      const from = Number(field.value || field.placeholder) || 0;
      const least = field.min === "" ? -Infinity : Number(field.min);
      field.value = Math.max(least, Number((from + direction * Number(step)).toFixed(4)));
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    followField(field);
  }
}

/** Moves the slider of `field` to what the field says; to its placeholder, shown as not chosen, where it says nothing. */
export function followField(field) {
  const slider = field.previousElementSibling;
  if (slider?.type !== "range") return;
  const value = field.value === "" ? field.placeholder : field.value;
  slider.value = value;
  slider.classList.toggle("unset", field.value === "");
  const share = (Number(slider.value) - Number(slider.min)) / (Number(slider.max) - Number(slider.min));
  slider.style.setProperty("--filled", `${(share * 100).toFixed(1)}%`);
}

/** Moves every slider inside `root` to its field. */
export const followFields = (root) => root.querySelectorAll("input[data-slider]").forEach(followField);
