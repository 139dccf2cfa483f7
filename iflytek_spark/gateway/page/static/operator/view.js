/** The operator's view: accounts, keys and usage, as far as this gateway has them. */

import { ApiError, operatorKey } from "../parts/api.js";
import { el, find } from "../parts/dom.js";
import { say, words } from "../parts/i18n.js";
import { accountsPart } from "./accounts.js";
import { keysPart } from "./keys.js";
import { usagePart } from "./usage.js";

const PARTS = { accounts: accountsPart, keys: keysPart, usage: usagePart };
let offered = [];

/** Show the tab where the gateway has a route for it. */
export function setUpOperator(routes) {
  offered = Object.keys(PARTS).filter((name) => routes.includes(name));
  find("#tab-operator").hidden = !offered.length;
  find("#operator-key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    operatorKey.use(find("#operator-key").value);
    find("#operator-key").value = "";
    showOperator();
  });
}

/** Show everything anew, or ask for the key first; a proxy may keep these routes from callers. */
export async function showOperator() {
  const word = find("#operator-word");
  say(word, "operatorKeyWord");
  word.classList.remove("wrong");
  askForKey(!operatorKey.text);
  if (!operatorKey.text) return;
  try {
    const made = [];
    for (const name of offered) made.push(await PARTS[name]()); // a wrong key is tried once only
    find("#operator-parts").replaceChildren(bar(), ...made);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) operatorKey.use("");
    askForKey(true);
    word.classList.add("wrong");
    if (error.status === 404) return say(word, "operatorElsewhere");
    delete word.dataset.words; // the gateway's own words
    word.textContent = error.message;
  }
}

function askForKey(asked) {
  find("#operator-key-form").hidden = !asked;
  if (asked) find("#operator-parts").replaceChildren();
}

function bar() {
  const reload = words("button", "reload", {}, { type: "button", onclick: showOperator });
  const leave = words("button", "signOut", {}, { type: "button", class: "quiet" });
  leave.addEventListener("click", () => {
    operatorKey.use("");
    showOperator();
  });
  return el("div", { class: "row bar" }, el("span", { class: "space" }), leave, reload);
}
