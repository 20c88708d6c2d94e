// Pictures of the server by their digests. A browser sends no key for an <img>, so with a key they are fetched here and shown
// from memory, at most so many at a time.
import { send } from "./api.js";
import { currentKey } from "./access.js";

const most = 300;
const held = new Map();

const addressOf = (digest) => `/v1/images/${encodeURIComponent(digest)}`;

/** The bytes of a picture. */
export const pictureBlob = async (digest) => (await send(addressOf(digest))).blob();

/** An address that an <img> or a link can show. */
export async function pictureAddress(digest) {
  if (!currentKey()) return addressOf(digest);
  if (!held.has(digest)) {
    held.set(digest, pictureBlob(digest).then((blob) => URL.createObjectURL(blob)));
    held.get(digest).catch(() => held.delete(digest));
    if (held.size > most) forgetOldest();
  }
  return held.get(digest);
}

function forgetOldest() {
  const [digest, address] = held.entries().next().value;
  held.delete(digest);
  address.then((url) => URL.revokeObjectURL(url), () => {});
}

/** Shows a picture in `image`, unless it has been given another one meanwhile. */
export async function showPicture(image, digest) {
  if (image.dataset.digest === digest) return;
  image.dataset.digest = digest;
  try {
    const address = await pictureAddress(digest);
    if (image.dataset.digest === digest) image.src = address;
  } catch {
    // It is no longer kept: the browser's sign for a missing picture and the text beside it say so.
    if (image.dataset.digest === digest) image.removeAttribute("src");
  }
}

/** Shows what is not on the server, such as a preview. */
export function showAddress(image, address) {
  delete image.dataset.digest;
  image.src = address;
}
