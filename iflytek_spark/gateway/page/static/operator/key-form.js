/** The form that makes a key. */

import { problemOf } from "../chat/messages.js";
import { el } from "../parts/dom.js";
import { t, words } from "../parts/i18n.js";

const NUMBERS = {
  requests_per_minute: "addPerMinute",
  concurrent_requests: "addAtOnce",
  tokens_per_day: "addPerDay",
  tokens_per_month: "addPerMonth",
};

/** Make the form; `make` gets the body of the request, and may fail. */
export function keyForm(make) {
  const number = { type: "number", min: "1", step: "1", "data-placeholder": "noLimit" };
  const fields = [
    field("name", "keyName", { required: true, maxlength: "64" }),
    field("expires", "addExpires", { "data-placeholder": "addExpiresHint" }),
    field("models", "addModels", { "data-placeholder": "addModelsHint" }),
    ...Object.entries(NUMBERS).map(([name, label]) => field(name, label, number)),
  ];
  const problem = el("div", {});
  const submit = words("button", "make", {}, { type: "submit", class: "primary" });
  const form = el("form", { class: "grid-form" }, ...fields, submit, problem);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      await make(wanted(new FormData(form)));
      form.reset();
      problem.replaceChildren();
    } catch (error) {
      problem.replaceChildren(problemOf(error, null));
    } finally {
      submit.disabled = false;
    }
  });
  return form;
}

function field(name, label, attributes) {
  const id = `new-key-${name}`;
  const placeholder = attributes["data-placeholder"];
  const input = el("input", { id, name, autocomplete: "off", ...attributes, ...(placeholder && { placeholder: t(placeholder) }) });
  return el("div", { class: "field" }, words("label", label, {}, { for: id }), input);
}

/** Return the body: what was left empty is not sent. */
function wanted(data) {
  const body = { name: data.get("name").trim() };
  const expires = data.get("expires").trim();
  const models = data.get("models").split(/[,，、\s]+/).filter(Boolean);
  if (expires) body.expires = expires;
  if (models.length) body.models = models;
  for (const name of Object.keys(NUMBERS)) if (data.get(name)) body[name] = Number(data.get(name));
  return body;
}
