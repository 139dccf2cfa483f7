/** Shows questions and answers. */

import { copyButton } from "../parts/copy.js";
import { el, find, link } from "../parts/dom.js";
import { labelled, say, t, words } from "../parts/i18n.js";
import { showMarkdown } from "../parts/markdown.js";

/** Show a question, as it was written. */
export function showQuestion(text, images) {
  const pictures = images.map((src) => el("img", { src, alt: t("yourImage") }));
  const body = el("div", { class: "bubble" }, ...pictures, text ? el("p", {}, text) : null);
  append(labelled(el("article", { class: "question" }, body), "you"));
}

/** An answer on the page, which is written again whenever there is more of it. */
export class AnswerView {
  #reasoning = el("div", { class: "text" });
  #fold = el("details", { class: "fold reasoning", hidden: true }, words("summary", "reasoning"), this.#reasoning);
  #text = el("div", { class: "text" });
  #calls = el("div", { class: "calls" });
  #sources = el("div", { class: "sources" });
  #foot = el("footer");
  #node;
  #pending = null;

  constructor(model) {
    const head = el("div", { class: "by" }, model);
    const body = [this.#fold, this.#text, this.#calls, this.#sources, this.#foot];
    this.#node = el("article", { class: "answer", "aria-label": model, "aria-busy": "true" }, head, ...body);
    this.#foot.append(words("span", "answering", {}, { class: "waiting" }));
    append(this.#node);
  }

  /** Show an answer as far as it has come, once for each picture that the screen shows. */
  update(answer) {
    if (this.#pending === null) requestAnimationFrame(() => this.#write());
    this.#pending = answer;
  }

  #write() {
    const answer = this.#pending;
    this.#pending = null;
    if (answer === null) return;
    const atEnd = isAtEnd();
    this.#fold.hidden = !answer.reasoning;
    showMarkdown(this.#reasoning, answer.reasoning);
    showMarkdown(this.#text, answer.content);
    if (atEnd) scrollToEnd();
  }

  /** Show a complete answer. */
  end(answer, retry) {
    this.#pending = answer;
    this.#write();
    const atEnd = isAtEnd();
    this.#node.setAttribute("aria-busy", "false");
    this.#sources.replaceChildren(...sourcesOf(answer.citations));
    this.#foot.replaceChildren(...footOf(answer));
    if (answer.error) this.#foot.before(problemOf(answer.error, retry));
    if (atEnd) scrollToEnd();
  }

  /** Show a call of a tool, and what it returned. */
  addCall({ name, arguments: text }, result) {
    const part = (word, content) => [words("h5", word), el("pre", { tabindex: "0" }, content)];
    const summary = words("summary", "toolCall", { name });
    const parts = [...part("toolArguments", text), ...part("toolResult", result)];
    this.#calls.append(el("details", { class: "fold", open: true }, summary, ...parts));
    scrollToEnd();
  }
}

function sourcesOf(citations) {
  if (!citations.length) return [];
  const items = citations.map(({ url, title }) => el("li", {}, link(url, title || url) ?? `${title} ${url}`));
  return [words("h5", "sources"), el("ol", {}, ...items)];
}

const ENDS = { length: "cutByLength", content_filter: "cutByFilter" };

function footOf(answer) {
  const parts = [];
  const add = (name, values) => parts.push(words("span", name, values));
  if (answer.stopped) add("stoppedHere");
  if (ENDS[answer.finish]) add(ENDS[answer.finish]);
  if (!answer.failed && !answer.stopped && !answer.content && !answer.calls.length) add("noAnswer");
  if (answer.usage) {
    const { prompt_tokens: prompt, completion_tokens: completion } = answer.usage;
    add("tokens", { prompt, completion });
  }
  add("seconds", { seconds: answer.seconds.toFixed(1) });
  if (answer.firstSeconds) add("firstToken", { seconds: answer.firstSeconds.toFixed(2) });
  if (answer.ignored) add("ignored", { fields: answer.ignored });
  if (answer.content) parts.push(copyButton(() => answer.content));
  return parts;
}

const OWN_WORDS = { cut_off: "cutOff", unreachable: "unreachable" };

/** Show an error with what its operator, or the vendor, will ask for. */
export function problemOf(error, retry) {
  const { code, status, sparkCode, sid, requestId } = error;
  const own = OWN_WORDS[code];
  const message = own ? words("p", own, { reason: error.message }) : el("p", {}, error.message);
  const details = el("p", { class: "details" });
  const add = (name, values, value) => value != null && details.append(words("span", name, values));
  add("errorStatus", { status }, status);
  add("errorCode", { code }, code);
  add("errorSpark", { code: sparkCode }, sparkCode);
  add("errorSid", { sid }, sid);
  add("errorRequest", { id: requestId }, requestId);
  const again = retry && words("button", "tryAgain", {}, { type: "button" });
  again?.addEventListener("click", () => {
    again.remove();
    retry();
  });
  return el("div", { class: "problem", role: "alert" }, message, details, again);
}

/** Take everything away. */
export function clearMessages() {
  find("#messages").replaceChildren(welcome);
}

const welcome = find("#welcome");

function append(node) {
  const list = find("#messages");
  welcome.remove();
  list.append(node);
  scrollToEnd();
}

const NEAR = 80;

function isAtEnd() {
  const list = find("#messages");
  return list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
}

function scrollToEnd() {
  const list = find("#messages");
  list.scrollTop = list.scrollHeight;
}

/** Tell those who cannot see it what happens. */
export const announce = (name) => say(find("#status"), name);
