// The API key, for servers that ask for one. It lives in this tab's session storage and goes nowhere but into the
// Authorization header of requests to this server.
import { byId } from "./element.js";

const place = "daguerre.key";
let asking = null;

/** The key in use; null where there is none. */
export const currentKey = () => sessionStorage.getItem(place);

/** Headers by which the server knows who asks. */
export const accessHeaders = () => (currentKey() ? { Authorization: `Bearer ${currentKey()}` } : {});

/** Asks for a key and resolves once one is given; several callers share one dialog. */
export function askForKey(reason) {
  asking ??= new Promise((resolve) => {
    const dialog = byId("key-dialog");
    const field = byId("key");
    byId("key-reason").textContent = reason;
    field.value = "";
    // Without a key nothing works: the dialog stays until there is one.
    const stay = (event) => event.preventDefault();
    const take = (event) => {
      event.preventDefault();
      const key = field.value.trim();
      if (!key) return field.focus();
      sessionStorage.setItem(place, key);
      byId("change-key").hidden = false;
      dialog.removeEventListener("cancel", stay);
      byId("key-form").removeEventListener("submit", take);
      dialog.close();
      asking = null;
      resolve();
    };
    dialog.addEventListener("cancel", stay);
    byId("key-form").addEventListener("submit", take);
    dialog.showModal();
    field.focus();
  });
  return asking;
}

/** Forgets the key and begins anew. */
export function forgetKey() {
  sessionStorage.removeItem(place);
  location.reload();
}
