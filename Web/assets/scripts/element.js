// Small words for the document: finding and making elements, and speaking to those who listen to the page.

/** The element called `id`, which the page has. */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element: `make("button", { type: "button", class: "quiet", onclick: f }, "Text", child)`.
 * Properties that begin with `on` are listeners, others are attributes; null and false leave them out.
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const svg = "http://www.w3.org/2000/svg";

/** The icon called `name` in icons.svg. */
export function icon(name) {
  const element = document.createElementNS(svg, "svg");
  element.setAttribute("class", "icon");
  element.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(svg, "use");
  use.setAttribute("href", `/assets/icons.svg#${name}`);
  element.append(use);
  return element;
}

/** A copy of the only child of the template `id`. */
export const fromTemplate = (id) => byId(id).content.firstElementChild.cloneNode(true);

/** Replaces the options of `select` by `[value, text]` pairs, and keeps what was chosen if it is still there. */
export function setOptions(select, pairs) {
  const chosen = select.value;
  select.replaceChildren(...pairs.map(([value, text]) => make("option", { value }, text)));
  choose(select, chosen);
}

/** Chooses `value` in `select`; one that the server no longer lists is added, so that it is seen and not silently changed. */
export function choose(select, value) {
  const known = [...select.options].some((option) => option.value === value);
  if (!known && value) select.append(make("option", { value }, value));
  select.value = known || value ? value : select.options[0]?.value ?? "";
}

/** Has `text` read out. */
export function announce(text) {
  const place = byId("announcer");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = text; });
}

/** Tells whether keys typed now go into a field. */
export const isTyping = (target) => target.closest("input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable]") !== null;
