/** The conversation: what was asked and answered, one question at a time. */

import { find } from "../parts/dom.js";
import { t, words } from "../parts/i18n.js";
import { answerTo } from "./answer.js";
import { hasImages, setUpImages, takeImages } from "./images.js";
import { AnswerView, announce, clearMessages, problemOf, showQuestion } from "./messages.js";
import { bodyOf, userMessage } from "./request.js";
import { readSettings } from "./settings.js";
import { runTool } from "./tool.js";

const MAX_ROUNDS = 5;
let history = [];
let running = null;

/** Return the messages so far, for the code that asks the same. */
export const messagesSoFar = () => history;

/** Set the chat up; `changed` is called when the conversation has. */
export function setUpConversation(changed) {
  const question = find("#question");
  find("#composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send(changed);
  });
  question.addEventListener("keydown", (event) => {
    if (isSending(event)) {
      event.preventDefault();
      send(changed);
    }
  });
  question.addEventListener("input", () => fit(question));
  find("#stop").addEventListener("click", stop);
  find("#new-chat").addEventListener("click", () => startAnew(changed));
  document.addEventListener("keydown", (event) => event.key === "Escape" && stop());
  setUpImages((problem) => find("#messages").append(problemOf({ message: problem }, null)));
  offerIdeas(question);
}

/** Enter sends; while a word is being composed, as in Chinese, it chooses the word. */
function isSending(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

function fit(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

function offerIdeas(question) {
  const ideas = ["idea1", "idea2", "idea3"].map((name) => {
    const button = words("button", name, {}, { type: "button", class: "idea" });
    button.addEventListener("click", () => {
      question.value = t(name);
      if (name === "idea3" && !find("#tool").disabled) find("#tool").checked = true;
      question.focus();
      fit(question);
    });
    return button;
  });
  find("#ideas").replaceChildren(...ideas);
}

function startAnew(changed) {
  stop();
  history = [];
  takeImages();
  clearMessages();
  find("#question").focus();
  changed();
}

const stop = () => running?.abort();

async function send(changed) {
  const question = find("#question");
  const text = question.value.trim();
  if (running || !(text || hasImages())) return;
  const images = takeImages();
  question.value = "";
  fit(question);
  showQuestion(text, images);
  history.push(userMessage(text, images));
  await answer(changed);
}

/** Ask with the conversation so far, and go on for as long as the model calls tools. */
async function answer(changed) {
  const asked = history;
  const control = new AbortController();
  setRunning(control);
  announce("answering");
  try {
    const word = await rounds(asked, control.signal, changed);
    if (asked === history) announce(word);
  } finally {
    setRunning(null);
    changed();
  }
}

async function rounds(asked, signal, changed) {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const settings = readSettings();
    const view = new AnswerView(settings.model);
    const body = bodyOf(settings, asked);
    const given = await answerTo(body, signal, (far) => view.update(far));
    view.end(given, () => !running && answer(changed));
    if (given.failed) return "failed"; // the next try asks the same again
    if (given.stopped) given.calls = []; // what may be cut off is not run
    if (given.content || given.calls.length) asked.push(given.message);
    if (!given.calls.length) return given.stopped ? "stopped" : "answered";
    for (const call of given.calls) {
      const result = runTool(call);
      view.addCall(call, result);
      asked.push({ role: "tool", tool_call_id: call.id, content: result });
    }
  }
  find("#messages").append(problemOf({ message: t("tooManyCalls", { count: MAX_ROUNDS }) }, null));
  return "failed";
}

function setRunning(control) {
  running = control;
  find("#stop").hidden = !control;
  find("#send").hidden = Boolean(control);
  if (!control && matchMedia("(pointer: fine)").matches) find("#question").focus();
}
