import { byId, make } from "./element.js";

/** Shows `text` for a while, with something to do about it if `action` is `{ label, run }`. */
export function notify(text, action) {
  const notice = make("div", { class: "notice" }, make("span", {}, text));
  if (action) {
    notice.append(make("button", { type: "button", onclick: () => { notice.remove(); action.run(); } }, action.label));
  }
  byId("notices").append(notice);
  setTimeout(() => notice.remove(), action ? 10000 : 5000);
}
