/** Bars, drawn as SVG. The table beside them has the figures, so they are one picture to a reader. */

import { el, svg } from "../parts/dom.js";
import { numberOf, shortNumber } from "./table.js";

const NARROW = matchMedia("(max-width: 760px)"); // there a chart is drawn smaller, not its letters
const widthOf = () => (NARROW.matches ? 340 : 560);
const HEIGHT = 200;
const LEFT = 52;
const BOTTOM = 24;
const TOP = 10;
const ROW = 34;
const MAX_ROWS = 12;
const MAX_LABELS = 8;

/**
 * Draw a bar for each day, its parts upon each other.
 * @param {{name: string, parts: number[]}[]} days
 * @param {string} label what the chart shows
 */
export function columnsChart(days, label) {
  const top = niceMax(Math.max(1, ...days.map(total)));
  const step = (widthOf() - LEFT) / days.length;
  const height = (value) => (value / top) * (HEIGHT - TOP - BOTTOM);
  const chart = svgOf(HEIGHT, label);
  for (const share of [0, 0.5, 1]) chart.append(...gridLine(height(top * share), top * share));
  days.forEach((day, index) => {
    const x = LEFT + index * step;
    chart.append(column(day, x, step, height));
    if (index % Math.ceil(days.length / MAX_LABELS) === 0) chart.append(dayLabel(day.name, x + step / 2));
  });
  return chart;
}

function gridLine(height, value) {
  const y = HEIGHT - BOTTOM - height;
  const line = svg("line", { class: "grid", x1: LEFT, x2: widthOf(), y1: y, y2: y });
  return [line, svg("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, shortNumber(value))];
}

function column(day, x, step, height) {
  const width = Math.min(step * 0.7, 40);
  const group = svg("g", {}, svg("title", {}, `${day.name}: ${numberOf(total(day))}`));
  let y = HEIGHT - BOTTOM;
  day.parts.forEach((value, part) => {
    y -= height(value);
    group.append(svg("rect", { class: `part${part}`, x: x + (step - width) / 2, y, width, height: height(value) }));
  });
  return group;
}

const dayLabel = (name, x) => svg("text", { x, y: HEIGHT - 6, "text-anchor": "middle" }, name.slice(5));

/** Draw a bar for each row, the longest first; more than a dozen are left to the table. */
export function rowsChart(rows, label) {
  const shown = rows.slice(0, MAX_ROWS);
  const top = Math.max(1, ...shown.map(total));
  const full = widthOf();
  const chart = svgOf(shown.length * ROW, label);
  shown.forEach((row, index) => {
    const y = index * ROW;
    chart.append(svg("text", { class: "name", x: 0, y: y + 12 }, shortened(row.name)));
    chart.append(svg("text", { x: full, y: y + 12, "text-anchor": "end" }, shortNumber(total(row))));
    let x = 0;
    row.parts.forEach((value, part) => {
      const width = (value / top) * full;
      chart.append(svg("rect", { class: `part${part}`, x, y: y + 17, width, height: 9 }));
      x += width;
    });
  });
  return chart;
}

/** Say what the parts of a bar are. */
export function legend(labels) {
  const dot = (part) => {
    const square = svg("rect", { class: `part${part}`, width: 8, height: 8, rx: 2 });
    return svg("svg", { class: "dot", viewBox: "0 0 8 8" }, square);
  };
  const items = labels.map((label, part) => el("span", { class: "key" }, dot(part), label));
  return el("p", { class: "legend", "aria-hidden": "true" }, ...items);
}

function svgOf(height, label) {
  return svg("svg", { class: "chart", viewBox: `0 0 ${widthOf()} ${height}`, role: "img", "aria-label": label });
}

const total = ({ parts }) => parts.reduce((sum, part) => sum + part, 0);
const MAX_NAME = 48;
const shortened = (name) => (name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name);

/** Return the next of 1, 2, 5, 10, 20, … */
function niceMax(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((bound) => bound >= value);
}
