// JSON whose integers stay exact: seeds have 64 bits, and a JavaScript number holds 53. What is larger becomes a BigInt.

/** Reads JSON. */
export const parse = (text) => JSON.parse(text, (key, value, context) => {
  const isInexact = typeof value === "number" && !Number.isSafeInteger(value) && /^\d{16,20}$/.test(context?.source ?? "");
  return isInexact ? BigInt(context.source) : value;
});

/** Writes JSON. */
export const stringify = (value) => JSON.stringify(value, (key, item) => {
  if (typeof item !== "bigint") return item;
  return JSON.rawJSON ? JSON.rawJSON(String(item)) : Number(item);
});
