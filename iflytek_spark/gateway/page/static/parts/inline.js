/** What stands within a line of Markdown: code, emphasis, links of http and https. */

import { el, link } from "./dom.js";

const MAX_DEPTH = 6;
const SPECIAL = /[\\`*_~[!]|https?:\/\//g;
const ESCAPED = /\\([\\`*_{}[\]()#+\-.!|>~])/y;
const LINK = /!?\[([^[\]\n]{0,300})\]\([ \t]{0,9}<?([^\s<>()]{1,2000}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,500})?)>?(?:[ \t]{1,9}"[^"\n]{0,200}")?[ \t]{0,9}\)/y;
const URL_TEXT = /https?:\/\/[^\s<>"'`|\\，。；：！？、（）【】《》「」]{1,2000}/y;
const EMPHASIS = { "**": "strong", __: "strong", "~~": "del", "*": "em", _: "em" };
const TRAILING = ".,;:!?)*_]}~";

/** Return the nodes of a text. Every pattern has bounds: a hostile text takes no longer. */
export function inline(text, depth = 0) {
  const nodes = [];
  const unclosed = new Set();
  let plain = "";
  let at = 0;
  const add = (node, end) => {
    if (plain) nodes.push(plain);
    plain = "";
    nodes.push(node);
    at = end;
  };
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at >= text.length) break;
    const found = special(text, at, depth, unclosed);
    if (typeof found.node === "string") {
      plain += found.node;
      at = found.end;
    } else add(found.node, found.end);
  }
  if (plain) nodes.push(plain);
  return nodes;
}

function special(text, at, depth, unclosed) {
  const character = text[at];
  const found =
    character === "\\" ? escaped(text, at)
    : character === "`" ? code(text, at, unclosed)
    : character === "h" ? bareLink(text, at)
    : character === "[" || character === "!" ? namedLink(text, at)
    : depth < MAX_DEPTH ? emphasis(text, at, depth, unclosed)
    : null;
  if (found) return found;
  const run = /[`*_~]+|[^]/y; // marks that close nothing are text, all of them at once
  run.lastIndex = at;
  return { node: run.exec(text)[0], end: run.lastIndex };
}

function matched(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function escaped(text, at) {
  const match = matched(ESCAPED, text, at);
  return match && { node: match[1], end: at + 2 };
}

function code(text, at, unclosed) {
  const marks = matched(/`+/y, text, at)[0];
  if (unclosed.has(marks)) return null;
  let end = at + marks.length;
  for (;;) {
    end = text.indexOf(marks, end);
    if (end < 0) {
      unclosed.add(marks);
      return null;
    }
    const closing = matched(/`+/y, text, end)[0];
    if (closing.length === marks.length) break;
    end += closing.length;
  }
  const inner = text.slice(at + marks.length, end).replaceAll("\n", " ");
  return { node: el("code", {}, inner.trim() || inner), end: end + marks.length };
}

/** A picture is a link too: a page that loaded it would tell its host that it was read. */
function namedLink(text, at) {
  const match = matched(LINK, text, at);
  if (!match) return null;
  const node = link(match[2], match[1] || match[2]);
  return { node: node ?? match[0], end: at + match[0].length };
}

function bareLink(text, at) {
  const match = matched(URL_TEXT, text, at);
  if (!match) return null;
  let length = match[0].length;
  while (TRAILING.includes(match[0][length - 1])) length -= 1;
  const shown = match[0].slice(0, length);
  return { node: link(shown, shown) ?? shown, end: at + length };
}

function emphasis(text, at, depth, unclosed) {
  const marks = EMPHASIS[text.slice(at, at + 2)] ? text.slice(at, at + 2) : text[at];
  const tag = EMPHASIS[marks];
  const start = at + marks.length;
  if (!tag || unclosed.has(marks) || !/\S/.test(text[start] ?? "")) return null;
  if (marks[0] === "_" && isWord(text[at - 1])) return null; // snake_case
  const end = closing(text, start, marks);
  if (end < 0) {
    unclosed.add(marks);
    return null;
  }
  const inner = inline(text.slice(start, end), depth + 1);
  return { node: el(tag, {}, inner), end: end + marks.length };
}

function closing(text, start, marks) {
  for (let end = text.indexOf(marks, start + 1); end >= 0; end = text.indexOf(marks, end + 1)) {
    const single = marks.length === 1;
    if (single && text[end + 1] === marks) end += 1; // of a pair
    else if (/\S/.test(text[end - 1]) && !(marks[0] === "_" && isWord(text[end + marks.length]))) return end;
  }
  return -1;
}

const isWord = (character) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
