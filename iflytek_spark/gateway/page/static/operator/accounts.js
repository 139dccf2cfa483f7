/** The accounts of Spark behind the gateway, and which of them is set aside. */

import { askJson, operatorKey } from "../parts/api.js";
import { el } from "../parts/dom.js";
import { locale, t, words } from "../parts/i18n.js";
import { numberOf, tableOf } from "./table.js";

/** Make the part of the view. */
export async function accountsPart() {
  const { data } = await askJson("operator/accounts", { key: operatorKey });
  const table = tableOf(
    [
      { title: "account", cell: ({ name }) => el("strong", {}, name) },
      { title: "accountState", cell: stateOf },
      { title: "running", number: true, cell: ({ in_flight: running }) => numberOf(running) },
      { title: "waiting", number: true, cell: ({ waiting }) => numberOf(waiting) },
      { title: "sent", number: true, cell: ({ sent }) => numberOf(sum(Object.values(sent))) },
      { title: "trouble", cell: troubleOf },
    ],
    data,
  );
  const note = words("p", "oneWorker", {}, { class: "word" });
  return el("section", { class: "card", id: "accounts" }, words("h2", "accounts"), table, note);
}

function stateOf({ set_aside: aside }) {
  const ready = Object.keys(aside).length === 0;
  return words("span", ready ? "ready" : "setAside", {}, { class: `badge ${ready ? "good" : "warn"}` });
}

/** Say for which models an account is not asked, why, and until when. */
function troubleOf({ set_aside: aside }) {
  const lines = Object.entries(aside).map(([model, { reason, until }]) => {
    const time = new Date(until * 1000).toLocaleTimeString(locale());
    return el("div", {}, t("asideUntil", { model, reason, time }));
  });
  return el("div", {}, lines);
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
