import { Combobox } from "./combobox.js";
import { addSliders, followFields } from "./dial.js";
import { byId, fromTemplate } from "./element.js";

/** The LoRAs beside those that the prompt names, each with its weight. */
export class LoRAList {
  #rows = byId("loras");
  #onchange;
  #known = [];

  constructor(onchange) {
    this.#onchange = onchange;
    const picker = new Combobox({
      label: "Add a LoRA",
      nothing: "No LoRA is in the server’s models folder.",
      items: () => this.#known.filter(({ name }) => !this.value.some((lora) => lora.name === name)),
      onchoose: (name) => { this.#add({ name }); this.#changed(); },
    });
    byId("lora-picker").append(picker.element);
  }

  /** Takes what there is to choose from, `{ name, note }`. */
  setKnown(known) { this.#known = known; }

  get value() {
    return [...this.#rows.children].map((row) => ({ ...row.rest, name: row.loraName, weight: Number(row.querySelector("input[type=number]").value) }));
  }

  set value(loras) {
    this.#rows.replaceChildren();
    for (const lora of loras) this.#add(lora);
    this.#changed();
  }

  #add({ name, weight = 1, ...rest }) {
    const row = fromTemplate("lora-row");
    // What this page has no field for, such as a weight for the text encoders alone, is kept as it came.
    row.loraName = name;
    row.rest = rest;
    row.querySelector(".lora-name").textContent = name;
    row.querySelector(".lora-name").title = name;
    const field = row.querySelector("input");
    field.value = weight;
    field.setAttribute("aria-label", `Weight of ${name}`);
    const remove = row.querySelector(".remove");
    remove.setAttribute("aria-label", `Remove ${name}`);
    remove.addEventListener("click", () => { row.remove(); this.#changed(); });
    addSliders(row);
    this.#rows.append(row);
  }

  #changed() {
    [...this.#rows.children].forEach((row, index) => {
      row.dataset.errors = `loras[${index}].name loras[${index}]`;
      row.querySelector("input[type=number]").name = `loras[${index}].weight`;
    });
    followFields(this.#rows);
    byId("lora-digest").value = this.value.map(({ name }) => name).join(", ");
    this.#onchange();
  }
}
