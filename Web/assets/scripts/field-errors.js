import { byId, make } from "./element.js";

let count = 0;

/**
 * Shows refusals at what they name. A field is found by its `name`; what is no single field says by `data-errors` which names
 * of the request are its own, the longest that fits first.
 */
export class FieldErrors {
  #form;

  constructor(form) {
    this.#form = form;
    // Whoever mends a field has read what was said of it.
    form.addEventListener("input", (event) => this.#forget(event.target));
  }

  /** Shows `message` at `field` of the request and goes there, or above the button where the page has no such field. */
  show(field, message) {
    const place = field ? this.#find(field) : null;
    if (!place) return this.showGeneral(message);
    for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    place.closest("[hidden]")?.removeAttribute("hidden");
    const error = make("p", { class: "error", id: `error-${++count}`, role: "alert" }, message);
    const container = place.matches("input, select, textarea") ? place.closest(".field, .lora, .unit") ?? place.parentElement : place;
    container.append(error);
    place.setAttribute("aria-invalid", "true");
    place.setAttribute("aria-errormessage", error.id);
    const focusable = place.matches("input, select, textarea") ? place : place.querySelector("input:not([hidden]):not([type=range]), select, button");
    focusable?.focus({ preventScroll: true });
    container.scrollIntoView({ block: "center" });
  }

  /** Shows what concerns no field. */
  showGeneral(message) {
    byId("form-error").textContent = message;
    byId("form-error").hidden = false;
  }

  /** Forgets everything that was said. */
  clear() {
    byId("form-error").hidden = true;
    for (const place of this.#form.querySelectorAll("[aria-invalid]")) this.#forget(place);
  }

  #forget(place) {
    const marked = place.closest("[aria-invalid]");
    if (!marked) return;
    byId(marked.getAttribute("aria-errormessage"))?.remove();
    marked.removeAttribute("aria-invalid");
    marked.removeAttribute("aria-errormessage");
  }

  #find(field) {
    for (let name = field; name; name = name.replace(/(\[\d+\]|\.?[^.[\]]+)$/, "")) {
      const named = this.#form.elements.namedItem(name);
      if (named instanceof HTMLElement) return named;
      const place = [...this.#form.querySelectorAll("[data-errors]")].find(({ dataset }) => dataset.errors.split(" ").includes(name));
      if (place) return place;
    }
    return null;
  }
}
