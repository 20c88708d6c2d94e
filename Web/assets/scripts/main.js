// Puts the page together.
import { currentKey, forgetKey } from "./access.js";
import { fillChoices } from "./choices.js";
import { Composer } from "./composer.js";
import { announce, byId, make } from "./element.js";
import { Gallery } from "./gallery.js";
import { isOver, JobStore } from "./job-store.js";
import { listenToKeys } from "./keyboard.js";
import { PictureDetails } from "./picture-details.js";
import { endWords } from "./progress-words.js";
import { Queue } from "./queue.js";
import { Selection } from "./selection.js";
import { Stage } from "./stage.js";
import { toggleTheme } from "./theme.js";
import { Viewer } from "./viewer.js";

// What the model in the executable knows well.
const builtinExamples = ["a red apple", "a purple cat", "a dog on a blue background", "a heart and a star"];

const store = new JobStore();
const selection = new Selection(store);
const composer = new Composer(store);
const stage = new Stage(selection);
const details = new PictureDetails(selection, composer);
const queue = new Queue(store, selection);
const viewer = new Viewer(selection, store);
new Gallery(store, selection);
listenToKeys({ composer, queue, selection, details, viewer });

store.addEventListener("change", ({ detail: { job, before } }) => {
  const { active } = store;
  document.title = active.length > 0 ? `(${active.length}) Daguerre` : "Daguerre";
  showConnection();
  // The first list that arrives is shown by its newest job.
  if (selection.job === null) {
    const first = active[0] ?? store.pictures[0]?.job;
    if (first) selection.show(first.id);
  } else if (job === null || job.id === selection.job.id) {
    stage.show();
    if (!job?.progress) details.show();
  }
  if (job && before && isOver(job) && !isOver(before)) tellEnd(job);
});

function tellEnd(job) {
  const words = endWords(job);
  announce(words || (job.images.length > 1 ? `${job.images.length} pictures are done` : "The picture is done"));
  // A cancelled job leaves nothing to look at.
  if (job.state === "cancelled" && job.images.length === 0 && selection.job?.id === job.id) {
    const next = store.active[0] ?? store.pictures[0]?.job;
    if (next) selection.show(next.id);
  }
}

store.addEventListener("connection", ({ detail }) => {
  byId("connection").dataset.state = detail;
  showConnection();
});

function showConnection() {
  const place = byId("connection");
  const running = store.active.filter(({ state }) => state === "running").length;
  const waiting = store.active.length - running;
  const words = [running > 0 ? `${running} drawing` : "", waiting > 0 ? `${waiting} waiting` : ""].filter(Boolean).join(", ");
  const text = place.dataset.state === "lost" ? "The server cannot be reached. Trying again" : words || "Ready";
  if (place.dataset.state !== "connecting" && place.textContent !== text) place.textContent = text;
}

byId("detail-more").open = matchMedia("(min-width: 761px)").matches;

byId("composer").addEventListener("submitted", ({ detail: job }) => {
  selection.show(job.id);
  if (matchMedia("(max-width: 760px)").matches) scrollTo({ top: 0, behavior: "smooth" });
});

byId("theme").addEventListener("click", toggleTheme);
byId("show-keys").addEventListener("click", () => byId("keys-dialog").showModal());
byId("change-key").addEventListener("click", forgetKey);
byId("change-key").hidden = currentKey() === null;

try {
  const models = await fillChoices(composer);
  composer.restore();
  if (models.includes("builtin")) {
    byId("examples").append(...builtinExamples.map((text) => make("button", { type: "button", onclick: () => { composer.setPrompt(text); composer.generate(); } }, text)));
  }
} catch (problem) {
  byId("form-error").textContent = problem.message;
  byId("form-error").hidden = false;
}
store.start();
