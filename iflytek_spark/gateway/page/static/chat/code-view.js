/** The tab with the programs. */

import { copyButton } from "../parts/copy.js";
import { el, find } from "../parts/dom.js";
import { t, words } from "../parts/i18n.js";
import { KEY_VARIABLE, programs } from "./code.js";
import { messagesSoFar } from "./conversation.js";
import { readSettings } from "./settings.js";

/** Show the programs for the settings and the newest question. */
export function showCode(withKey) {
  const made = programs(readSettings(), question(), withKey).map(({ name, title, text }) => {
    const head = el("div", { class: "code-head" }, el("h3", {}, title), copyButton(() => text));
    const word = name === "chat-spark" ? words("p", "codeSpark", {}, { class: "word" }) : null;
    const code = el("pre", { tabindex: "0" }, el("code", {}, text));
    return el("article", { id: `code-${name}` }, word, el("div", { class: "code" }, head, code));
  });
  const intro = words("p", "codeWord", { variable: KEY_VARIABLE }, { class: "intro" });
  find("#code").replaceChildren(intro, ...made);
}

/** Return the text that is being written, or was asked last. Pictures are not written into code. */
function question() {
  const typed = find("#question").value.trim();
  const asked = messagesSoFar().findLast((message) => message.role === "user")?.content ?? "";
  const text = typeof asked === "string" ? asked : asked.findLast((part) => part.text)?.text;
  return typed || text || t("idea1");
}
