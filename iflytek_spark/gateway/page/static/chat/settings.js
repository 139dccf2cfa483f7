/** The settings beside the chat: key, model, system prompt, options. */

import { askJson, callerKey } from "../parts/api.js";
import { el, find } from "../parts/dom.js";
import { say, t } from "../parts/i18n.js";

let models = new Map();

/** Return the settings as they are now. What the chosen model lacks is null. */
export function readSettings() {
  const number = find("#temperature").valueAsNumber;
  const can = chosen()?.capabilities ?? {};
  return {
    model: find("#model").value,
    root: chosen()?.root ?? find("#model").value,
    system: find("#system").value.trim(),
    temperature: Number.isNaN(number) ? null : number,
    stream: find("#stream").checked,
    webSearch: can.web_search ? find("#web-search").checked : null,
    thinking: can.reasoning ? find("#thinking").checked : null,
    tool: can.tools ? find("#tool").checked : null,
  };
}

const chosen = () => models.get(find("#model").value);

/**
 * Set the form up.
 * @param {{key_needed: boolean, default_model: string}} features of the gateway
 * @param {function(): void} changed called after a key is used, and after any other change
 * @returns {Promise<boolean>} whether this address has models at all
 */
export async function setUpSettings(features, changed) {
  const form = find("#key-form");
  find("#key").value = callerKey.text;
  form.hidden = !features.key_needed;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    callerKey.use(find("#key").value);
    await loadModels(features);
    changed();
  });
  find("#settings").addEventListener("change", () => {
    describeModel();
    changed();
  });
  find("#settings").addEventListener("input", changed);
  document.addEventListener("language", describeModel);
  return loadModels(features);
}

async function loadModels(features) {
  const word = find("#key-word");
  word.classList.remove("wrong");
  if (features.key_needed && !callerKey.text) {
    fill([], features);
    say(word, "keyNeeded");
    return true;
  }
  try {
    const { data } = await askJson("v1/models");
    fill(data.filter((model) => model.capabilities), features);
    say(word, features.key_needed ? "keyKept" : "keyNotNeeded");
    return true;
  } catch (error) {
    fill([], features);
    delete word.dataset.words; // the gateway's own words
    word.textContent = error.message;
    word.classList.add("wrong");
    return error.status !== 404;
  }
}

function fill(listed, features) {
  const select = find("#model");
  const before = select.value || features.default_model;
  models = new Map(listed.map((model) => [model.id, model]));
  const option = (model) => el("option", { value: model.id }, titleOf(model));
  const usable = listed.filter((model) => !model.retired).map(option);
  const retired = listed.filter((model) => model.retired).map(option);
  select.replaceChildren(...(usable.length ? usable : [el("option", { value: "", "data-words": "noModels" }, t("noModels"))]));
  if (retired.length) {
    const label = t("retiredModels");
    select.append(el("optgroup", { label }, ...retired));
  }
  if (models.has(before)) select.value = before;
  select.disabled = !listed.length;
  describeModel();
}

const titleOf = ({ id, name }) => (name && name !== id ? `${id} · ${name}` : id);

const ABILITIES = {
  tools: ["canTools", "#tool"],
  images: ["canImages", null],
  web_search: ["canWebSearch", "#web-search"],
  reasoning: ["canReason", "#thinking"],
};

function describeModel() {
  const model = chosen();
  const parts = [];
  if (model?.context_window) {
    const tokens = model.context_window.toLocaleString("en");
    parts.push(t("contextWindow", { tokens }));
  }
  for (const [ability, [name, control]] of Object.entries(ABILITIES)) {
    const able = Boolean(model?.capabilities[ability]);
    if (able) parts.push(t(name));
    if (control) find(control).disabled = !able;
  }
  if (model?.retired) parts.push(t("retiredSince", { since: model.retired }));
  find("#model-word").textContent = parts.join(" · ");
}
