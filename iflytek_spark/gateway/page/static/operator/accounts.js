/** The accounts of Spark behind the gateway, and which of them is set aside. */

import { askJson, operatorKey } from "../parts/api.js";
import { el } from "../parts/dom.js";
import { words } from "../parts/i18n.js";
import { dateOf, numberOf, tableOf } from "./table.js";

/** Make the part of the view. */
export async function accountsPart() {
  const { data } = await askJson("operator/accounts", { key: operatorKey });
  const table = tableOf(
    [
      { title: "account", cell: ({ name }) => el("strong", {}, name) },
      { title: "accountState", cell: stateOf },
      { title: "trouble", cell: ({ trouble }) => trouble ?? "" },
      { title: "backAt", cell: ({ until }) => dateOf(until, "", { timeStyle: "medium" }) },
      { title: "running", number: true, cell: ({ running }) => numberOf(running) },
      { title: "waiting", number: true, cell: ({ waiting }) => numberOf(waiting) },
    ],
    data,
  );
  return el("section", { class: "card", id: "accounts" }, words("h2", "accounts"), table);
}

const stateOf = ({ state }) =>
  words("span", state === "ready" ? "ready" : "setAside", {}, { class: `badge ${state === "ready" ? "good" : "warn"}` });
