/** Usage, by day, key, model and account. */

import { askJson, operatorKey } from "../parts/api.js";
import { el } from "../parts/dom.js";
import { t, words } from "../parts/i18n.js";
import { columnsChart, legend, rowsChart } from "./chart.js";
import { numberOf, tableOf } from "./table.js";

const RANGES = [1, 7, 30, 90];
const VIEWS = { day: ["byDay", "day"], key: ["byKey", "keyName"], model: ["byModel", "model"], account: ["byAccount", "account"] };
const DAY_MS = 86_400_000;
let days = 7;

/** Make the part of the view. */
export async function usagePart() {
  const body = el("div", {});
  const select = el("select", { id: "usage-since" }, ...RANGES.map(rangeOption));
  select.value = String(days);
  select.addEventListener("change", async () => {
    days = Number(select.value);
    body.replaceChildren(...(await reports()));
  });
  body.append(...(await reports()));
  const label = words("label", "since", {}, { for: select.id });
  const head = el("div", { class: "row head" }, words("h2", "usage"), el("span", { class: "space" }), label, select);
  return el("section", { class: "card", id: "usage" }, head, body);
}

const rangeOption = (count) => el("option", { value: count }, count === 1 ? t("today") : t("days", { count }));

async function reports() {
  const found = await Promise.all(Object.keys(VIEWS).map(report));
  const total = found[0].total;
  if (!total.requests) return [tiles(total), words("p", "nothingUsed", {}, { class: "word" })];
  return [tiles(total), ...found.filter(({ rows }) => rows.some(({ name }) => name)).map(shown)];
}

const report = (by) => askJson(`operator/usage?by=${by}&since=${days}d`, { key: operatorKey });

function tiles(total) {
  const tile = (name, value, note) =>
    el("div", { class: "tile" }, words("span", name), el("strong", {}, numberOf(value)), note);
  const count = numberOf(total.estimated_tokens);
  const estimated = total.estimated_tokens ? words("small", "estimated", { count }) : null;
  return el("div", { class: "tiles" }, tile("requests", total.requests), tile("errors", total.errors), tile("tokensAll", total.total_tokens, estimated));
}

function shown({ by, since, until, rows }) {
  const [title, column] = VIEWS[by];
  const bars = rows.map((row) => ({ name: row.name || t("nobody"), parts: [row.prompt_tokens, row.completion_tokens] }));
  const label = t("chartOf", { what: t(title) });
  const chart = by === "day" ? columnsChart(everyDay(bars, since, until), label) : rowsChart(bars, label);
  const parts = legend([t("tokensPrompt"), t("tokensCompletion")]);
  const drawn = el("figure", {}, chart, parts);
  return el("div", { class: "report", id: `usage-${by}` }, words("h3", title), el("div", { class: "beside" }, drawn, figures(column, rows)));
}

/** Add the days on which nothing was asked. */
function everyDay(bars, since, until) {
  const known = new Map(bars.map((bar) => [bar.name, bar]));
  const all = [];
  for (let at = Date.parse(since); at <= Date.parse(until); at += DAY_MS) {
    const name = new Date(at).toISOString().slice(0, 10);
    all.push(known.get(name) ?? { name, parts: [0, 0] });
  }
  return all;
}

function figures(column, rows) {
  const count = (title, field) => ({ title, number: true, cell: (row) => numberOf(row[field]) });
  return tableOf(
    [
      { title: column, cell: ({ name }) => name || t("nobody") },
      count("requests", "requests"),
      count("errors", "errors"),
      count("tokensPrompt", "prompt_tokens"),
      count("tokensCompletion", "completion_tokens"),
    ],
    rows,
  );
}
