// @ts-check
/**
 * Dark or light before the first paint: this script blocks, so it is small and classic.
 * The system decides until a person chooses; choosing what the system has anyway follows the system again.
 */
(() => {
  const KEY = "tunewell-theme";
  const root = document.documentElement;
  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

  function systemTheme() {
    return systemDark.matches ? "dark" : "light";
  }

  function chosenTheme() {
    try {
      return localStorage.getItem(KEY);
    } catch (error) {
      if (error instanceof DOMException) return null; // storage is switched off
      throw error;
    }
  }

  /** @param {string} theme */
  function remember(theme) {
    try {
      if (theme === systemTheme()) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }

  /** @param {string} theme */
  function show(theme) {
    root.setAttribute("data-bs-theme", theme);
    const other = theme === "dark" ? "light" : "dark";
    for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
      toggle.removeAttribute("hidden");
      toggle.setAttribute("aria-label", `Switch to the ${other} theme`);
      toggle.setAttribute("title", `Switch to the ${other} theme`);
    }
  }

  function current() {
    return chosenTheme() ?? systemTheme();
  }

  root.setAttribute("data-script", "on"); // shows what only scripts can fill
  show(current());
  systemDark.addEventListener("change", () => show(current()));
  document.addEventListener("DOMContentLoaded", () => show(current()));
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-theme-toggle]")) return;
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    remember(next);
    show(next);
  });
})();
