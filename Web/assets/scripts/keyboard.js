import { byId, isTyping } from "./element.js";

/** The keys of the page; those of dialogs are the dialogs' own. */
export function listenToKeys({ composer, queue, selection, details, viewer }) {
  const plain = {
    ArrowLeft: () => selection.step(-1),
    ArrowRight: () => selection.step(1),
    " ": () => (viewer.isOpen ? viewer.close() : viewer.open()),
    u: () => details.useSettings(),
    i: () => details.sendToImage(),
    "/": () => byId("prompt").focus(),
    "?": () => byId("keys-dialog").showModal(),
  };
  const inViewer = new Set(["ArrowLeft", "ArrowRight", " "]);

  document.addEventListener("keydown", (event) => {
    const dialog = document.querySelector("dialog[open]");
    if (dialog && !(viewer.isOpen && inViewer.has(event.key))) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      composer.generate();
    } else if (event.key === "Escape") {
      if (!event.defaultPrevented && queue.cancelCurrent()) event.preventDefault();
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
      // Space presses the button that has the focus, except where that is the picture itself or the viewer's.
      if (event.key === " " && event.target.closest("button, a, summary, input") && !viewer.isOpen) return;
      const run = plain[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    }
  });

  // A picture pasted anywhere but into another picture's place is the one to begin with.
  document.addEventListener("paste", (event) => {
    if (event.defaultPrevented || event.target.closest?.(".picture-input")) return;
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    composer.start.take(file, file.name || "Pasted");
  });
}
