/** The body of a request, from the settings beside the chat. */

import { SAMPLE_TOOL } from "./tool.js";

/**
 * Write a body for chat completions.
 * @param {Object} settings as `readSettings` returns them
 * @param {Object[]} messages the conversation, without the system prompt
 */
export function bodyOf(settings, messages) {
  const system = settings.system ? [{ role: "system", content: settings.system }] : [];
  const body = { model: settings.model, messages: [...system, ...messages], ...optionsOf(settings) };
  if (settings.stream) Object.assign(body, { stream: true, stream_options: { include_usage: true } });
  return body;
}

/** Return the options of a request that were chosen; what was left alone is the model's own. */
export function optionsOf({ temperature, webSearch, thinking, tool }) {
  const options = {};
  if (temperature !== null) options.temperature = temperature;
  if (webSearch) options.web_search_options = {};
  if (thinking !== null) options.thinking = { type: thinking ? "enabled" : "disabled" };
  if (tool) options.tools = [SAMPLE_TOOL];
  return options;
}

/** Write a user's message; without images it is a plain text, as every model takes it. */
export function userMessage(text, images) {
  if (!images.length) return { role: "user", content: text };
  const shown = images.map((url) => ({ type: "image_url", image_url: { url } }));
  return { role: "user", content: [...shown, { type: "text", text }] };
}
