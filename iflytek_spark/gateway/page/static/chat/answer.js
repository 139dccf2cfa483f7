/** One answer of a model: asked for, and put together as it comes. */

import { ApiError, ask } from "../parts/api.js";
import { eventsOf } from "../parts/sse.js";

/** What has come of an answer so far. */
export class Answer {
  content = "";
  reasoning = "";
  citations = [];
  calls = [];
  finish = null;
  usage = null;
  ignored = "";
  stopped = false;
  error = null;
  seconds = null;
  firstSeconds = null;
  #started = performance.now();

  get failed() {
    return this.error !== null;
  }

  /** The message that the model is shown of it in the next question. */
  get message() {
    const message = { role: "assistant", content: this.content };
    if (this.calls.length) {
      message.tool_calls = this.calls.map(({ id, name, arguments: text }) => ({
        id,
        type: "function",
        function: { name, arguments: text },
      }));
    }
    return message;
  }

  /** Take over a message, or a part of one. */
  add({ content, reasoning_content: reasoning, annotations = [], tool_calls: calls = [] }) {
    this.content += content ?? "";
    this.reasoning += reasoning ?? "";
    this.citations.push(...annotations.map((found) => found.url_citation));
    calls.forEach((call, index) => this.#addCall(call, call.index ?? index));
    if (content || reasoning || calls.length) this.firstSeconds ??= this.#elapsed();
  }

  #addCall({ id, function: part = {} }, index) {
    const call = (this.calls[index] ??= { id: "", name: "", arguments: "" });
    call.id ||= id ?? "";
    call.name += part.name ?? "";
    call.arguments += part.arguments ?? "";
  }

  /** Note that nothing more comes. */
  end() {
    this.seconds = this.#elapsed();
  }

  #elapsed = () => (performance.now() - this.#started) / 1000;
}

/**
 * Ask, and call `changed` with the answer whenever there is more of it. It is complete when the
 * promise is kept; what failed, or that it was stopped, is in the answer.
 */
export async function answerTo(body, signal, changed) {
  const answer = new Answer();
  try {
    await receive(answer, body, signal, changed);
  } catch (error) {
    if (signal.aborted) answer.stopped = true;
    else if (error instanceof ApiError) answer.error = error;
    else if (LOST.some((kind) => error instanceof kind)) answer.error = cutOff();
    else throw error;
  }
  answer.end();
  changed(answer);
  return answer;
}

async function receive(answer, body, signal, changed) {
  const response = await ask("v1/chat/completions", { body, signal });
  answer.ignored = response.headers.get("x-spark-ignored") ?? "";
  if (!body.stream) {
    const { choices, usage } = await response.json();
    answer.add(choices[0].message);
    answer.finish = choices[0].finish_reason;
    answer.usage = usage;
    return;
  }
  for await (const data of eventsOf(response)) {
    if (data === "[DONE]") return;
    read(answer, JSON.parse(data));
    changed(answer);
  }
  throw cutOff();
}

function read(answer, chunk) {
  if (chunk.error) throw ApiError.from(chunk, null, null);
  const [choice] = chunk.choices;
  if (choice) answer.add(choice.delta);
  answer.finish = choice?.finish_reason ?? answer.finish;
  answer.usage = chunk.usage ?? answer.usage;
}

const LOST = [TypeError, SyntaxError]; // the connection while reading; half an event
const cutOff = () => new ApiError("", { code: "cut_off" });
