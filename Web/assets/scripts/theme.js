// Dark or light: the system's choice until one is made here, which this browser then remembers. Runs before the page is drawn.

const place = "daguerre.theme";
const remembered = localStorage.getItem(place);
if (remembered === "dark" || remembered === "light") document.documentElement.dataset.theme = remembered;

/** Whether the page is dark now. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Takes the other one. */
export function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(place, theme);
}
