/**
 * The part of Markdown that models write, as elements: paragraphs, headings, lists, quotes, tables,
 * code. The text is a stranger's: whatever is not one of these stays the text that it is.
 */

import { copyButton } from "./copy.js";
import { el } from "./dom.js";
import { inline } from "./inline.js";

const MAX_DEPTH = 5;
const FENCE = /^[ \t]*(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
const RULE = /^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^([ \t]*)(?:[-*+]|(\d{1,9})[.)])[ \t]+/;
const INDENTED = /^[ \t]+\S/;
const SEPARATOR = /^[\s:|-]+$/;

const sources = new WeakMap();

/** Show a text within an element. What has not changed since the last time stays as it is. */
export function showMarkdown(container, text) {
  const blocks = blocksOf(text);
  blocks.forEach((block, index) => {
    const shown = container.children[index];
    if (shown && sources.get(shown) === block.source) return;
    const node = built(block, 0);
    sources.set(node, block.source);
    if (shown) shown.replaceWith(node);
    else container.append(node);
  });
  while (container.children.length > blocks.length) container.lastChild.remove();
}

/** Cut a text into blocks, each with the text that it was made of. */
function blocksOf(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const block = blockAt(lines, at);
    block.source = `${block.kind}\n${lines.slice(at, block.end).join("\n")}`;
    blocks.push(block);
    at = block.end;
  }
  return blocks;
}

function blockAt(lines, at) {
  const line = lines[at];
  if (isFence(line)) return codeAt(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return { kind: "heading", level: heading[1].length, text: heading[2], end: at + 1 };
  if (RULE.test(line)) return { kind: "rule", end: at + 1 };
  if (QUOTE.test(line)) return runAt("quote", lines, at, (next) => QUOTE.test(next));
  if (ITEM.test(line)) return listAt(lines, at);
  if (startsTable(lines, at)) return runAt("table", lines, at, (next) => next.includes("|"));
  return paragraphAt(lines, at);
}

function isFence(line) {
  const match = FENCE.exec(line);
  return match !== null && !(match[1][0] === "`" && line.slice(match[0].length).includes("`"));
}

function codeAt(lines, at) {
  const [head, marks] = FENCE.exec(lines[at]);
  const language = lines[at].slice(head.length).trim().split(/\s/)[0].slice(0, 40);
  const closes = (line) => line.trim().startsWith(marks) && !line.trim().replaceAll(marks[0], "");
  let end = at + 1;
  while (end < lines.length && !closes(lines[end])) end += 1;
  const text = lines.slice(at + 1, end).map((line) => dedented(line, head.length - marks.length));
  return { kind: "code", language, text: text.join("\n"), end: end + 1 };
}

/** A list goes on over empty lines, as long as what follows is an item or belongs to one. */
function listAt(lines, at) {
  const belongs = (line) => ITEM.test(line) || INDENTED.test(line);
  let end = at + 1;
  for (let next = end; next < lines.length; next += 1) {
    if (belongs(lines[next])) end = next + 1;
    else if (lines[next].trim()) break;
  }
  return { kind: "list", lines: lines.slice(at, end), end };
}

function dedented(line, width) {
  let start = 0;
  while (start < width && /[ \t]/.test(line[start] ?? "")) start += 1;
  return line.slice(start);
}

function runAt(kind, lines, at, belongs) {
  let end = at + 1;
  while (end < lines.length && belongs(lines[end])) end += 1;
  return { kind, lines: lines.slice(at, end), end };
}

function paragraphAt(lines, at) {
  const other = (line, index) =>
    !line.trim() ||
    isFence(line) ||
    [HEADING, RULE, QUOTE, ITEM].some((kind) => kind.test(line)) ||
    startsTable(lines, index);
  let end = at + 1;
  while (end < lines.length && !other(lines[end], end)) end += 1;
  return { kind: "paragraph", text: lines.slice(at, end).join("\n"), end };
}

function startsTable(lines, at) {
  const next = lines[at + 1] ?? "";
  return lines[at].includes("|") && next.includes("-") && next.includes("|") && SEPARATOR.test(next);
}

const BUILDERS = {
  rule: () => el("hr"),
  code: codeOf,
  paragraph: ({ text }) => el("p", {}, inline(text)),
  heading: ({ level, text }) => el(`h${Math.min(level + 2, 6)}`, {}, inline(text)),
  quote: quoteOf,
  list: listOf,
  table: tableOf,
};

const built = (block, depth) => BUILDERS[block.kind](block, depth);

function codeOf({ language, text }) {
  const head = el("div", { class: "code-head" }, el("span", {}, language), copyButton(() => text));
  return el("div", { class: "code" }, head, el("pre", { tabindex: "0" }, el("code", {}, text)));
}

function quoteOf({ lines }, depth) {
  const text = lines.map((line) => line.replace(QUOTE, "")).join("\n");
  return el("blockquote", {}, contentOf(text, depth));
}

/** Make a list: an item begins at the depth of the first one, and what is deeper belongs to it. */
function listOf({ lines }, depth) {
  const [, indent, number] = ITEM.exec(lines[0]);
  const items = [];
  for (const line of lines) {
    const match = ITEM.exec(line);
    if (match && match[1].length <= indent.length + 1) {
      items.push({ width: match[0].length, lines: [line.slice(match[0].length)] });
    } else items.at(-1).lines.push(dedented(line, items.at(-1).width));
  }
  const made = items.map((item) => el("li", {}, contentOf(item.lines.join("\n"), depth)));
  return number === undefined ? el("ul", {}, made) : el("ol", { start: number }, made);
}

function contentOf(text, depth) {
  if (depth >= MAX_DEPTH) return inline(text);
  const blocks = blocksOf(text);
  const first = blocks[0]?.kind === "paragraph" ? blocks.shift() : null;
  const rest = blocks.map((block) => built(block, depth + 1));
  return first ? [...inline(first.text), ...rest] : rest;
}

function tableOf({ lines }) {
  const [head, , ...body] = lines;
  const cells = (line, tag) => cellsOf(line).map((cell) => el(tag, {}, inline(cell)));
  const rows = body.map((line) => el("tr", {}, cells(line, "td")));
  const header = el("thead", {}, el("tr", {}, cells(head, "th")));
  const table = el("table", {}, header, el("tbody", {}, rows));
  return el("div", { class: "wide", tabindex: "0" }, table);
}

const cellsOf = (line) =>
  line.trim().replace(/^\|/, "").replace(/\|$/, "").split("|").map((cell) => cell.trim());
