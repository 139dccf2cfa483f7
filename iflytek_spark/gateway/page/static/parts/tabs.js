/** Tabs, which the arrow keys go through. */

/**
 * Let the buttons of a list of tabs show their panels.
 * @param {Element} list
 * @param {function(string): void} opened called with the name of a panel that is shown
 */
export function setUpTabs(list, opened) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const shown = () => tabs.filter((tab) => !tab.hidden);
  const open = (tab) => {
    for (const each of tabs) {
      const chosen = each === tab;
      each.setAttribute("aria-selected", String(chosen));
      each.tabIndex = chosen ? 0 : -1;
      panelOf(each).hidden = !chosen;
    }
    opened(tab.getAttribute("aria-controls"));
  };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) open(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = shown();
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    open(next);
  });
}

const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
