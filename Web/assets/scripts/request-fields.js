// Names of form fields are the request's own: `image.strength` is the member `strength` of `image`.

/** Puts `value` at `name` in `object`, making what is on the way. */
export function put(object, name, value) {
  const parts = name.split(".");
  const last = parts.pop();
  let place = object;
  for (const part of parts) place = place[part] ??= {};
  place[last] = value;
}

/** What is at `name` in `object`; undefined where there is nothing. */
export const at = (object, name) => name.split(".").reduce((place, part) => place?.[part], object);

/** `object` without what is at `names`, and without what is empty or null after that. */
export function without(object, names) {
  const rest = structuredClone(object);
  for (const name of names) {
    const parts = name.split(".");
    const last = parts.pop();
    const place = at(rest, parts.join(".")) ?? (parts.length === 0 ? rest : null);
    if (place) delete place[last];
  }
  return pruned(rest) ?? {};
}

function pruned(value) {
  if (value === null || typeof value !== "object") return value ?? undefined;
  if (Array.isArray(value)) return value.length > 0 ? value : undefined;
  const kept = Object.entries(value).map(([name, part]) => [name, pruned(part)]).filter(([, part]) => part !== undefined);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/**
 * What a field says, as the request spells it; undefined where it leaves the choice to the server.
 * A number that cannot be read is sent as it was typed, so that the server's refusal names the field.
 */
export function fieldValue(field) {
  if (field.type === "checkbox") return field.checked ? true : undefined;
  const text = field.value.trim();
  if (field.type === "number" && field.validity.badInput) return "?";
  if (text === "") return undefined;
  if (field.dataset.kind === "integer") return integer(text);
  if (field.type !== "number") return field.value;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

function integer(text) {
  if (!/^\d{1,20}$/.test(text)) return text;
  return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
}

/** Shows `value` in a field; its first value where the request says nothing. */
export function setField(field, value) {
  if (field.type === "checkbox") field.checked = value === true;
  else field.value = value ?? field.dataset.default ?? "";
}
