/** Tables and numbers of the operator's view. */

import { el } from "../parts/dom.js";
import { locale, words } from "../parts/i18n.js";

/**
 * Make a table.
 * @param {{title: string, cell: function(Object): (Node|string), number?: boolean}[]} columns the
 *     name of a title's words, and what stands in a row's cell
 * @param {Object[]} rows
 */
export function tableOf(columns, rows) {
  const kind = ({ number }) => (number ? { class: "number" } : {});
  const head = columns.map((column) => words("th", column.title, {}, { scope: "col", ...kind(column) }));
  const body = rows.map((row) => el("tr", {}, ...columns.map((column) => el("td", kind(column), column.cell(row)))));
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body));
  return el("div", { class: "wide", tabindex: "0" }, table);
}

/** Write a whole number. */
export const numberOf = (value) => value.toLocaleString(locale());

/** Write a large number in short. */
export const shortNumber = (value) =>
  value.toLocaleString(locale(), { notation: "compact", maximumFractionDigits: 1 });

/** Write the day of a moment of ISO 8601, the time when it is pointed at; or a text for none. */
export function dateOf(text, otherwise) {
  if (!text) return otherwise;
  const moment = new Date(text);
  const title = moment.toLocaleString(locale());
  return el("time", { datetime: text, title }, moment.toLocaleDateString(locale(), { dateStyle: "medium" }));
}
