/** The page in two languages. Elements carry the name of their words, so that they can change. */

import { el } from "./dom.js";
import { en } from "./words-en.js";
import { zh } from "./words-zh.js";

const WORDS = { en, zh };
const KEPT = "spark-language";
let language =
  sessionStorage.getItem(KEPT) ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

/** Return the language in use, as `Intl` takes it. */
export const locale = () => (language === "zh" ? "zh-CN" : "en");

/** Return words in the language in use, with `{name}` replaced by a value of that name. */
export function t(name, values = {}) {
  const text = WORDS[language][name] ?? en[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** Make an element whose text changes with the language. */
export function words(tag, name, values = {}, attributes = {}) {
  const node = el(tag, attributes);
  say(node, name, values);
  return node;
}

/** Give an element other words. */
export function say(node, name, values = {}) {
  node.dataset.words = name;
  node.dataset.values = JSON.stringify(values);
  node.textContent = t(name, values);
}

/** Give an element a label, which is shown as a hint, that changes with the language. */
export function labelled(node, name) {
  node.dataset.label = name;
  writeLabel(node);
  return node;
}

function writeLabel(node) {
  const text = t(node.dataset.label);
  node.setAttribute("aria-label", text);
  node.title = text;
}

/** Write everything in the language in use. */
export function translate() {
  document.documentElement.lang = locale();
  for (const node of document.querySelectorAll("[data-words]"))
    node.textContent = t(node.dataset.words, JSON.parse(node.dataset.values ?? "{}"));
  document.querySelectorAll("[data-label]").forEach(writeLabel);
  for (const node of document.querySelectorAll("[data-placeholder]"))
    node.placeholder = t(node.dataset.placeholder);
}

/** Change to the other language; what cannot be translated in place listens to `language`. */
export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  sessionStorage.setItem(KEPT, language);
  translate();
  document.dispatchEvent(new Event("language"));
}
