// The text that AUTOMATIC1111 and Daguerre put into pictures: prompt, negative prompt, and a line of settings.

const spellings = {
  Steps: ["steps", Number], Sampler: ["sampler", String], "Schedule type": ["schedule", String], "CFG scale": ["guidance_scale", Number],
  Seed: ["seed", (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text))], "Clip skip": ["clip_skip", Number],
};

/** Reads `text` as `{ prompt, negative, settings }`, settings being `[name, value]` pairs in their order; null if it is none. */
export function readInfotext(text) {
  const lines = text.trim().split(/\r?\n/);
  const last = lines.findLastIndex((line) => /^Steps: \d+, /.test(line));
  if (last < 0) return null;
  const words = lines.slice(0, last);
  const negativeAt = words.findIndex((line) => line.startsWith("Negative prompt:"));
  const prompt = words.slice(0, negativeAt < 0 ? words.length : negativeAt).join("\n");
  const negative = negativeAt < 0 ? "" : words.slice(negativeAt).join("\n").slice("Negative prompt:".length).trim();
  return { prompt, negative, settings: readSettings(lines[last]) };
}

/** `Name: value` pairs; a value with a comma in it is a JSON string. */
function readSettings(line) {
  const pairs = [];
  for (const [, name, value] of line.matchAll(/\s*([^:,]+):\s*("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)/g)) {
    pairs.push([name.trim(), unquoted(value.trim())]);
  }
  return pairs;
}

function unquoted(text) {
  if (!text.startsWith('"')) return text;
  try { return JSON.parse(text); } catch { return text; }
}

/** The request that a text asks for, as far as this page has fields for it. */
export function requestOfInfotext({ prompt, negative, settings }) {
  const request = { prompt, negative_prompt: negative };
  for (const [name, value] of settings) {
    const size = name === "Size" ? /^(\d+)x(\d+)$/.exec(value) : null;
    if (size) Object.assign(request, { width: Number(size[1]), height: Number(size[2]) });
    const known = Object.hasOwn(spellings, name) ? spellings[name] : null;
    if (known && value !== "") request[known[0]] = known[1](value);
  }
  return request;
}
