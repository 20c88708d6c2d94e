// The text that a PNG file carries beside its picture: chunks tEXt and iTXt, as far as they are not compressed.
//
// Source: PNG specification, third edition, sections 5.3 and 11.3.3.

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
// What follows the picture's own data may be large; a text is not.
const mostBytes = 1 << 20;

/** The text under `keyword` in the file `blob`; null where there is none. */
export async function readPNGText(blob, keyword) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  if (!signature.every((byte, index) => bytes[index] === byte)) return null;
  const view = new DataView(bytes.buffer);
  for (let place = signature.length; place + 12 <= bytes.length;) {
    const length = view.getUint32(place);
    const kind = latin(bytes.subarray(place + 4, place + 8));
    const data = bytes.subarray(place + 8, place + 8 + length);
    const text = length <= mostBytes && data.length === length ? textOf(kind, data, keyword) : null;
    if (text !== null) return text;
    place += 12 + length;
  }
  return null;
}

function textOf(kind, data, keyword) {
  if (kind !== "tEXt" && kind !== "iTXt") return null;
  const end = data.indexOf(0);
  if (end < 0 || latin(data.subarray(0, end)) !== keyword) return null;
  if (kind === "tEXt") return latin(data.subarray(end + 1));
  const isCompressed = data[end + 1] !== 0;
  const language = data.indexOf(0, end + 3);
  const translation = data.indexOf(0, language + 1);
  if (isCompressed || language < 0 || translation < 0) return null;
  return new TextDecoder().decode(data.subarray(translation + 1));
}

/** ISO 8859-1, whose bytes are Unicode's first characters. */
const latin = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
