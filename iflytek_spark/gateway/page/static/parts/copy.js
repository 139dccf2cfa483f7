/** A button that copies. */

import { el } from "./dom.js";
import { say, words } from "./i18n.js";

const SHOWN_MS = 1500;

/** Make a button that copies what a function returns. */
export function copyButton(text, name = "copy") {
  const button = words("button", name, {}, { type: "button", class: "quiet copy" });
  button.addEventListener("click", async () => {
    say(button, (await copied(text())) ? "copied" : "copyFailed");
    setTimeout(() => say(button, name), SHOWN_MS);
  });
  return button;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text); // plain http of another machine has no clipboard
  }
}

function copiedByHand(text) {
  const area = el("textarea", { class: "offscreen", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
