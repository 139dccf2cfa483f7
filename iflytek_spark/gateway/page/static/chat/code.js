/** The chat's request as programs: openai, curl, LangChain. No key is in them. */

import { gateway } from "../parts/api.js";
import { bodyOf } from "./request.js";

/** The variable that the programs read the key from. */
export const KEY_VARIABLE = "KEY";

/**
 * Write the programs.
 * @param {Object} settings as `readSettings` returns them
 * @param {string} question the text of what is asked
 * @param {boolean} withKey whether the gateway asks for one
 * @returns {{name: string, title: string, text: string}[]}
 */
export function programs(settings, question, withKey) {
  const messages = [{ role: "user", content: question }];
  const body = bodyOf({ ...settings, stream: settings.stream && !settings.tool }, messages);
  const call = { body, settings, withKey };
  return [
    { name: "openai", title: "Python · openai", text: openai(call) },
    { name: "curl", title: "curl", text: curl(call) },
    { name: "chat-openai", title: "LangChain · ChatOpenAI", text: chatOpenai(call) },
    { name: "chat-spark", title: "LangChain · ChatSpark", text: chatSpark(call) },
  ];
}

const base = () => `${gateway}v1`;
const keyOf = ({ withKey }) => (withKey ? `os.environ["${KEY_VARIABLE}"]` : '"any"');
const importOs = ({ withKey }) => (withKey ? "import os\n\n" : "");

function openai(call) {
  const { thinking, stream_options: _, ...rest } = call.body;
  const given = thinking ? { ...rest, extra_body: { thinking } } : rest;
  const read = call.body.stream
    ? `for chunk in answer:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)`
    : "print(answer.choices[0].message)";
  return `${importOs(call)}from openai import OpenAI

client = OpenAI(base_url=${python(base())}, api_key=${keyOf(call)})
answer = client.chat.completions.create(
${keywords(given)}
)
${read}
`;
}

function curl({ body, withKey }) {
  const lines = [
    `curl ${quoted(`${base()}/chat/completions`)}`,
    ...(body.stream ? ["--no-buffer"] : []),
    ...(withKey ? [`-H "Authorization: Bearer $${KEY_VARIABLE}"`] : []),
    "-H 'Content-Type: application/json'",
    `-d ${quoted(JSON.stringify(body, null, 2))}`,
  ];
  return `${lines.join(" \\\n  ")}\n`;
}

function chatOpenai(call) {
  const { model, messages, temperature, tools, stream, thinking, web_search_options: search } = call.body;
  const more = { ...(thinking && { thinking }), ...(search && { web_search_options: search }) };
  const given = { model, ...(temperature !== undefined && { temperature }) };
  if (Object.keys(more).length) given.extra_body = more;
  return `${importOs(call)}from langchain_openai import ChatOpenAI

llm = ChatOpenAI(
    base_url=${python(base())},
    api_key=${keyOf(call)},
${keywords(given)}
)
${used(messages, tools, stream)}`;
}

function chatSpark({ body, settings }) {
  const { messages, temperature, tools, stream, thinking, web_search_options: search } = body;
  const given = { model: settings.root, ...(temperature !== undefined && { temperature }) };
  if (thinking) given.thinking = thinking.type;
  if (search) given.web_search = true;
  return `from langchain_spark import ChatSpark

llm = ChatSpark(
${keywords(given)}
)
${used(messages, tools, stream)}`;
}

function used(messages, tools, stream) {
  const asked = `messages = ${python(messages)}\n`;
  if (tools) return `tools = ${python(tools)}\n${asked}print(llm.bind_tools(tools).invoke(messages).tool_calls)\n`;
  if (!stream) return `${asked}print(llm.invoke(messages).text)\n`;
  return `${asked}for chunk in llm.stream(messages):\n    print(chunk.text, end="", flush=True)\n`;
}

const keywords = (given) =>
  Object.entries(given).map(([name, value]) => `    ${name}=${python(value, "    ")},`).join("\n");

/** Write a value as Python does; a text of JSON is one of Python's. */
function python(value, indent = "") {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Array.isArray(value)
    ? value.map((item) => python(item, `${indent}    `))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${python(item, `${indent}    `)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (!entries.length) return open + close;
  const line = `${open}${entries.join(", ")}${close}`;
  if (line.length < 70 && !line.includes("\n")) return line;
  return `${open}\n${entries.map((entry) => `${indent}    ${entry},\n`).join("")}${indent}${close}`;
}

/** Quote a text for a shell. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
