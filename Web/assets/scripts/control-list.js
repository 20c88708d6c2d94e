import { addSliders, followFields } from "./dial.js";
import { byId, choose, fromTemplate, setOptions } from "./element.js";
import { PictureInput } from "./picture-input.js";
import { fieldValue, setField } from "./request-fields.js";

let count = 0;

/** The pictures to follow, each with the network that reads it. */
export class ControlList {
  #units = byId("controls");
  #models = [];
  #preprocessors = [];
  #onchange;

  constructor(onchange) {
    this.#onchange = onchange;
    byId("add-control").addEventListener("click", () => {
      const unit = this.#add({ model: this.#models[0] ?? "" });
      this.#changed();
      unit.querySelector("select").focus();
    });
    this.#units.addEventListener("input", () => this.#changed());
  }

  /** Takes the names of networks and of preprocessors, `[value, text]`. */
  setKnown(models, preprocessors) {
    this.#models = models;
    this.#preprocessors = preprocessors;
    byId("no-controls").hidden = models.length > 0;
    byId("add-control").disabled = models.length === 0;
    for (const unit of this.#units.children) this.#fill(unit);
  }

  get value() {
    return [...this.#units.children].map((unit) => {
      const control = { ...unit.rest };
      for (const field of unit.querySelectorAll("input[data-part], select[data-part]")) {
        const value = fieldValue(field);
        if (value !== undefined) control[field.dataset.part] = value;
      }
      if (unit.picture.value) control.image = unit.picture.value.digest;
      return control;
    });
  }

  set value(controls) {
    this.#units.replaceChildren();
    for (const control of controls) this.#add(control);
    this.#changed();
  }

  #add(control) {
    const unit = fromTemplate("control-unit");
    const { image = null, ...parts } = control;
    unit.picture = new PictureInput({
      label: "Picture to follow", hint: "Drop, paste or choose; empty follows the one it begins with",
      onchange: () => this.#onchange(),
    });
    const place = unit.querySelector(".control-picture");
    place.append(unit.picture.element);
    if (image) unit.picture.takeStored(image, "Of the job").catch(() => { unit.picture.value = null; });
    this.#fill(unit);
    for (const field of unit.querySelectorAll("input[data-part], select[data-part]")) {
      const { part } = field.dataset;
      if (field.tagName === "SELECT" && parts[part]) choose(field, parts[part]);
      else setField(field, parts[part]);
      delete parts[part];
      field.id = `control-${++count}`;
      field.closest(".field")?.querySelector("label").setAttribute("for", field.id);
    }
    unit.rest = parts;
    addSliders(unit);
    unit.querySelector(".remove").addEventListener("click", () => { unit.remove(); this.#changed(); });
    this.#units.append(unit);
    return unit;
  }

  #fill(unit) {
    setOptions(unit.querySelector("[data-part=model]"), this.#models.map((name) => [name, name]));
    setOptions(unit.querySelector("[data-part=preprocessor]"), this.#preprocessors);
  }

  #changed() {
    [...this.#units.children].forEach((unit, index) => {
      unit.dataset.errors = `controls[${index}]`;
      unit.querySelector(".control-picture").dataset.errors = `controls[${index}].image`;
      for (const field of unit.querySelectorAll("input[data-part], select[data-part]")) field.name = `controls[${index}].${field.dataset.part}`;
    });
    followFields(this.#units);
    byId("control-digest").value = this.value.map(({ model }) => model).join(", ");
    this.#onchange();
  }
}
