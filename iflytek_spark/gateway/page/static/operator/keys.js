/** The keys of callers: listed, made, revoked. */

import { ask, askJson, operatorKey } from "../parts/api.js";
import { copyButton } from "../parts/copy.js";
import { el } from "../parts/dom.js";
import { t, words } from "../parts/i18n.js";
import { problemOf } from "../chat/messages.js";
import { keyForm } from "./key-form.js";
import { dateOf, numberOf, tableOf } from "./table.js";

/** Make the part of the view. */
export async function keysPart() {
  const list = el("div", {});
  const made = el("div", { "aria-live": "polite" });
  const refresh = async () => list.replaceChildren(await table(refresh, made));
  await refresh();
  const form = keyForm(async (wanted) => {
    const key = await askJson("operator/keys", { body: wanted, key: operatorKey });
    made.replaceChildren(shownOnce(key, () => made.replaceChildren()));
    await refresh();
  });
  const add = el("details", { class: "fold" }, words("summary", "addKey"), form);
  return el("section", { class: "card", id: "keys" }, words("h2", "keys"), made, list, add);
}

function shownOnce({ name, key }, forget) {
  const done = words("button", "gotIt", {}, { type: "button", onclick: forget });
  const row = el("div", { class: "row" }, el("code", { class: "secret" }, key), copyButton(() => key), done);
  return el("div", { class: "made" }, words("p", "madeKey", { name }), row);
}

async function table(refresh, messages) {
  const { data } = await askJson("operator/keys", { key: operatorKey });
  return tableOf(
    [
      { title: "keyName", cell: ({ name }) => el("strong", {}, name) },
      { title: "keyState", cell: stateOf },
      { title: "created", cell: (key) => (key.source === "store" ? dateOf(key.created, "") : words("span", "inConfiguration")) },
      { title: "expires", cell: ({ expires }) => dateOf(expires, t("never")) },
      { title: "limits", cell: limitsOf },
      { title: "tokensToday", number: true, cell: (key) => used(key.tokens_today, key.tokens_per_day) },
      { title: "tokensThisMonth", number: true, cell: (key) => used(key.tokens_this_month, key.tokens_per_month) },
      { title: "revoke", cell: (key) => revokeButton(key, refresh, messages) },
    ],
    data,
  );
}

const STATES = { active: "good", expired: "warn", revoked: "bad" };
const stateOf = ({ state }) => words("span", state, {}, { class: `badge ${STATES[state]}` });

function limitsOf(key) {
  const parts = [];
  if (key.requests_per_minute) parts.push(t("perMinute", { count: key.requests_per_minute }));
  if (key.concurrent_requests) parts.push(t("atOnce", { count: key.concurrent_requests }));
  if (key.models) parts.push(t("onlyModels", { models: key.models.join(", ") }));
  return parts.join(" · ") || t("noLimits");
}

const used = (tokens, budget) => (budget ? `${numberOf(tokens)} / ${numberOf(budget)}` : numberOf(tokens));

/** A key is revoked by a second press: nothing brings it back. */
function revokeButton(key, refresh, messages) {
  if (key.source !== "store" || key.state !== "active") return "";
  const cell = el("div", { class: "row" });
  const button = words("button", "revoke", {}, { type: "button", class: "danger" });
  const cancel = words("button", "cancel", {}, { type: "button", class: "quiet" });
  const sure = words("button", "revokeYes", {}, { type: "button", class: "danger", "aria-label": t("revokeSure", key) });
  button.addEventListener("click", () => {
    cell.replaceChildren(sure, cancel);
    cancel.focus();
  });
  cancel.addEventListener("click", () => {
    cell.replaceChildren(button);
    button.focus();
  });
  sure.addEventListener("click", async () => {
    try {
      await ask(`operator/keys/${encodeURIComponent(key.id)}/revoke`, { body: {}, key: operatorKey });
      await refresh();
    } catch (error) {
      messages.replaceChildren(problemOf(error, null));
    }
  });
  cell.append(button);
  return cell;
}
