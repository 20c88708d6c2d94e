import { make } from "./element.js";

let count = 0;

/**
 * A search field over a list: typing narrows it, arrows and Enter choose. `items()` are `{ name, note }`; `onchoose(name)` is
 * told what was chosen.
 *
 * Source: the ARIA authoring practices' editable combobox with list autocomplete.
 */
export class Combobox {
  element;
  #field;
  #list;
  #items;
  #onchoose;
  #shown = [];
  #active = -1;

  constructor({ label, items, onchoose, nothing }) {
    this.#items = items;
    this.#onchoose = onchoose;
    const id = `combo-${++count}`;
    this.#field = make("input", {
      type: "search", role: "combobox", placeholder: label, "aria-label": label, "aria-expanded": "false",
      "aria-controls": id, "aria-autocomplete": "list",
    });
    this.#list = make("div", { id, class: "combo-list", role: "listbox", "aria-label": label, hidden: true });
    this.#list.dataset.nothing = nothing;
    this.element = make("div", { class: "combo" }, this.#field, this.#list);
    for (const type of ["focus", "input", "click"]) this.#field.addEventListener(type, () => this.#open());
    this.#field.addEventListener("blur", () => this.#close());
    this.#field.addEventListener("keydown", (event) => this.#key(event));
  }

  #open() {
    const words = this.#field.value.toLowerCase().split(/\s+/);
    this.#shown = this.#items().filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
    this.#active = this.#shown.length > 0 && this.#field.value ? 0 : -1;
    const rows = this.#shown.map(({ name, note }, index) => make(
      "div",
      {
        role: "option", id: `${this.#list.id}-${index}`,
        // The field keeps the focus, or the list would close before the click arrives.
        onmousedown: (event) => event.preventDefault(), onclick: () => this.#choose(index),
      },
      name, note ? make("small", {}, note) : null));
    if (rows.length === 0) rows.push(make("div", { class: "none" }, this.#field.value ? "None is called so." : this.#list.dataset.nothing));
    this.#list.replaceChildren(...rows);
    this.#list.hidden = false;
    this.#field.setAttribute("aria-expanded", "true");
    this.#list.scrollIntoView({ block: "nearest" });
    this.#mark();
  }

  #close() {
    this.#list.hidden = true;
    this.#field.setAttribute("aria-expanded", "false");
    this.#field.removeAttribute("aria-activedescendant");
  }

  #choose(index) {
    this.#onchoose(this.#shown[index].name);
    this.#field.value = "";
    this.#close();
  }

  #key(event) {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      if (this.#list.hidden) this.#open();
      const length = this.#shown.length;
      if (length > 0) this.#active = (this.#active + move + length + (this.#active < 0 && move < 0 ? 1 : 0)) % length;
      this.#mark();
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (this.#active >= 0) this.#choose(this.#active);
    } else if (event.key === "Escape" && !this.#list.hidden) {
      event.stopPropagation();
      event.preventDefault();
      this.#close();
    }
  }

  #mark() {
    [...this.#list.children].forEach((row, index) => {
      if (row.role === "option") row.setAttribute("aria-selected", index === this.#active);
    });
    const active = this.#active < 0 ? null : this.#list.children[this.#active];
    active?.scrollIntoView({ block: "nearest" });
    if (active) this.#field.setAttribute("aria-activedescendant", active.id);
    else this.#field.removeAttribute("aria-activedescendant");
  }
}
